//! What the compiler says: lines of JSON for cargo, and anything else from what runs in it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A line of the compiler's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A file is finished.
    Artifact {
        /// Cargo may go on with crates that need it, which nobody does with the list of sources.
        is_used: bool,
    },
    Diagnostic(Diagnostic),
    /// Not the compiler's, but of a macro that it runs.
    Other,
}

/// An error, a warning, or a summary of them.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Diagnostic {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) level: String,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Expansion {
    span: Span,
}

impl Message {
    pub(super) fn read(line: &str) -> Self {
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
            // What else the compiler has to say of the crate is to be about the user's files too.
            Ok(_) => Self::Diagnostic(Diagnostic {
                message: String::new(),
                level: String::new(),
                spans: Vec::new(),
            }),
            Err(_) => Self::Other,
        }
    }
}

impl Diagnostic {
    pub(super) fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    /// Whether a program would have two allocators.
    pub(super) fn is_about_allocators(&self) -> bool {
        self.is_error() && self.message.contains("global_allocator")
            || self.message.contains("multiple global allocators")
    }

    /// The crate that has an allocator already, where that is another one.
    pub(super) fn allocator_of(&self) -> Option<&str> {
        self.message.rsplit_once("global allocator in: ").map(|(_, name)| name.trim())
    }

    /// The places that it is about, also those where a macro was called.
    pub(super) fn places(&self) -> Vec<(&Path, usize)> {
        let mut places = Vec::new();
        for span in &self.spans {
            let mut next = Some(span);
            while let Some(Span { file_name, line_start, expansion }) = next {
                places.push((file_name.as_path(), *line_start));
                next = expansion.as_ref().map(|expansion| &expansion.span);
            }
        }
        places
    }
}
