//! The line profiler's rows and the tracer's stacks, side by side.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

use anyhow::Result;

use crate::output::{Output, Stack, Table};
use crate::rows::{Figures, Rows};

/// One program's comparison.
#[derive(Default)]
pub(crate) struct Comparison {
    pub(crate) rows: usize,
    pub(crate) differences: Vec<Difference>,
}

/// A row with two truths.
pub(crate) struct Difference {
    place: String,
    function: String,
    rows: (i64, i64),
    stacks: (i64, i64),
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, function, rows, stacks } = self;
        write!(
            formatter,
            "{place} {function}: {} B in {} blocks by row, {} B in {} blocks by stack",
            rows.0, rows.1, stacks.0, stacks.1
        )
    }
}

/// Compares all rows of all tables. `package` has the sources.
pub(crate) fn compare(output: &Output, package: &Path) -> Result<Comparison> {
    let mut sources = BTreeMap::new();
    for (file, _) in output.tables.keys() {
        if !sources.contains_key(file) {
            sources.insert(file.clone(), Rows::of(&fs::read_to_string(path_of(package, file))?)?);
        }
    }
    let mut by_stack: BTreeMap<(&str, u32), Figures> = BTreeMap::new();
    for stack in &output.stacks {
        for ((file, function), row) in rows_of(stack, &sources) {
            let figures = by_stack.entry((file, function)).or_default().entry(row).or_default();
            figures.0 += stack.bytes;
            figures.1 += stack.blocks;
        }
    }
    let mut comparison = Comparison::default();
    for ((file, line), table) in &output.tables {
        let stacks = by_stack.get(&(file.as_str(), *line));
        add_table(&mut comparison, file, table, stacks.unwrap_or(&Figures::new()));
    }
    Ok(comparison)
}

/// The file as the package has it: the compiler may name more folders.
fn path_of(package: &Path, file: &str) -> std::path::PathBuf {
    let parts: Vec<_> = Path::new(file).components().collect();
    let tails = (0..parts.len()).map(|first| parts[first..].iter().collect::<std::path::PathBuf>());
    let mut found = tails.map(|tail| package.join(tail)).filter(|path| path.is_file());
    found.next().unwrap_or_else(|| package.join(file))
}

/// The row of each function on the stack: of its innermost frame, as a recursive function records it.
fn rows_of<'a>(
    stack: &Stack,
    sources: &'a BTreeMap<String, Rows>,
) -> BTreeMap<(&'a str, u32), u32> {
    let mut rows = BTreeMap::new();
    for (file, line) in &stack.frames {
        let Some((file, source)) = sources.iter().find(|(known, _)| is_same(known, file)) else {
            continue;
        };
        if let Some(function) = source.function_at(*line) {
            rows.entry((file.as_str(), function)).or_insert_with(|| source.row_of(*line));
        }
    }
    rows
}

/// Whether both may be the same file: the compiler and the profiler may cut off another part of the front.
fn is_same(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    long.strip_suffix(short).is_some_and(|front| front.is_empty() || front.ends_with('/'))
}

fn add_table(comparison: &mut Comparison, file: &str, table: &Table, stacks: &Figures) {
    let lines: std::collections::BTreeSet<u32> =
        table.rows.keys().chain(stacks.keys()).copied().collect();
    for line in lines {
        let figures = |of: &Figures| of.get(&line).copied().unwrap_or_default();
        let (rows, stacks) = (figures(&table.rows), figures(stacks));
        if rows != (0, 0) || stacks != (0, 0) {
            comparison.rows += 1;
        }
        if rows != stacks {
            let (place, function) = (format!("{file}:{line}"), table.name.clone());
            comparison.differences.push(Difference { place, function, rows, stacks });
        }
    }
}
