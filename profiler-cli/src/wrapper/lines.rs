//! Checks that every pattern matches a function in the crates that are built. Each crate leaves a file
//! with the patterns that match in it or in its dependencies. The program is compiled last, so it knows
//! the patterns that match nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use mem_profile_rewrite::Candidate;

use super::job::Job;
use crate::output;

/// Saves which patterns match in a crate with these files, or in its dependencies. If none matches in the
/// whole program, that is an error.
pub(super) fn judge(job: &Job, files: &BTreeSet<PathBuf>) -> Result<ExitCode> {
    if job.patterns.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let mut matching = named_in(job, files);
    for (_, file) in &job.invocation.externs {
        matching.extend(saved(job, file));
    }
    fs::create_dir_all(&job.settings.mirror)?;
    let text: Vec<_> = matching.iter().map(usize::to_string).collect();
    fs::write(job.mark(&job.invocation.unit(), "lines"), text.join(" "))?;
    let is_program =
        job.invocation.is_program() && job.settings.programs.iter().any(|root| root == job.root);
    let (missing, is_all) = job.patterns.missing(&matching);
    for pattern in missing.iter().filter(|_| is_program) {
        let text = format!("`{pattern}` matches no function in the crates that are built");
        match is_all {
            true => output::status("error", &text),
            false => job.note(&text),
        }
    }
    Ok(if is_program && is_all { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn named_in(job: &Job, files: &BTreeSet<PathBuf>) -> BTreeSet<usize> {
    let conditions = job.conditions();
    let holds = |condition: &String| conditions.hold(condition);
    let is_built =
        |it: &Candidate| files.contains(it.file) && it.function.conditions.iter().all(holds);
    job.patterns.matching(&job.sources.functions().filter(is_built).collect::<Vec<_>>())
}

/// The matching patterns that were saved for the crate of this library.
fn saved(job: &Job, file: &Path) -> Vec<usize> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let unit = stem.strip_prefix("lib").unwrap_or(&stem);
    let text = fs::read_to_string(job.mark(unit, "lines")).unwrap_or_default();
    text.split(' ').filter_map(|number| number.parse().ok()).collect()
}
