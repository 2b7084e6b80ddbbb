//! The row of the function table that a token belongs to.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use syn::Block;

/// A header (attribute, documentation, signature) of more lines than this is not one piece of source: macros
/// have assembled it.
const LONGEST_HEADER: usize = 200;

/// The location of a token in a source file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The path as `file!()` prints it.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// The locations that the compiler knows. Tests implement it as well.
pub(crate) trait Locate {
    /// The location of the attribute itself.
    fn attribute(&self) -> Location;
    /// Where a token begins.
    fn start(&self, span: Span) -> Location;
    /// Where a token ends. The braces of a block that a macro has passed on share one span, so only the
    /// start of the first and the end of the second are reliable.
    fn end(&self, span: Span) -> Location;
    /// The lines of the file that contains `span`, if it can be read.
    fn file_lines(&self, span: Span) -> Option<Rc<[String]>>;
}

/// The compiler that runs the macro.
pub(crate) struct Compiler;

impl Locate for Compiler {
    fn attribute(&self) -> Location {
        self.start(Span::call_site())
    }

    fn start(&self, span: Span) -> Location {
        let span = span.unwrap();
        Location { file: span.file(), line: span.line() }
    }

    fn end(&self, span: Span) -> Location {
        let span = span.unwrap();
        Location { file: span.file(), line: span.end().line() }
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
pub(crate) struct Rows<'a> {
    pub(crate) locate: &'a dyn Locate,
    pub(crate) file: String,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
    pub(crate) first_row: FirstRow,
}

/// The contents of row 0. The runtime knows the numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstRow {
    /// The count of the calls alone.
    CallsOnly = 0,
    /// Code that another macro has inserted before the first statement with a row as well.
    FromMacro = 1,
    /// The line contains statements, which have a row of their own behind the last.
    OwnStatements = 5,
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
        let Location { file, line: open } = locate.start(braces.open());
        let text = locate.file_lines(braces.open());
        let is_header = |location: &Location, line: usize| {
            location.file == file
                && location.line <= line
                && open - location.line < LONGEST_HEADER
                && text.as_ref().is_none_or(|text| is_one_header(text, location.line, open))
        };
        let mut first_line = open;
        let start = locate.start(extent.start);
        if is_header(&start, first_line) {
            first_line = start.line;
        }
        let attribute = locate.attribute();
        if extent.direct && is_header(&attribute, first_line) {
            first_line = attribute.line;
        }
        let close = locate.end(braces.close());
        let mut last_line = if close.file == file { close.line.max(open) } else { open };
        if last_line == open {
            last_line = last_token(locate, &file, extent.body.to_token_stream()).max(open);
        }
        Self { locate, file, first_line, last_line, first_row: FirstRow::CallsOnly }
    }

    /// The row of a token; `None` if the token comes from another macro.
    pub(crate) fn row(&self, span: Span) -> Option<usize> {
        self.row_of(self.locate.start(span))
    }

    /// The row of a closing brace.
    pub(crate) fn end_row(&self, span: Span) -> Option<usize> {
        self.row_of(self.locate.end(span))
    }

    fn row_of(&self, Location { file, line }: Location) -> Option<usize> {
        let inside = file == self.file && (self.first_line..=self.last_line).contains(&line);
        let row = inside.then(|| line - self.first_line);
        row.map(|row| {
            if row == 0 && self.first_row == FirstRow::OwnStatements { self.count() } else { row }
        })
    }

    /// The number of lines, at least one.
    pub(crate) fn count(&self) -> usize {
        self.last_line - self.first_line + 1
    }
}

/// Whether the lines from `first` to the body that begins on `open` can be one header. A header closes no
/// brace. Where a macro has put its own signature or attribute before the user's code, the end of the
/// macro is in between.
fn is_one_header(text: &[String], first: usize, open: usize) -> bool {
    let lines = text.get(first - 1..open - 1).unwrap_or_default();
    !lines.iter().any(|line| line.trim_start().starts_with('}'))
}

/// The last line of the tokens in `file`. If a macro has made the braces of a body, they are on the line
/// of the macro, though the body has lines of the user's.
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
