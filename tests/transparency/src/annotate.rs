//! Puts the attribute on every function of a source tree, on the line where the function is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proc_macro2::{LineColumn, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn};

const ATTRIBUTE: &str = "#[::mem_profile::mem_profile] ";

/// Annotates all `.rs` files below `folder` and returns how many functions that made.
pub(crate) fn tree(folder: &Path) -> Result<usize> {
    let mut functions = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            functions += tree(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            functions += file(&path)?;
        }
    }
    Ok(functions)
}

fn file(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path)?;
    // Not every file in a source tree is Rust by itself: some are included as expressions.
    let Ok(parsed) = syn::parse_file(&text) else { return Ok(0) };
    let mut functions = Functions::default();
    functions.visit_file(&parsed);
    fs::write(path, insert(&text, &functions.starts))?;
    Ok(functions.starts.len())
}

/// Where each function starts, after its attributes.
#[derive(Default)]
struct Functions {
    starts: Vec<LineColumn>,
}

impl Functions {
    fn add(&mut self, attributes: &[Attribute], signature: &Signature, item: TokenStream) {
        let naked = attributes.iter().any(mentions_naked);
        if is_const(signature) || naked {
            return;
        }
        // Each attribute is a `#` and a group; what follows is the function itself.
        let start = item.into_iter().nth(2 * attributes.len()).map(|token| token.span());
        self.starts.extend(start.map(|start| start.start()));
    }
}

fn is_const(signature: &Signature) -> bool {
    signature.constness.is_some()
}

fn mentions_naked(attribute: &Attribute) -> bool {
    attribute.to_token_stream().to_string().contains("naked")
}

impl Visit<'_> for Functions {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.add(outer(&function.attrs), &function.sig, function.to_token_stream());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        self.add(outer(&function.attrs), &function.sig, function.to_token_stream());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        if function.default.is_some() {
            self.add(outer(&function.attrs), &function.sig, function.to_token_stream());
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Inner attributes stand in the body.
fn outer(attributes: &[Attribute]) -> &[Attribute] {
    let inner =
        attributes.iter().position(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)));
    &attributes[..inner.unwrap_or(attributes.len())]
}

fn insert(text: &str, starts: &[LineColumn]) -> String {
    let mut annotated = String::with_capacity(text.len() + starts.len() * ATTRIBUTE.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let mut columns: Vec<_> =
            starts.iter().filter(|start| start.line == number).map(|start| start.column).collect();
        columns.sort_unstable();
        let mut columns = columns.into_iter().peekable();
        for (column, character) in line.chars().enumerate() {
            while columns.next_if_eq(&column).is_some() {
                annotated.push_str(ATTRIBUTE);
            }
            annotated.push(character);
        }
    }
    annotated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotated(text: &str) -> String {
        let mut functions = Functions::default();
        functions.visit_file(&syn::parse_file(text).unwrap());
        insert(text, &functions.starts)
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
    fn const_functions_and_macro_bodies_are_left_alone() {
        let text = "const fn f() {}\nmacro_rules! m { () => { fn g() {} } }\ntrait T { fn h(); }\n";
        assert_eq!(annotated(text), text);
    }

    #[test]
    fn wide_characters_count_as_one_column() {
        let text = "/* 値 */ fn f() {}";
        assert_eq!(annotated(text), format!("/* 値 */ {ATTRIBUTE}fn f() {{}}"));
    }
}
