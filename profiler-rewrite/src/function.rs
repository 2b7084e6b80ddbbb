//! Finds the functions of a source file, with their location and path.

use std::ops::RangeInclusive;

use proc_macro2::{Group, LineColumn, TokenTree};

use super::attribute::{self, Attribute};
use super::item::{Item, Kind, Part, parts};
use super::trivial;

/// A function that can get the attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its path from the file: inline modules, type or trait, name.
    pub path: String,
    /// Where the attribute goes, on a line that the function has anyway.
    pub start: LineColumn,
    /// The lines from the attribute to the closing brace.
    pub lines: RangeInclusive<usize>,
    /// Whether it is too small to be measured unless a pattern names it.
    pub is_trivial: bool,
    /// The conditions under which it is compiled, as in `cfg(…)`.
    pub conditions: Vec<String>,
    /// Conditions under which it has the attribute already.
    pub measured_if: Vec<String>,
}

/// All functions of a file that can be measured.
pub(crate) fn functions(tokens: &[TokenTree]) -> Vec<Function> {
    let mut finder = Finder::default();
    finder.conditions.extend(attribute::of_file(tokens).iter().filter_map(Attribute::condition));
    finder.look_through(tokens);
    finder.found.sort_by_key(|function| function.start);
    finder.found
}

#[derive(Default)]
struct Finder {
    path: Vec<String>,
    conditions: Vec<String>,
    measured_if: Vec<String>,
    found: Vec<Function>,
}

impl Finder {
    fn look_through(&mut self, tokens: &[TokenTree]) {
        let mut inner = Vec::new();
        self.parts(tokens, &mut inner);
        // No recursion, since deeply nested expressions would overflow the stack.
        while let Some(group) = inner.pop() {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            self.parts(&tokens, &mut inner);
        }
    }

    fn parts(&mut self, tokens: &[TokenTree], inner: &mut Vec<Group>) {
        for part in parts(tokens) {
            match part {
                Part::Item(item) => self.item(tokens, &item),
                Part::Group(group) => inner.push(group.clone()),
                // The macro may use these tokens in any way.
                Part::Macro { .. } | Part::Rules(_) => {}
            }
        }
    }

    fn item(&mut self, tokens: &[TokenTree], item: &Item) {
        let outer = (self.conditions.len(), self.measured_if.len());
        self.conditions.extend(item.attributes.iter().filter_map(Attribute::condition));
        self.measured_if.extend(item.attributes.iter().filter_map(Attribute::measures_if));
        let content = match &item.kind {
            Kind::Function(name, Some(body)) => {
                self.function(tokens, item, name, body);
                // Nested functions are not covered by the attribute.
                self.measured_if.truncate(outer.1);
                Some((name, *body))
            }
            Kind::Module(name, Some(content)) | Kind::Block(name, content) => {
                Some((name, *content))
            }
            _ => None,
        };
        if let Some((name, content)) = content {
            self.path.push(name.clone());
            self.look_through(&content.stream().into_iter().collect::<Vec<_>>());
            self.path.pop();
        }
        self.conditions.truncate(outer.0);
        self.measured_if.truncate(outer.1);
    }

    fn function(&mut self, tokens: &[TokenTree], item: &Item, name: &str, body: &Group) {
        let is_naked = item.attributes.iter().any(|attribute| attribute.mentions("naked"));
        if item.is("const") || is_naked {
            return;
        }
        // An attribute that may rewrite the body must see the measured body, so it comes after.
        let before = item.attributes.iter().find(|attribute| !attribute.is_inert());
        let start = tokens[before.map_or(item.head, |attribute| attribute.index)].span().start();
        let path = self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>();
        self.found.push(Function {
            path: path.join("::"),
            start,
            lines: start.line..=body.span_close().end().line,
            is_trivial: trivial::is_trivial(body),
            conditions: self.conditions.clone(),
            measured_if: self.measured_if.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::insert::{ATTRIBUTE, Insertion, insert};
    use super::super::text::read;
    use super::*;

    fn found(text: &str) -> Vec<Function> {
        functions(&read(text).unwrap())
    }

    fn annotated(text: &str) -> String {
        let wanted = found(text).into_iter().filter(|it| it.measured_if.is_empty());
        let starts = wanted.map(|it| Insertion::new(it.start, ATTRIBUTE));
        insert(text, &starts.collect::<Vec<_>>())
    }

    #[test]
    fn the_attribute_stands_on_the_line_of_the_function() {
        let text = "/// Docs.\n#[inline]\npub fn f() {\n    fn g() {}\n}\n";
        let expected = text
            .replace("pub fn f", &format!("{ATTRIBUTE}pub fn f"))
            .replace("fn g", &format!("{ATTRIBUTE}fn g"));
        assert_eq!(annotated(text), expected);
    }

    #[test]
    fn an_attribute_that_may_rewrite_the_body_comes_after() {
        let text = "/// Docs.\n#[tokio::main]\n#[inline]\nasync fn main() {}\n";
        let expected = text.replace("#[tokio", &format!("{ATTRIBUTE}#[tokio"));
        assert_eq!(annotated(text), expected);
    }

    #[test]
    fn const_functions_and_macro_bodies_are_left_alone() {
        let text = "const fn f() {}\nmacro_rules! m { () => { fn g() {} } }\ntrait T { fn h(); }\n";
        assert_eq!(annotated(text), text);
    }

    #[test]
    fn annotated_functions_are_not_annotated_twice() {
        let text = "#[mem_profile]\nfn f() {}\n#[mem_profile::mem_profile(skip)] impl X { fn g() {} }\n\
                    /// See mem_profile.\n#[cfg_attr(x, mem_profile)] mod m { fn h() {} }\n";
        assert_eq!(annotated(text), text);
        let conditions: Vec<_> = found(text).into_iter().map(|it| it.measured_if).collect();
        assert_eq!(conditions, [["true"], ["true"], ["x"]]);
    }

    #[test]
    fn conditions_are_those_of_all_around() {
        let text = "#![cfg(unix)]\n#[cfg(a)] mod m { #[tokio::test] async fn f() {} }\nfn g() {}";
        let conditions: Vec<_> = found(text).into_iter().map(|it| it.conditions).collect();
        assert_eq!(conditions, [&["unix", "a", "test"][..], &["unix"]]);
    }

    #[test]
    fn wide_characters_count_as_one_column() {
        let text = "/* 値 */ fn f() {}";
        assert_eq!(annotated(text), format!("/* 値 */ {ATTRIBUTE}fn f() {{}}"));
    }

    #[test]
    fn paths_name_modules_types_and_functions_around() {
        let text = "mod m {\n  impl<T> Iterator for &mut a::B<T> {\n    fn next() {\n      \
                    fn own() {}\n    }\n  }\n}\ntrait T { fn f() {} }\n";
        let paths: Vec<_> = found(text).into_iter().map(|it| (it.path, it.lines)).collect();
        let expected = [("m::B::next", 3..=5), ("m::B::next::own", 4..=4), ("T::f", 8..=8)];
        assert_eq!(paths, expected.map(|(path, lines)| (path.to_owned(), lines)));
    }

    #[test]
    fn a_grammar_of_any_edition_is_read() {
        let text = "fn make(n: usize) -> Box<Fn(usize) -> Vec<u8>> { f(n) }\n\
                    trait Old { fn take(u8, &str) { g(); } }\n\
                    fn async(dyn: u8) -> u8 { match dyn { 0...9 => h(), _ => try!(i()) } }\n\
                    impl Array<{ 1 + 2 }> { pub(crate) unsafe extern \"C\" fn last() {} }\n\
                    fn arrow<F: Fn() -> A<{ 1 }>>(f: F) -> A<{ 2 }> where A<{ 3 }>: B {}\n\
                    impl Old for [u8] {\n    fn of(x: &'static fn(u8)) { impl X { fn y() {} } }\n}\n";
        let paths: Vec<_> = found(text).into_iter().map(|it| it.path).collect();
        let expected =
            ["make", "Old::take", "async", "Array::last", "arrow", "[u8]::of", "[u8]::of::X::y"];
        assert_eq!(paths, expected);
        assert!(annotated(text).contains(&format!("{{ {ATTRIBUTE}pub(crate) unsafe extern")));
    }

    #[test]
    fn deep_nesting_is_read() {
        let nested = |open: &str, count, close: &str| {
            let text = format!("fn f() {{ {}a(){} }}", open.repeat(count), close.repeat(count));
            assert_eq!(found(&text).len(), 1);
        };
        // Few enough tokens to be parsed, and too many.
        for tokens in [480, 20_000] {
            nested("{", tokens, "}");
            nested("f(", tokens / 2, ")");
            nested("if b {} else ", tokens / 4, "");
            nested("|| ", tokens / 2, "");
            nested("!", tokens, "");
            nested("a().", tokens / 3, "");
            nested(&format!("let x: {}", "A<".repeat(tokens / 4)), 1, &">".repeat(tokens / 4));
        }
    }
}
