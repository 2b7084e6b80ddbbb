//! The functions of a source file: where they are, what they are called, and whether there is
//! anything to measure in them.

use std::ops::RangeInclusive;

use proc_macro2::{LineColumn, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, Meta, Signature,
    TraitItemFn, Type,
};

use super::trivial;

/// A function that the attribute can be put on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its path from the file: inline modules, type or trait, name.
    pub(crate) path: String,
    /// Where the attribute goes, on a line that the function has anyway.
    pub(crate) start: LineColumn,
    /// From the attribute's to the closing brace.
    pub(crate) lines: RangeInclusive<usize>,
    pub(crate) is_trivial: bool,
}

/// All functions of a file that can be measured and are not yet.
pub(crate) fn functions(file: &syn::File) -> Vec<Function> {
    let mut finder = Finder::default();
    finder.visit_file(file);
    finder.found
}

#[derive(Default)]
struct Finder {
    path: Vec<String>,
    found: Vec<Function>,
}

impl Finder {
    fn add(
        &mut self,
        attributes: &[Attribute],
        signature: &Signature,
        body: &Block,
        tokens: TokenStream,
    ) {
        let attributes = outer(attributes);
        let is_naked = attributes.iter().any(|attribute| mentions(attribute, "naked"));
        if signature.constness.is_some() || is_naked || is_measured(attributes) {
            return;
        }
        // Each attribute is a `#` and a group; what follows is the function itself. An attribute
        // that may rewrite the body has to find it measured, and not the other way round.
        let before = attributes.iter().position(|attribute| !is_inert(attribute));
        let before = before.unwrap_or(attributes.len());
        let Some(token) = tokens.into_iter().nth(2 * before) else { return };
        let start = token.span().start();
        let end = body.brace_token.span.close().end().line;
        self.path.push(signature.ident.to_string());
        self.found.push(Function {
            path: self.path.join("::"),
            start,
            lines: start.line..=end,
            is_trivial: trivial::is_trivial(body),
        });
        self.path.pop();
    }

    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.path.push(name);
        visit(self);
        self.path.pop();
    }
}

impl Visit<'_> for Finder {
    fn visit_item(&mut self, item: &Item) {
        let attributes = match item {
            Item::Impl(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_measured(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        self.inside(module.ident.to_string(), |finder| visit::visit_item_mod(finder, module));
    }

    fn visit_item_impl(&mut self, block: &ItemImpl) {
        self.inside(name_of(&block.self_ty), |finder| visit::visit_item_impl(finder, block));
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        self.inside(item.ident.to_string(), |finder| visit::visit_item_trait(finder, item));
    }

    fn visit_item_fn(&mut self, function: &ItemFn) {
        let ItemFn { attrs, sig, block, .. } = function;
        self.add(attrs, sig, block, function.to_token_stream());
        self.inside(sig.ident.to_string(), |finder| visit::visit_item_fn(finder, function));
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        let ImplItemFn { attrs, sig, block, .. } = function;
        self.add(attrs, sig, block, function.to_token_stream());
        self.inside(sig.ident.to_string(), |finder| visit::visit_impl_item_fn(finder, function));
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        let TraitItemFn { attrs, sig, default, .. } = function;
        if let Some(block) = default {
            self.add(attrs, sig, block, function.to_token_stream());
        }
        self.inside(sig.ident.to_string(), |finder| visit::visit_trait_item_fn(finder, function));
    }
}

/// Inner attributes stand in the body.
fn outer(attributes: &[Attribute]) -> &[Attribute] {
    let inner =
        attributes.iter().position(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)));
    &attributes[..inner.unwrap_or(attributes.len())]
}

/// Whether one of them is ours already.
fn is_measured(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "mem_profile")
            || attribute.path().is_ident("cfg_attr") && mentions(attribute, "mem_profile")
    })
}

fn mentions(attribute: &Attribute, word: &str) -> bool {
    !matches!(attribute.meta, Meta::NameValue(_))
        && attribute.to_token_stream().to_string().contains(word)
}

/// Whether an attribute is the compiler's or a tool's, and leaves the body as it is.
fn is_inert(attribute: &Attribute) -> bool {
    const OWN: [&str; 26] = [
        "allow",
        "automatically_derived",
        "bench",
        "cfg",
        "cfg_attr",
        "cold",
        "coverage",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "ignore",
        "inline",
        "link_section",
        "must_use",
        "no_mangle",
        "optimize",
        "should_panic",
        "target_feature",
        "test",
        "track_caller",
        "unsafe",
        "unstable",
        "warn",
    ];
    const TOOLS: [&str; 4] = ["clippy", "diagnostic", "rustfmt", "rust_analyzer"];
    let path = attribute.path();
    match path.get_ident() {
        Some(name) => OWN.iter().any(|own| name == own),
        None => path.segments.first().is_some_and(|tool| TOOLS.iter().any(|own| tool.ident == own)),
    }
}

/// The last name of a type: `Parser` of `&mut lexer::Parser<'_>`.
fn name_of(self_type: &Type) -> String {
    match self_type {
        Type::Path(path) => {
            path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string())
        }
        Type::Reference(reference) => name_of(&reference.elem),
        Type::Paren(inner) => name_of(&inner.elem),
        Type::Group(inner) => name_of(&inner.elem),
        other => other.span().source_text().unwrap_or_else(|| "impl".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::insert::{ATTRIBUTE, Insertion, insert};
    use super::*;

    fn found(text: &str) -> Vec<Function> {
        functions(&syn::parse_file(text).unwrap())
    }

    fn annotated(text: &str) -> String {
        let starts = found(text).into_iter().map(|it| Insertion::new(it.start, ATTRIBUTE));
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
    fn what_is_measured_is_not_measured_twice() {
        let text = "#[mem_profile]\nfn f() {}\n#[mem_profile::mem_profile(skip)] impl X { fn g() {} }\n\
                    /// See mem_profile.\n#[cfg_attr(x, mem_profile)] mod m { fn h() {} }\n";
        assert_eq!(annotated(text), text);
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
}
