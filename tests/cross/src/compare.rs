//! The line profiler's rows and the tracer's stacks, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fmt, fs};

use anyhow::Result;

use crate::output::{Frame, Output, Stack, Table};
use crate::rows::{Figures, Rows};

/// A comparison of one program or of several, over all of their runs.
#[derive(Default)]
pub(crate) struct Comparison {
    /// Whether a row had a block in some run.
    rows: BTreeMap<Row, bool>,
    left_early: BTreeSet<Row>,
    /// Of each row that differs, the first run in which it does.
    pub(crate) differences: BTreeMap<Row, Difference>,
}

/// Bytes and blocks by row and by stack.
type Sides = ((i64, i64), (i64, i64));

/// A row: its file, the line of its table, and its own.
type Row = (String, u32, u32);

/// The two truths of a row.
pub(crate) struct Difference {
    run: usize,
    place: String,
    function: String,
    rows: (i64, i64),
    stacks: (i64, i64),
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, place, function, rows, stacks } = self;
        write!(
            formatter,
            "run {run}: {place} {function}: {} B in {} blocks by row, {} B in {} blocks by stack",
            rows.0, rows.1, stacks.0, stacks.1
        )
    }
}

/// How many rows were compared, and how many differ.
pub(crate) struct Totals {
    pub(crate) with_blocks: usize,
    pub(crate) without: usize,
    pub(crate) left_early: usize,
    pub(crate) differ: usize,
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { with_blocks, without, left_early, differ } = self;
        write!(formatter, "{with_blocks} rows with blocks, {without} that ran without, ")?;
        if *left_early > 0 {
            write!(formatter, "{left_early} of a block that was left early, ")?;
        }
        write!(formatter, "{differ} differ")
    }
}

impl Comparison {
    pub(crate) fn totals(&self) -> Totals {
        let with_blocks = self.rows.values().filter(|has_blocks| **has_blocks).count();
        let without = self.rows.len() - with_blocks;
        let (left_early, differ) = (self.left_early.len(), self.differences.len());
        Totals { with_blocks, without, left_early, differ }
    }

    /// A row of a library counts once, in however many programs it is.
    pub(crate) fn merge(&mut self, other: Self) {
        for (row, has_blocks) in other.rows {
            *self.rows.entry(row).or_default() |= has_blocks;
        }
        self.left_early.extend(other.left_early);
        self.differences.extend(other.differences);
    }

    /// `table` is none where a stack passes an annotated function that has none.
    fn add(
        &mut self,
        run: usize,
        key: (&str, u32),
        sides: (Option<&Table>, &Figures),
        rows: &Rows,
    ) {
        let empty = Table::default();
        let (recorded, stacks) = (sides.0.unwrap_or(&empty), sides.1);
        let lines: BTreeSet<u32> = recorded.rows.keys().chain(stacks.keys()).copied().collect();
        let mut differing = BTreeMap::new();
        for line in lines {
            let figures = |of: &Figures| of.get(&line).copied().unwrap_or_default();
            let (by_row, by_stack) = (figures(&recorded.rows), figures(stacks));
            let has_blocks = by_row != (0, 0) || by_stack != (0, 0);
            if has_blocks || recorded.ran.contains(&line) {
                let row = (key.0.to_owned(), key.1, line);
                *self.rows.entry(row).or_default() |= has_blocks;
            }
            if by_row != by_stack {
                differing.insert(line, (by_row, by_stack));
            }
        }
        let left = left_early(&differing, rows);
        for (line, (rows, stacks)) in differing {
            let row = (key.0.to_owned(), key.1, line);
            if left.contains(&line) {
                self.left_early.insert(row);
                continue;
            }
            let place = format!("{}:{line}", key.0);
            let function = sides.0.map_or("has no table", |table| &table.name).to_owned();
            let difference = Difference { run, place, function, rows, stacks };
            self.differences.entry(row).or_insert(difference);
        }
    }
}

/// The rows of blocks that were left early. By stack, what their locals allocate when they are dropped is on the
/// brace; by row it is on the line that has left the block, with `return` or `?`. All in all it is the same.
fn left_early(differing: &BTreeMap<u32, Sides>, rows: &Rows) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for block in rows.blocks.iter().filter(|block| differing.contains_key(block.end())) {
        let inside: Vec<_> = differing.range(block.clone()).collect();
        let sum = |side: fn(&Sides) -> (i64, i64)| {
            let add = |sum: (i64, i64), it: (i64, i64)| (sum.0 + it.0, sum.1 + it.1);
            inside.iter().map(|(_, sides)| side(sides)).fold((0, 0), add)
        };
        let is_moved = inside.iter().all(|(line, (by_row, by_stack))| {
            if *line == block.end() { by_stack > by_row } else { by_row > by_stack }
        });
        if is_moved && sum(|it| it.0) == sum(|it| it.1) {
            found.extend(inside.iter().map(|(line, _)| **line));
        }
    }
    found
}

/// Compares all rows of all tables of each run. `workspace` has the sources.
pub(crate) fn compare(outputs: &[Output], workspace: &Path) -> Result<Comparison> {
    let mut sources = Sources { workspace, files: BTreeMap::new() };
    let (mut comparison, unknown) = (Comparison::default(), Rows::default());
    for (run, output) in outputs.iter().enumerate() {
        let mut by_stack: BTreeMap<(&str, u32), Figures> = BTreeMap::new();
        for stack in &output.stacks {
            for (function, row) in sources.rows_of(stack)? {
                let figures = by_stack.entry(function).or_default().entry(row).or_default();
                figures.0 += stack.bytes;
                figures.1 += stack.blocks;
            }
        }
        for ((file, line), table) in &output.tables {
            let stacks = by_stack.remove(&(file.as_str(), *line)).unwrap_or_default();
            let rows = sources.file(file)?.unwrap_or(&unknown);
            comparison.add(run, (file, *line), (Some(table), &stacks), rows);
        }
        for (function, stacks) in by_stack {
            comparison.add(run, function, (None, &stacks), &unknown);
        }
    }
    Ok(comparison)
}

/// The files of the workspace that stand in stacks.
struct Sources<'a> {
    workspace: &'a Path,
    files: BTreeMap<String, Option<Rows>>,
}

impl Sources<'_> {
    /// The row of each function on the stack: of its innermost frame, as a recursive function records it.
    fn rows_of<'s>(&mut self, stack: &'s Stack) -> Result<BTreeMap<(&'s str, u32), u32>> {
        let mut rows = BTreeMap::new();
        for Frame { file, line, function } in &stack.frames {
            let Some(source) = self.file(file)? else { continue };
            if let Some((table, row)) = source.row_of(*line, function) {
                rows.entry((file.as_str(), table)).or_insert(row);
            }
        }
        Ok(rows)
    }

    fn file(&mut self, file: &str) -> Result<Option<&Rows>> {
        if !self.files.contains_key(file) {
            let path = self.workspace.join(file);
            let is_own = Path::new(file).is_relative() && path.is_file();
            // A file that is no Rust by itself has no annotated functions.
            let rows = if is_own { Rows::of(&fs::read_to_string(path)?).ok() } else { None };
            self.files.insert(file.to_owned(), rows);
        }
        Ok(self.files[file].as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_moved_from_a_brace_into_its_block_was_left_early() {
        let source = "fn f() {\n    {\n        let a = b;\n        return;\n    }\n}\n";
        let rows = Rows::of(source).unwrap();
        let left = |by_stack: i64, line| {
            let differing = [(5, ((0, 0), (by_stack, 1))), (line, ((8, 1), (0, 0)))];
            left_early(&BTreeMap::from(differing), &rows).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(left(8, 4), [4, 5]);
        assert!(left(9, 4).is_empty() && left(8, 6).is_empty());
    }
}
