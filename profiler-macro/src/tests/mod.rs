//! Expansions of every construct, without a compiler: `proc_macro2` knows the lines of the source text
//! of each test.

mod asynchronous;
mod blocks;
mod branches;
mod closures;
mod deep;
mod items;
mod loops;
mod old_syntax;
mod plan;
mod refusals;
mod text;

use crate::expand;
use crate::rows::{Locate, Location};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::rc::Rc;
use syn::visit_mut::{self, VisitMut};

/// Asserts that a text equals the stored snapshot. The file begins with its source file alone: insta
/// would add the asserted expression, with everything quoted in it on one line.
macro_rules! assert_text {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!($name, $text)
        })
    };
}
pub(crate) use assert_text;

/// Asserts that an item with the attribute expands to the stored snapshot, which shows both.
macro_rules! assert_expansion {
    ($name:literal, $source:expr) => {
        crate::tests::assert_text!(
            $name,
            crate::tests::side_by_side($source, &crate::tests::bodies($source))
        )
    };
}
pub(crate) use assert_expansion;

/// A compiler that has read one file.
struct Text {
    file: &'static str,
    lines: Rc<[String]>,
}

impl Locate for Text {
    fn attribute(&self) -> Location {
        Location { file: self.file.to_owned(), line: 1 }
    }

    fn start(&self, span: Span) -> Location {
        Location { file: self.file.to_owned(), line: span.start().line }
    }

    fn end(&self, span: Span) -> Location {
        Location { file: self.file.to_owned(), line: span.end().line }
    }

    fn file_lines(&self, _: Span) -> Option<Rc<[String]>> {
        Some(Rc::clone(&self.lines))
    }
}

/// Expands the attribute that `source` begins with.
fn expand(source: &str) -> TokenStream {
    let lines = source.lines().map(str::to_owned).collect();
    expand_in(&Text { file: "src/lib.rs", lines }, source)
}

fn expand_in(compiler: &Text, source: &str) -> TokenStream {
    let mut tokens = source.parse::<TokenStream>().expect("the source has tokens").into_iter();
    let attribute = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Punct(_)), Some(TokenTree::Group(attribute))) => attribute.stream(),
        _ => panic!("the source begins with the attribute"),
    };
    let arguments = match attribute.into_iter().nth(1) {
        Some(TokenTree::Group(arguments)) => arguments.stream(),
        _ => TokenStream::new(),
    };
    expand::expand(arguments, tokens.collect(), compiler)
}

/// The expansion, formatted.
fn whole(source: &str) -> String {
    prettyplease::unparse(&syn::parse2(expand(source)).expect("the expansion is Rust"))
}

/// The expansion without the tables, which are the same everywhere.
fn bodies(source: &str) -> String {
    let mut file = syn::parse2(expand(source)).expect("the expansion is Rust");
    WithoutTables.visit_file_mut(&mut file);
    prettyplease::unparse(&file)
}

/// A source, and its expansion below. A function has the number of each row in front of it: the one that
/// `__frame.line(…)` names.
fn side_by_side(source: &str, expansion: &str) -> String {
    let is_function = syn::parse_str::<syn::ItemFn>(source).is_ok();
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let rest = source.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indentation = rest.map(blanks).min().unwrap_or(0);
    let line = |(row, line): (usize, &str)| {
        let line = if row == 0 { line } else { line.get(indentation..).unwrap_or_default() };
        let line = if is_function { format!("{row:<3} {line}") } else { line.to_owned() };
        line.trim_end().to_owned() + "\n"
    };
    let source: String = source.lines().enumerate().map(line).collect();
    format!("{source}\n==== expands to ====\n\n{expansion}")
}

struct WithoutTables;

impl VisitMut for WithoutTables {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| {
            let is_table = |item: &syn::ItemStatic| item.ident == "__MEM_PROFILE";
            !matches!(statement, syn::Stmt::Item(syn::Item::Static(item)) if is_table(item))
        });
        visit_mut::visit_block_mut(self, block);
    }
}

/// The errors after an item: the token that each points to, and its message. The item itself has to be
/// unchanged.
fn errors(source: &str) -> String {
    let item = source.split_once('\n').map_or("", |(_, item)| item);
    let item: TokenStream = item.parse().expect("the item has tokens");
    let mut expansion = expand(source).into_iter();
    let untouched: TokenStream =
        expansion.by_ref().take(item.clone().into_iter().count()).collect();
    assert_eq!(untouched.to_string(), item.to_string());
    let errors: syn::File = syn::parse2(expansion.collect()).expect("errors are items");
    errors.items.iter().map(error).collect()
}

fn error(item: &syn::Item) -> String {
    let syn::Item::Macro(error) = item else { panic!("not an error: {}", item.to_token_stream()) };
    let path = &error.mac.path;
    assert_eq!(path.to_token_stream().to_string(), ":: core :: compile_error");
    let message: syn::LitStr = error.mac.parse_body().expect("a message");
    let token = path.segments[0].ident.span().source_text().unwrap_or_default();
    format!("{token}\n    {}\n", message.value())
}
