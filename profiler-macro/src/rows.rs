//! Lines: which row of the table a token belongs to.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use syn::Block;

/// A header (attribute, documentation, signature) longer than this is not one text: macros have
/// put tokens from different places together.
const LONGEST_HEADER: usize = 200;

/// Where a token stands.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path as `file!()` prints it.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// What is asked of the compiler; tests answer in its place.
pub(crate) trait Locate {
    /// The place of the attribute itself.
    fn attribute(&self) -> Place;
    /// Where a token begins.
    fn place(&self, span: Span) -> Place;
    /// Where a token ends. A macro that has passed a block on leaves it one span for both braces,
    /// so only the beginning of the first and the end of the second can be relied on.
    fn end(&self, span: Span) -> Place;
    /// The lines of the file that `span` is in, where it can be read.
    fn file_lines(&self, span: Span) -> Option<Rc<[String]>>;
}

/// The compiler that runs the macro.
pub(crate) struct Compiler;

impl Locate for Compiler {
    fn attribute(&self) -> Place {
        self.place(Span::call_site())
    }

    fn place(&self, span: Span) -> Place {
        let span = span.unwrap();
        Place { file: span.file(), line: span.line() }
    }

    fn end(&self, span: Span) -> Place {
        let span = span.unwrap();
        Place { file: span.file(), line: span.end().line() }
    }

    fn file_lines(&self, span: Span) -> Option<Rc<[String]>> {
        thread_local! {
            static FILES: RefCell<HashMap<PathBuf, Option<Rc<[String]>>>> = RefCell::default();
        }
        let path = span.unwrap().local_file()?;
        FILES.with_borrow_mut(|files| {
            let read =
                || Some(fs::read_to_string(&path).ok()?.lines().map(str::to_owned).collect());
            files.entry(path.clone()).or_insert_with(read).clone()
        })
    }
}

/// The lines of one function: row `r` of its table is line `first_line + r` of `file`.
///
pub(crate) struct Rows<'a> {
    pub(crate) locate: &'a dyn Locate,
    pub(crate) file: String,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
    pub(crate) first_row: FirstRow,
}

/// The contents of row 0 beside the count of the calls. The runtime knows the numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstRow {
    Nothing = 0,
    /// Code that another macro has put above the first statement with a row.
    Foreign = 1,
    /// Statements stand on its line, which has one more row for them, the last.
    Apart = 5,
}

/// The tokens that decide which lines a function has.
pub(crate) struct Extent<'a> {
    /// The function's first token that is not part of an attribute.
    pub(crate) start: Span,
    pub(crate) body: &'a Block,
    /// Whether the attribute is written on the function itself, and not on a block around it.
    pub(crate) direct: bool,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(locate: &'a dyn Locate, extent: &Extent) -> Self {
        let braces = extent.body.brace_token.span;
        let Place { file, line: open } = locate.place(braces.open());
        let text = locate.file_lines(braces.open());
        let heads = |place: &Place, line: usize| {
            place.file == file
                && place.line <= line
                && open - place.line < LONGEST_HEADER
                && text.as_ref().is_none_or(|text| is_one_header(text, place.line, open))
        };
        let mut first_line = open;
        let start = locate.place(extent.start);
        if heads(&start, first_line) {
            first_line = start.line;
        }
        let attribute = locate.attribute();
        if extent.direct && heads(&attribute, first_line) {
            first_line = attribute.line;
        }
        let close = locate.end(braces.close());
        let mut last_line = if close.file == file { close.line.max(open) } else { open };
        if last_line == open {
            last_line = last_token(locate, &file, extent.body.to_token_stream()).max(open);
        }
        Self { locate, file, first_line, last_line, first_row: FirstRow::Nothing }
    }

    /// The row of a token; `None` for a token that a macro brought from elsewhere.
    pub(crate) fn row(&self, span: Span) -> Option<usize> {
        self.inside(self.locate.place(span))
    }

    /// The row of a closing brace.
    pub(crate) fn end_row(&self, span: Span) -> Option<usize> {
        self.inside(self.locate.end(span))
    }

    fn inside(&self, Place { file, line }: Place) -> Option<usize> {
        let inside = file == self.file && (self.first_line..=self.last_line).contains(&line);
        let row = inside.then(|| line - self.first_line);
        row.map(
            |row| if row == 0 && self.first_row == FirstRow::Apart { self.count() } else { row },
        )
    }

    /// How many lines there are, at least one.
    pub(crate) fn count(&self) -> usize {
        self.last_line - self.first_line + 1
    }
}

/// Whether lines from `first` to the body that begins in `open` can be one header. Nothing is closed
/// there, but where a macro puts its own signature before a body from elsewhere, or its attribute
/// before an item from elsewhere, the end of the macro is in between.
fn is_one_header(text: &[String], first: usize, open: usize) -> bool {
    let lines = text.get(first - 1..open - 1).unwrap_or_default();
    !lines.iter().any(|line| line.trim_start().starts_with('}'))
}

/// The last line of the tokens in `file`. The braces of a body that a macro has written are on the
/// line of that macro, whatever lines the body has from the user.
fn last_token(locate: &dyn Locate, file: &str, tokens: TokenStream) -> usize {
    let line = |token: TokenTree| {
        let inside = match &token {
            TokenTree::Group(group) => last_token(locate, file, group.stream()),
            _ => 0,
        };
        let end = locate.end(token.span());
        if end.file == file { end.line.max(inside) } else { inside }
    };
    tokens.into_iter().map(line).max().unwrap_or(0)
}
