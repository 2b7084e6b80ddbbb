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

/// Fills in the live bytes of each line, while tracing is on. Where live blocks are recorded, each line has its
/// own already.
fn fill_live(lines: &mut LinesSnapshot) {
    if !control::is_tracing() || lines.paths.is_some() {
        return;
    }
    let live = {
        let _control = control::lock();
        Snapshot::now()
    };
    // Unless no line of the program is known.
    if !live.symbols().lines_are_missing {
        let functions: Vec<_> = internal::functions().collect();
        let bytes = bytes_by_row(live.data(), live.symbols(), &functions);
        functions.iter().zip(&bytes).for_each(|(it, bytes)| fill_function(bytes, it, lines));
    }
    lines.notes.push("Live counts what was allocated since the tracer was started".to_owned());
    lines.notes.extend(live.notes().into_iter().map(|note| format!("Live: {note}")));
}

fn fill_function(bytes: &HashMap<u32, u64>, function: &Function, lines: &mut LinesSnapshot) {
    let position = (function.file, function.first_line, function.name);
    let place = lines.functions.partition_point(|figures| position_of(figures) < position);
    let figures = lines.functions.get_mut(place);
    if let Some(figures) = figures.filter(|figures| position_of(figures) == position) {
        for (row, line) in (0..).zip(&mut figures.lines) {
            line.live = bytes.get(&row).copied().or(line.ran().then_some(0));
        }
    }
}

/// The key that functions are sorted by.
fn position_of(figures: &FunctionSnapshot) -> (&str, u32, &str) {
    (&figures.file, figures.line, &figures.name)
}

/// Bytes alive by row of each function: a stack counts on the innermost row of it that it passes, as a
/// recursive function records on the lines inside.
///
/// PERF: each stack is walked once, and not once for each function: 2,000 functions and 100,000 stacks of 30
/// frames are 3 million steps instead of 6,000 million.
fn bytes_by_row(data: &Data, symbols: &Symbols, functions: &[Function]) -> Vec<HashMap<u32, u64>> {
    let codes: Vec<_> = functions.iter().map(Code::of).collect();
    let mut by_file: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, code) in codes.iter().enumerate() {
        by_file.entry(last_part(&code.file)).or_default().push(number);
    }
    let rows_at = |address| rows_at(symbols.of(address), &codes, &by_file);
    let rows: Vec<_> = (0..data.addresses.len() as u32).map(rows_at).collect();

    let mut bytes = vec![HashMap::new(); functions.len()];
    // The last stack that counts on each function.
    let mut counted = vec![usize::MAX; functions.len()];
    for (number, trace) in data.traces.iter().enumerate().filter(|(_, it)| it.live_bytes > 0) {
        let passed = trace.frames.iter().filter_map(|&address| rows.get(address as usize));
        for &(function, row) in passed.flatten() {
            if counted[function] != number {
                counted[function] = number;
                *bytes[function].entry(row).or_default() += trace.live_bytes.unsigned_abs();
            }
        }
    }
    bytes
}

/// The rows of an address, whose frames these are: the innermost one of each function.
fn rows_at(
    frames: &[Frame],
    codes: &[Code],
    by_file: &HashMap<&str, Vec<usize>>,
) -> Vec<(usize, u32)> {
    let mut rows: Vec<(usize, u32)> = Vec::new();
    for frame in frames {
        let file = frame.file.replace('\\', "/");
        for &number in by_file.get(last_part(&file)).into_iter().flatten() {
            let is_known = rows.iter().any(|(known, _)| *known == number);
            if let Some(row) = codes[number].row(frame, &file).filter(|_| !is_known) {
                rows.push((number, row));
            }
        }
    }
    rows
}

/// A file without its folders.
fn last_part(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
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

    /// The row of a frame, whose file is `file` with slashes.
    fn row(&self, frame: &Frame, file: &str) -> Option<u32> {
        let row = frame.line.checked_sub(self.function.first_line)?;
        let is_here = (row as usize) < self.function.rows
            && is_same_file(&self.file, file)
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
    use crate::data::Trace;
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
            let codes = [Code::of(&function)];
            let by_file = HashMap::from([("lib.rs", vec![0])]);
            rows_at(&[frame], &codes, &by_file).first().map(|(_, row)| *row)
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

    #[test]
    fn a_stack_counts_once_on_each_function_on_its_innermost_row() {
        let function = |path, first_line| {
            let (name, file) = (path, "src/lib.rs");
            Function { path, name, file, first_line, rows: 10 }
        };
        let functions = [function("a::outer", 10), function("a::inner", 20)];
        let frame = |line| {
            let mut frame = Frame::without_line("a::name".to_owned(), "");
            (frame.file, frame.line) = ("src/lib.rs".to_owned(), line);
            frame
        };
        // The second address was inlined: line 22 into line 15.
        let symbols =
            Symbols::of_frames([vec![frame(12)], vec![frame(22), frame(15)], vec![frame(25)]]);
        let trace = |frames: &[u32], live_bytes| Trace {
            frames: frames.to_vec(),
            live_bytes,
            ..Trace::default()
        };
        let traces = vec![
            trace(&[0, 1], 1),
            trace(&[1, 0], 10),
            // Recursion.
            trace(&[2, 1, 2, 0], 100),
            trace(&[0], 1_000),
            trace(&[0], -5),
        ];
        let addresses = vec![crate::data::Address::default(); 3];
        let data = Data { addresses, traces, ..Data::default() };
        let bytes = bytes_by_row(&data, &symbols, &functions);
        let expected = [[(2, 1_001), (5, 110)], [(2, 11), (5, 100)]];
        assert_eq!(bytes, expected.map(HashMap::from));
    }
}
