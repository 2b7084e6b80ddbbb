//! Which traces are looked at.

use std::ops::RangeInclusive;

use mem_profile_format::glob::{collapsed, matches};

use crate::data::Trace;
use crate::names::symbols::Symbols;
use crate::query::group::display_frame;
use crate::tables::counters::ONE_BLOCK;
use mem_profile_names::{Frame, Origin};

/// The text that a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    File,
    Function,
    Crate,
    Thread,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    field: Field,
    pattern: String,
    includes: bool,
}

/// Lets a trace through if it matches one of the inclusive patterns of every kind that has some,
/// and none of the exclusive ones.
///
/// In a pattern `*` stands for any characters and `?` for one. It is compared with the frame that
/// the trace is shown under, or with [all frames](Filter::all_frames).
///
/// ```
/// # use mem_profile_trace::Filter;
/// let filter = Filter::new().include_file("src/*").exclude_function("*::tests::*");
/// # let _ = filter;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    rules: Vec<Rule>,
    block_sizes: Option<RangeInclusive<u64>>,
    all_frames: bool,
}

impl Filter {
    /// Lets everything through.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, field: Field, pattern: &str, includes: bool) -> Self {
        self.rules.push(Rule { field, pattern: collapsed(pattern), includes });
        self
    }

    /// Only files that match.
    #[must_use]
    pub fn include_file(self, pattern: &str) -> Self {
        self.with(Field::File, pattern, true)
    }

    /// No file that matches.
    #[must_use]
    pub fn exclude_file(self, pattern: &str) -> Self {
        self.with(Field::File, pattern, false)
    }

    /// Only functions whose path matches.
    #[must_use]
    pub fn include_function(self, pattern: &str) -> Self {
        self.with(Field::Function, pattern, true)
    }

    /// No function whose path matches.
    #[must_use]
    pub fn exclude_function(self, pattern: &str) -> Self {
        self.with(Field::Function, pattern, false)
    }

    /// Only crates that match.
    #[must_use]
    pub fn include_crate(self, pattern: &str) -> Self {
        self.with(Field::Crate, pattern, true)
    }

    /// No crate that matches.
    #[must_use]
    pub fn exclude_crate(self, pattern: &str) -> Self {
        self.with(Field::Crate, pattern, false)
    }

    /// Only threads whose name matches; the system keeps the first 15 bytes of it.
    #[must_use]
    pub fn include_thread(self, pattern: &str) -> Self {
        self.with(Field::Thread, pattern, true)
    }

    /// No thread whose name matches.
    #[must_use]
    pub fn exclude_thread(self, pattern: &str) -> Self {
        self.with(Field::Thread, pattern, false)
    }

    /// Only stacks whose blocks, as allocated, have this many bytes on average.
    #[must_use]
    pub fn block_sizes(mut self, bytes: RangeInclusive<u64>) -> Self {
        self.block_sizes = Some(bytes);
        self
    }

    /// A pattern for files, functions or crates matches if any frame of the stack does.
    #[must_use]
    pub fn all_frames(mut self) -> Self {
        self.all_frames = true;
        self
    }

    pub(crate) fn matches(&self, trace: &Trace, symbols: &Symbols, threads: &[String]) -> bool {
        let thread = threads.get(trace.thread as usize).map_or("", String::as_str);
        let frames: Vec<&Frame> = if self.all_frames {
            let all = trace.frames.iter().flat_map(|&address| symbols.of(address));
            all.filter(|frame| frame.origin != Origin::Profiler).collect()
        } else {
            display_frame(symbols, trace).into_iter().collect()
        };
        let applies = |rule: &Rule| match rule.field {
            Field::Thread => matches(&rule.pattern, thread),
            Field::File => frames.iter().any(|frame| matches(&rule.pattern, &frame.file)),
            Field::Function => frames.iter().any(|frame| matches(&rule.pattern, &frame.function)),
            Field::Crate => frames.iter().any(|frame| matches(&rule.pattern, &frame.krate)),
        };
        let lets = |field| {
            let mut rules = self.rules.iter().filter(move |rule| rule.field == field);
            let mut included = rules.clone().filter(|rule| rule.includes).peekable();
            (included.peek().is_none() || included.any(applies))
                && !rules.any(|rule| !rule.includes && applies(rule))
        };
        [Field::File, Field::Function, Field::Crate, Field::Thread].into_iter().all(lets)
            && self.matches_size(trace)
    }

    fn matches_size(&self, trace: &Trace) -> bool {
        let Some(sizes) = &self.block_sizes else { return true };
        let average = trace.allocated_bytes as f64 * ONE_BLOCK as f64
            / (trace.allocated_blocks as f64).max(1.0);
        sizes.contains(&(average as u64))
    }
}
