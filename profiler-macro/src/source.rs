//! The source text of a function, embedded because the file may be missing when the report is made.

use crate::rows::Rows;
use proc_macro2::{Span, TokenStream};
use syn::Block;

/// The attribute that `cargo mem-profile run` puts before a function, and the user has not written.
const INSERTED: &str = "#[::mem_profile::mem_profile()] ";

/// One line of text per row, joined by `\n`. Where the file cannot be used, the `signature` is printed.
pub(crate) fn text(
    rows: &Rows,
    signature: &dyn Fn() -> TokenStream,
    keyword: Span,
    block: &Block,
) -> String {
    let body = block.brace_token.span.join().source_text().map(|text| text.replace("\r\n", "\n"));
    let open = rows.row(block.brace_token.span.open()).unwrap_or(0);
    let mut lines = body
        .as_deref()
        .and_then(|body| from_file(rows, block.brace_token.span.open(), open, body))
        .unwrap_or_else(|| {
            let body = body.as_deref().unwrap_or_default();
            from_tokens(rows, &signature(), keyword, open, body)
        });
    lines.resize(rows.count(), String::new());
    lines.join("\n").replace(INSERTED, "")
}

/// Whole lines of the file, if it contains the body that the compiler has read: it may have changed, or,
/// in doctests, be another file.
fn from_file(rows: &Rows, span: Span, open: usize, body: &str) -> Option<Vec<String>> {
    let file = rows.locate.file_lines(span)?;
    let lines = file.get(rows.first_line - 1..rows.last_line)?;
    lines[open..].join("\n").contains(body).then(|| lines.to_vec())
}

/// The body as the compiler has read it, after the tokens of the signature.
fn from_tokens(
    rows: &Rows,
    signature: &TokenStream,
    keyword: Span,
    open: usize,
    body: &str,
) -> Vec<String> {
    let mut lines = vec![String::new(); open];
    lines.extend(body.lines().map(str::to_owned));
    lines.resize(lines.len().max(open + 1), String::new());
    let header = signature.to_string();
    let row = rows.row(keyword).filter(|row| *row <= open).unwrap_or(open);
    lines[row] = [&header, lines[row].as_str()].join(" ").trim_end().to_owned();
    lines
}
