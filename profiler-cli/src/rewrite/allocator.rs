//! The counting allocator in a program that was written without it.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ItemStatic};

use super::insert::Insertion;

/// What is put at the end of a program that has no allocator of its own.
pub(crate) const OURS: &str = "\n#[global_allocator] static __MEM_PROFILE_ALLOC: \
    ::mem_profile::Alloc = ::mem_profile::Alloc::new();\n";

/// The global allocators of a file.
#[derive(Default)]
pub(crate) struct Allocators {
    /// Wraps them: `static X: T = a;` becomes `static X: Alloc<T> = Alloc::wrap(a);`. Each that
    /// there is, since a condition may choose one of several.
    pub(crate) wrapping: Vec<Insertion>,
    /// Whether there is one at all, which counts when it is wrapped, or before.
    pub(crate) found: bool,
}

impl Allocators {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut allocators = Self::default();
        allocators.visit_file(file);
        allocators
    }
}

impl Visit<'_> for Allocators {
    fn visit_item_static(&mut self, item: &ItemStatic) {
        if item.attrs.iter().any(is_global_allocator) {
            let (kind, value) = (item.ty.span(), item.expr.span());
            let is_ours = item.ty.to_token_stream().to_string().contains("mem_profile");
            self.found = true;
            if !is_ours {
                self.wrapping.extend([
                    Insertion::new(kind.start(), "::mem_profile::Alloc<"),
                    Insertion::new(kind.end(), ">"),
                    Insertion::new(value.start(), "::mem_profile::Alloc::wrap("),
                    Insertion::new(value.end(), ")"),
                ]);
            }
        }
        visit::visit_item_static(self, item);
    }
}

fn is_global_allocator(attribute: &Attribute) -> bool {
    attribute.path().is_ident("global_allocator")
        || attribute.path().is_ident("cfg_attr")
            && attribute.to_token_stream().to_string().contains("global_allocator")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::insert::insert;

    fn wrapped(text: &str) -> String {
        insert(text, &Allocators::of(&syn::parse_file(text).unwrap()).wrapping)
    }

    #[test]
    fn a_plain_static_is_wrapped_where_it_stands() {
        assert_eq!(
            wrapped("#[global_allocator]\nstatic A: j::Jemalloc = j::Jemalloc;\nstatic B: u8 = 1;"),
            "#[global_allocator]\nstatic A: ::mem_profile::Alloc<j::Jemalloc> = \
             ::mem_profile::Alloc::wrap(j::Jemalloc);\nstatic B: u8 = 1;"
        );
    }

    #[test]
    fn ours_is_left_alone() {
        let text = "#[global_allocator] static A: mem_profile::Alloc = mem_profile::Alloc::new();";
        assert_eq!(wrapped(text), text);
    }
}
