//! The lines of a function, and their text.

use super::Text;
use crate::rows::{Extent, Locate, Location, Rows};
use crate::source;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::rc::Rc;
use syn::ItemFn;

const FUNCTION: &str = "#[mem_profile]
/// Documentation.
fn f() {
\twork(); // a comment
    // another one
}";

fn compiler(lines: &str) -> Text {
    Text { file: "src/lib.rs", lines: lines.lines().map(str::to_owned).collect() }
}

/// The first line, the number of rows and the text of a function without its attribute.
fn measure(compiler: &dyn Locate, source: &str, direct: bool) -> (usize, usize, String) {
    let tokens: TokenStream = source.parse().unwrap();
    let function: ItemFn = syn::parse2(tokens.into_iter().skip(2).collect()).unwrap();
    let start = function.sig.fn_token.span;
    let rows = Rows::new(compiler, &Extent { start, body: &function.block, direct });
    let signature = || function.sig.to_token_stream();
    let text = source::text(&rows, &signature, start, &function.block);
    (rows.first_line, rows.count(), text)
}

#[test]
fn direct_functions_begin_with_the_attribute() {
    let expected = (1, 6, FUNCTION.to_owned());
    assert_eq!(measure(&compiler(FUNCTION), FUNCTION, true), expected);
}

#[test]
fn inner_functions_begin_with_themselves() {
    let text = FUNCTION.lines().skip(2).collect::<Vec<_>>().join("\n");
    assert_eq!(measure(&compiler(FUNCTION), FUNCTION, false), (3, 4, text));
}

#[test]
fn a_file_that_differs_is_not_used() {
    let changed = FUNCTION.replace("work", "play");
    let text = "\n\nfn f () {\n\twork(); // a comment\n    // another one\n}";
    assert_eq!(measure(&compiler(&changed), FUNCTION, true), (1, 6, text.to_owned()));
    assert_eq!(measure(&compiler(""), FUNCTION, true), (1, 6, text.to_owned()));
}

/// Puts every token on the line of a macro, except for a name.
struct MacroMade(Text);

impl MacroMade {
    fn moved(&self, span: Span, place: Location) -> Location {
        let is_users = span.source_text().is_some_and(|text| text == "work");
        if is_users { place } else { Location { line: 1, ..place } }
    }
}

impl Locate for MacroMade {
    fn attribute(&self) -> Location {
        self.0.attribute()
    }

    fn start(&self, span: Span) -> Location {
        self.moved(span, self.0.start(span))
    }

    fn end(&self, span: Span) -> Location {
        self.moved(span, self.0.end(span))
    }

    fn file_lines(&self, span: Span) -> Option<Rc<[String]>> {
        self.0.file_lines(span)
    }
}

#[test]
fn a_body_reaches_to_its_last_token() {
    let (first_line, rows, _) = measure(&MacroMade(compiler(FUNCTION)), FUNCTION, true);
    assert_eq!((first_line, rows), (1, 4));
}

#[test]
fn a_header_from_far_away_is_not_part_of_the_text() {
    let far = format!("#[mem_profile]{}fn f() {{\n    work();\n}}", "\n".repeat(500));
    assert_eq!(measure(&compiler(&far), &far, true).0, 501);
    let near = format!("#[mem_profile]{}fn f() {{\n    work();\n}}", "\n".repeat(100));
    assert_eq!(measure(&compiler(&near), &near, true).0, 1);
}

#[test]
fn an_empty_body_has_a_row() {
    let source = "#[mem_profile] fn f() {}";
    assert_eq!(measure(&compiler(source), source, true), (1, 1, source.to_owned()));
}
