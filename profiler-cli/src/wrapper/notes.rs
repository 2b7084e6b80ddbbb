//! Prints which functions are not measured, and why: one line each.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mem_profile_format::report;
use mem_profile_rewrite::{FunctionId, Plan};

use super::blame::Working;
use super::job::Job;
use crate::output;

/// Largest number of lines of one kind.
const NOTES: usize = 8;

impl Job<'_> {
    /// Why the crate cannot be measured at all; `None` if it can.
    pub(super) fn reason_not_measured(&self) -> Option<&'static str> {
        if self.runtime.is_none() && self.invocation.runtime().is_none() {
            if self.invocation.name.starts_with("mem_profile") {
                return Some("it is part of the profiler");
            }
            let reason = "it does not depend on `mem-profile`, and this project's own package of \
                          that name cannot be replaced";
            return Some(reason);
        }
        let is_bare = self.invocation.is_program() && self.sources.is_bare();
        is_bare.then_some("it does not use the standard library")
    }

    /// Prints why there is nothing to measure although nothing is excluded.
    pub(super) fn note_nothing_to_measure(&self) {
        let name = &self.invocation.name;
        self.note(&match self.sources.functions().next() {
            Some(_) => format!(
                "not measured: all its functions are trivial; `--lines '{name}::*'` measures them"
            ),
            None => "not measured: it has no functions outside of macros".to_owned(),
        });
    }

    /// Prints the functions that are left out.
    pub(super) fn note_refused(&self, Working { refused, untried, .. }: &Working) {
        let name = |function: &FunctionId| {
            let file = function.file.strip_prefix(self.mirror.base).unwrap_or(&function.file);
            let place = format!("{}:{}", file.display(), function.start.line);
            format!("the function on {place} does not compile with the attribute")
        };
        self.notes(&refused.iter().map(name).collect::<Vec<_>>(), "functions");
        if !untried.is_empty() {
            self.note(&format!(
                "{} functions are not measured: at least one of them does not compile with the \
                 attribute, and trying each would take too long",
                untried.len()
            ));
        }
    }

    /// Prints the files of the crate that are not measured, because they cannot be read or are not
    /// known to belong to it.
    pub(super) fn note_unread(&self, files: &[PathBuf]) {
        let known: BTreeSet<_> = self.sources.paths().collect();
        let is_code = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rs");
        let unread = files.iter().filter(is_code).filter(|path| !known.contains(path.as_path()));
        let notes = unread.map(|path| {
            let shown = path.strip_prefix(self.mirror.base).unwrap_or(path).display();
            match self.sources.faulty.iter().find(|(faulty, _)| faulty == path) {
                Some((_, fault)) => {
                    format!("{shown}:{} cannot be read: {}", fault.line, fault.reason)
                }
                None => format!("{shown} is not measured: a macro includes it in the crate"),
            }
        });
        self.notes(&notes.collect::<Vec<_>>(), "files");
    }

    /// Prints one line for each of the first notes, and the number of the others.
    fn notes(&self, notes: &[String], of: &str) {
        let (shown, more) = notes.split_at(notes.len().min(NOTES));
        shown.iter().for_each(|note| self.note(note));
        if !more.is_empty() {
            self.note(&format!("the same applies to {} more {of}", more.len()));
        }
    }

    /// Prints where the conflicting allocator is, unless that one is wrapped.
    pub(super) fn explain_allocator(&self, conflict: Option<&str>) {
        let is_known = match conflict {
            Some(other) => self.mark(other, "allocator").exists(),
            // A macro of another crate in the workspace may have created it.
            None => {
                let mut used = self.invocation.externs.iter();
                self.sources.has_allocator()
                    || used.any(|(name, _)| self.mark(name, "allocator").exists())
            }
        };
        if !is_known {
            let whose =
                conflict.map_or_else(String::new, |other| format!(", of the crate {other},"));
            let what = "is not a static of the workspace";
            self.note(&format!(
                "its allocator{whose} {what}: the resident set is measured instead"
            ));
        }
    }

    /// Prints what a reduced plan means for the allocator.
    pub(super) fn explain_reduced(&self, plan: &Plan, found: &Working) {
        if let Some(conflict) = &found.conflict {
            self.explain_allocator(conflict.as_deref());
        }
        if plan.wraps_allocator && !found.plan.wraps_allocator {
            self.note("its allocator cannot be wrapped: the resident set is measured instead");
        }
    }

    pub(super) fn note(&self, text: &str) {
        let line = report::printable(&format!("mem-profile: {}: {text}", self.invocation.name));
        output::write_stderr(&(line + "\n"));
    }
}
