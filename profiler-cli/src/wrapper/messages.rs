//! Reads the output of rustc: lines of JSON for cargo, and anything that macros print.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

/// A line of output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// An output file is finished.
    Artifact {
        /// Whether dependent crates may use it already, unlike the list of sources.
        is_used: bool,
    },
    Diagnostic(Diagnostic),
    /// Output of a macro.
    Other,
}

/// An error, a warning, or a summary of them.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Diagnostic {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) level: String,
    /// The number of the error, if it has one.
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    /// Notes.
    #[serde(default)]
    children: Vec<Self>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Code {
    code: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Expansion {
    span: Span,
    #[serde(default)]
    macro_decl_name: String,
}

/// Runs rustc, and calls `on_line` with each line as soon as it is written.
pub(super) fn listen(
    command: &mut Command,
    mut on_line: impl FnMut(&str, Message),
) -> Result<ExitStatus> {
    let mut compiler = command.stderr(Stdio::piped()).spawn().context("cannot start rustc")?;
    let mut lines = BufReader::new(compiler.stderr.take().context("rustc has no standard error")?);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        on_line(&line, Message::read(&line));
        line.clear();
    }
    Ok(compiler.wait()?)
}

impl Message {
    fn read(line: &str) -> Self {
        if !line.starts_with('{') {
            return Self::Other;
        }
        #[derive(Deserialize)]
        struct Kind {
            #[serde(rename = "$message_type", default)]
            kind: String,
            #[serde(default)]
            emit: String,
        }
        match serde_json::from_str::<Kind>(line) {
            Ok(kind) if kind.kind == "artifact" => {
                Self::Artifact { is_used: kind.emit != "dep-info" }
            }
            Ok(kind) if kind.kind == "diagnostic" => {
                serde_json::from_str(line).map_or(Self::Other, Self::Diagnostic)
            }
            // Any other message must also be repeated for the user's files.
            Ok(_) => Self::Diagnostic(Diagnostic::default()),
            Err(_) => Self::Other,
        }
    }
}

impl Diagnostic {
    pub(super) fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    /// Whether it reports two global allocators.
    pub(super) fn is_about_allocators(&self) -> bool {
        self.is_error() && self.message.contains("global_allocator")
            || self.message.contains("multiple global allocators")
    }

    /// The crate with the other allocator, unless it is this one.
    pub(super) fn allocator_of(&self) -> Option<&str> {
        self.message.rsplit_once("global allocator in: ").map(|(_, name)| name.trim())
    }

    /// Whether an attribute macro reports it, or panicked.
    pub(super) fn is_of_attribute(&self) -> bool {
        let name = |span: &Span| Some(span.expansion.as_ref()?.macro_decl_name.clone());
        let mut macros = self.spans.iter().filter(|span| span.is_primary).filter_map(name);
        self.message == "custom attribute panicked" || macros.any(|name| name.starts_with("#["))
    }

    /// Whether it has the same error number as another one.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.code == other.code
    }

    /// Its primary locations, and those of the macro calls that lead there.
    pub(super) fn places(&self) -> Vec<(&Path, usize)> {
        self.spans.iter().filter(|span| span.is_primary).flat_map(Span::places).collect()
    }

    /// All locations that it mentions.
    pub(super) fn all_places(&self) -> Vec<(&Path, usize)> {
        let own = self.spans.iter().flat_map(Span::places);
        own.chain(self.children.iter().flat_map(Self::all_places)).collect()
    }
}

impl Span {
    fn places(&self) -> Vec<(&Path, usize)> {
        let spans = std::iter::successors(Some(self), |span| Some(&span.expansion.as_ref()?.span));
        spans.map(|span| (span.file_name.as_path(), span.line_start)).collect()
    }
}
