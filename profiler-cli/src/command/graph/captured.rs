//! Options that several verbs share: a captured heap, the rows of a list, and the form of its output.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use mem_profile_format::report::{self, Top};
use mem_profile_graph::{Filter, HeapGraph, LoadError, Options, Pattern};
use serde::Serialize;

use crate::output::{self, Target};

/// How a captured heap is read.
#[derive(Args)]
pub(super) struct Reading {
    /// Take every word that lies in a block for a pointer to it, whatever its type says
    #[arg(long, help_heading = "Reading")]
    conservative: bool,
    /// Do not look for debug information, which takes time: no types and no lines
    #[arg(long, help_heading = "Reading")]
    no_symbols: bool,
    /// Leave out leaks that are known: a file of lines such as `type: Box<Config>`, `site: src/main.rs:*` or
    /// `function: tracing_core::*`
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    suppressions: Option<PathBuf>,
}

impl Reading {
    /// # Errors
    /// If a file cannot be read, or is no captured heap or no list of suppressions.
    pub(super) fn load(&self, path: &Path) -> Result<HeapGraph> {
        let mut options = Options::default();
        options.symbols = !self.no_symbols;
        options.conservative = self.conservative;
        if let Some(path) = &self.suppressions {
            let shown = path.display();
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            options.suppressions.add(&text).with_context(|| format!("cannot use {shown}"))?;
        }
        HeapGraph::load_with(path, &options).map_err(|error| match error {
            LoadError::Io { .. } => anyhow!(error),
            error => anyhow!(error).context(path.display().to_string()),
        })
    }
}

/// A captured heap whose notes come before any figure.
#[derive(Args)]
pub(super) struct Captured {
    /// The captured heap
    pub(super) file: PathBuf,
    #[command(flatten)]
    reading: Reading,
}

impl Captured {
    /// Reads it without a word.
    ///
    /// # Errors
    /// As for [`Reading::load`].
    pub(super) fn load(&self) -> Result<HeapGraph> {
        self.reading.load(&self.file)
    }

    /// Reads it, and says what a reader should know first.
    ///
    /// # Errors
    /// As for [`Reading::load`].
    pub(super) fn load_with_notes(&self) -> Result<(HeapGraph, Notes)> {
        let graph = self.load()?;
        let notes = Notes::said(graph.notes());
        Ok((graph, notes))
    }
}

/// Notes that come before any figure. JSON has them as well.
#[derive(Serialize)]
pub(super) struct Notes {
    notes: Vec<String>,
}

impl Notes {
    /// Says them on standard error.
    pub(super) fn said(notes: Vec<String>) -> Self {
        notes.iter().for_each(|note| output::status("note", note));
        Self { notes }
    }
}

/// An answer and what to know first, in one object.
#[derive(Serialize)]
struct Noted<'a, T> {
    #[serde(flatten)]
    notes: &'a Notes,
    #[serde(flatten)]
    answer: &'a T,
}

/// Of which blocks a list is.
#[derive(Args)]
pub(super) struct Only {
    /// Only types whose name matches: `*` and `?` as in a shell
    #[arg(long = "type", value_name = "GLOB")]
    kind: Option<String>,
    /// Only blocks that were allocated at a matching place, such as `src/main.rs:12`
    #[arg(long, value_name = "GLOB")]
    site: Option<String>,
}

impl Only {
    /// Whether the list may lack blocks.
    pub(super) fn is_some(&self) -> bool {
        self.kind.is_some() || self.site.is_some()
    }

    pub(super) fn filter(&self) -> Filter {
        let pattern = |text: &Option<String>| text.as_deref().map(Pattern::new);
        Filter { kind: pattern(&self.kind), site: pattern(&self.site) }
    }
}

/// How much of a list is written, and how.
#[derive(Args)]
pub(super) struct Listed {
    /// Show this many rows, or `all` [default: 20; all with --json]
    #[arg(long, value_name = "NUMBER", value_parser = top)]
    top: Option<Top>,
    /// Write JSON; sizes in bytes
    #[arg(long)]
    pub(super) json: bool,
}

/// A list of a captured heap.
#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) captured: Captured,
    #[command(flatten)]
    pub(super) only: Only,
    #[command(flatten)]
    pub(super) listed: Listed,
}

/// Rows of a list for people.
pub(super) const MOST: usize = 20;

pub(super) fn top(text: &str) -> Result<Top, String> {
    Top::parse(text).ok_or_else(|| "neither a number nor `all`".to_owned())
}

/// How many rows are shown of a list that is `most` rows long unless the user says otherwise.
pub(super) fn rows(top: Option<Top>, most: usize) -> usize {
    match top {
        Some(Top::First(number)) => number,
        Some(Top::All) => usize::MAX,
        Some(Top::Hot) | None => most,
    }
}

impl Listed {
    pub(super) fn top(&self) -> usize {
        rows(self.top, if self.json { usize::MAX } else { MOST })
    }

    /// Writes an answer as text, or as JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write<T: Serialize>(
        &self,
        notes: &Notes,
        answer: &T,
        text: impl Fn(&T) -> String,
    ) -> Result<()> {
        match self.json {
            true => write_json(notes, answer),
            false => Target::Stdout.write_text(&text(answer)),
        }
    }
}

/// Writes an answer as JSON.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write_json(notes: &Notes, answer: &impl Serialize) -> Result<()> {
    Target::Stdout.write(json(&Noted { notes, answer })?.as_bytes())
}

/// An answer as JSON, safe to show in a terminal.
pub(super) fn json(answer: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(answer).context("cannot write the answer as JSON")?;
    Ok(report::json_printable(&json) + "\n")
}
