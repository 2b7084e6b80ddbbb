//! Adds the counting allocator to a program, or wraps the program's own.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

use super::attribute::Attribute;
use super::insert::Insertion;
use super::item::{Item, Kind, Part, Static, parts};

/// Appended to a program without an allocator of its own.
pub(crate) const OURS: &str = "\n#[global_allocator] static __MEM_PROFILE_ALLOC: \
    ::mem_profile::Alloc = ::mem_profile::Alloc::new();\n";

/// The attribute of a global allocator.
const GLOBAL: &str = "global_allocator";

/// The global allocators of a file.
#[derive(Default)]
pub(crate) struct Allocators {
    /// Wraps all of them, since conditions may choose one of several. The program may refer to its
    /// static, so that stays, and a new global one forwards to it:
    /// `#[global_allocator] static X: T = a;` becomes
    /// `static X: T = a; #[global_allocator] static Y: Alloc<Borrowed<T>> = …(&X);`.
    pub(crate) wrapping: Vec<Insertion>,
    /// Whether there is any, including one that counts already.
    pub(crate) found: bool,
}

impl Allocators {
    pub(crate) fn of(tokens: &[TokenTree]) -> Self {
        let mut allocators = Self::default();
        let mut inner = Vec::new();
        allocators.look_through(tokens, &mut inner);
        while let Some(group) = inner.pop() {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            allocators.look_through(&tokens, &mut inner);
        }
        allocators
    }

    /// Also searches the rules and the input of macros, such as `cfg_if! { … }`.
    fn look_through(&mut self, tokens: &[TokenTree], inner: &mut Vec<Group>) {
        for part in parts(tokens) {
            match part {
                Part::Item(item) => match &item.kind {
                    Kind::Function(_, content) | Kind::Module(_, content) => {
                        inner.extend(content.cloned());
                    }
                    Kind::Block(_, content) => inner.push((*content).clone()),
                    Kind::Static(own) => self.add(tokens, &item, own),
                },
                Part::Macro { input: group, .. } | Part::Rules(group) | Part::Group(group) => {
                    inner.push(group.clone());
                }
            }
        }
    }

    fn add(&mut self, tokens: &[TokenTree], item: &Item, own: &Static) {
        let Some(global) = item.attributes.iter().find(|it| it.mentions(GLOBAL)) else { return };
        let Some(name) = find(global.content.clone(), GLOBAL) else { return };
        self.found = true;
        if own.kind.to_string().contains("mem_profile") {
            return;
        }
        let conditions =
            item.attributes.iter().filter(|it| it.mentions(GLOBAL) || is_condition(it));
        let conditions: String = conditions.map(|it| format!("#[{}] ", it.content)).collect();
        let Static { name: inner, kind, end } = own;
        let line = name.start().line;
        self.wrapping.extend([
            Insertion::replacing(name.start(), GLOBAL, "allow(unused)"),
            Insertion::new(
                tokens[*end].span().end(),
                format!(
                    " {conditions}static __MEM_PROFILE_ALLOC_{line}: \
                     ::mem_profile::Alloc<::mem_profile::__private::Borrowed<{kind}>> = \
                     ::mem_profile::Alloc::wrap(::mem_profile::__private::Borrowed(&{inner}));"
                ),
            ),
        ]);
    }
}

fn is_condition(attribute: &Attribute) -> bool {
    attribute.is("cfg") || attribute.is("cfg_attr") && attribute.mentions("cfg")
}

fn find(tokens: TokenStream, word: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) => (name == word).then(|| name.span()),
        TokenTree::Group(group) => find(group.stream(), word),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insert::insert;
    use crate::text::read;

    fn wrapped(text: &str) -> String {
        insert(text, &Allocators::of(&read(text).unwrap()).wrapping)
    }

    #[test]
    fn a_static_stays_what_it_is_and_another_becomes_global() {
        assert_eq!(
            wrapped("#[global_allocator]\npub static A: &S<j::X> = &j::X;\nstatic B: u8 = 1;"),
            "#[allow(unused)]\npub static A: &S<j::X> = &j::X; #[global_allocator] static \
             __MEM_PROFILE_ALLOC_1: \
             ::mem_profile::Alloc<::mem_profile::__private::Borrowed<& S < j :: X >>> = \
             ::mem_profile::Alloc::wrap(::mem_profile::__private::Borrowed(&A));\n\
             static B: u8 = 1;"
        );
    }

    #[test]
    fn conditions_hold_for_both() {
        let text = "cfg_if! { if #[cfg(a)] { /// Docs.\n#[cfg(b)] #[cfg_attr(c, global_allocator)]\n\
                    static A: X<{ 1 }> = X { n: 1 }; } }";
        let start = "#[cfg(b)] #[cfg_attr(c, allow(unused))]\nstatic A: X<{ 1 }> = X { n: 1 }; \
                     #[cfg (b)] #[cfg_attr (c , global_allocator)] static __MEM_PROFILE_ALLOC_2: ";
        assert!(wrapped(text).contains(start), "{}", wrapped(text));
    }

    #[test]
    fn the_counting_allocator_is_left_alone() {
        let text = "#[global_allocator] static A: mem_profile::Alloc = mem_profile::Alloc::new();";
        assert_eq!(wrapped(text), text);
    }
}
