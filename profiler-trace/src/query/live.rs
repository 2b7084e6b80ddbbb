//! The column `Live` of the line profiler: the bytes that a line allocated, itself or in its callees,
//! and that are still alive.

use std::collections::HashMap;

use mem_profile_format::{FunctionSnapshot, Snapshot as LinesSnapshot};

use crate::capture::control;
use crate::data::Data;
use crate::names::stack_frame::Frame;
use crate::names::symbols::Symbols;
use crate::query::snapshot::Snapshot;
use mem_profile_runtime::internal::{self, Function};

/// The runtime calls it for each of its snapshots.
pub(crate) static FILL_LIVE: fn(&mut LinesSnapshot) = fill_live;

/// Fills in the live bytes of each line, while tracing is on.
fn fill_live(lines: &mut LinesSnapshot) {
    if !control::is_tracing() {
        return;
    }
    let live = {
        let _control = control::lock();
        Snapshot::now()
    };
    // Unless no line of the program is known.
    if !live.symbols().lines_are_missing {
        internal::functions().for_each(|function| fill_function(&live, &function, lines));
    }
    lines.notes.push("Live counts what was allocated since the tracer was started".to_owned());
    lines.notes.extend(live.notes().into_iter().map(|note| format!("Live: {note}")));
}

fn fill_function(live: &Snapshot, function: &Function, lines: &mut LinesSnapshot) {
    let position = (function.file, function.first_line, function.name);
    let place = lines.functions.partition_point(|figures| position_of(figures) < position);
    let figures = lines.functions.get_mut(place);
    if let Some(figures) = figures.filter(|figures| position_of(figures) == position) {
        let bytes = bytes_by_row(live.data(), live.symbols(), function);
        for (row, line) in (0..).zip(&mut figures.lines) {
            line.live = bytes.get(&row).copied().or(line.ran().then_some(0));
        }
    }
}

/// The key that functions are sorted by.
fn position_of(figures: &FunctionSnapshot) -> (&str, u32, &str) {
    (&figures.file, figures.line, &figures.name)
}

/// Bytes alive by row of the function: a stack counts on the innermost row that it passes, as a
/// recursive function records on the lines inside.
fn bytes_by_row(data: &Data, symbols: &Symbols, function: &Function) -> HashMap<u32, u64> {
    let code = Code::of(function);
    let innermost = |address| symbols.of(address).iter().find_map(|frame| code.row(frame));
    let row_of: Vec<_> = (0..data.addresses.len() as u32).map(innermost).collect();

    let mut bytes = HashMap::new();
    for trace in data.traces.iter().filter(|trace| trace.live_bytes > 0) {
        let rows = trace.frames.iter().map(|&address| row_of.get(address as usize));
        if let Some(row) = rows.flatten().find_map(|row| *row) {
            *bytes.entry(row).or_default() += trace.live_bytes.unsigned_abs();
        }
    }
    bytes
}

/// How the code of a function is known again in debug information.
struct Code<'a> {
    function: &'a Function,
    file: String,
    crates: Vec<&'a str>,
}

impl<'a> Code<'a> {
    fn of(function: &'a Function) -> Self {
        let crates = crates_in(function.path).collect();
        Self { function, file: function.file.replace('\\', "/"), crates }
    }

    fn row(&self, frame: &Frame) -> Option<u32> {
        let row = frame.line.checked_sub(self.function.first_line)?;
        let is_here = (row as usize) < self.function.rows
            && is_same_file(&self.file, &frame.file.replace('\\', "/"))
            && crates_in(&frame.function).any(|name| self.crates.contains(&name));
        is_here.then_some(row)
    }
}

/// Whether both may be the same: the compiler and we may cut off another part of the front.
fn is_same_file(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    let front = long.strip_suffix(short);
    !short.is_empty() && front.is_some_and(|front| front.is_empty() || front.ends_with('/'))
}

/// The crates that the path of a function names, less the standard library's: files of two crates
/// may be called the same.
fn crates_in(path: &str) -> impl Iterator<Item = &str> {
    let words = path.split(|sign: char| !sign.is_alphanumeric() && !"_:".contains(sign));
    let crates = words.filter_map(|word| word.split_once("::").map(|(first, _)| first));
    crates.filter(|name| !["", "alloc", "core", "std"].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::stack_frame::Origin;

    #[test]
    fn code_is_known_again_by_file_line_and_crate() {
        let function = Function {
            path: "<T as leak::Keep>::keep::__MemProfile",
            name: "<T as leak::Keep>::keep",
            file: "leak/src/lib.rs",
            first_line: 10,
            rows: 3,
        };
        let row = |function_name: &str, file: &str, line| {
            let mut frame = Frame::without_line(function_name.to_owned(), "");
            (frame.file, frame.line, frame.origin) = (file.to_owned(), line, Origin::User);
            Code::of(&function).row(&frame)
        };
        let name = "<u8 as leak::Keep>::keep::{{closure}}";
        assert_eq!(row(name, "leak/src/lib.rs", 12), Some(2));
        assert_eq!(row(name, "/home/me/leak/src/lib.rs", 10), Some(0), "no lock file is there");
        assert_eq!(row(name, "src\\lib.rs", 11), Some(1), "it has a lock file of its own");
        assert_eq!(row(name, "leak/src/lib.rs", 9), None);
        assert_eq!(row(name, "leak/src/lib.rs", 13), None);
        assert_eq!(row(name, "/home/me/bleak/src/lib.rs", 12), None);
        assert_eq!(row("<u8 as other::Keep>::keep", "src/lib.rs", 12), None);
        assert_eq!(row(name, "", 12), None);
    }
}
