//! `run` learns from the last recording of a target which functions to leave out of this one.

use anyhow::Result;
use mem_profile_rewrite::Crate;

use crate::left_out::LeftOut;
use crate::project::Project;
use crate::recording;
use crate::runs::Runs;

/// The functions that are left out of the target `name`, after a look at its last recording, and how many there
/// are in the sources as they are now.
pub(super) fn learn(project: &Project, runs: &Runs, name: &str) -> Result<(LeftOut, usize)> {
    let before = runs.left_out(name);
    let last = runs.last(name);
    if last.is_none() && before.is_empty() {
        return Ok((before, 0));
    }
    let crates = project.crates.iter().map(|it| Crate::read(&it.root, &it.name));
    let crates: Vec<_> = crates.collect();
    let candidates: Vec<_> = crates.iter().flat_map(Crate::functions).collect();
    let mut left_out = before.clone();
    // Without a recording, or with one of another version, nothing new is known.
    let last = last.and_then(|path| recording::load(&path).ok());
    if let Some(last) = last.filter(|it| it.incomplete.as_ref().is_none_or(|it| !it.lossy)) {
        left_out.learn(&last.snapshot, &project.root, &candidates);
    }
    if left_out != before {
        runs.keep_left_out(name, &left_out)?;
    }
    let count = left_out.count(&candidates);
    Ok((left_out, count))
}
