//! Stacks made by hand, and the lines that hold their blocks.

use mem_profile_format::{FunctionSnapshot, LineSnapshot};

use super::*;
use crate::data::{Address, Trace};
use crate::tables::counters::ONE_BLOCK;
use mem_profile_names::Frame;

/// Each line of these functions has run, but for the second.
fn table(name: &str, first: u32) -> FunctionSnapshot {
    let line = |line| LineSnapshot {
        line,
        occurrences: (line != first + 1).then_some(1),
        ..LineSnapshot::default()
    };
    FunctionSnapshot {
        name: name.into(),
        file: "src/lib.rs".into(),
        line: first,
        lines: (first..first + 10).map(line).collect(),
        ..FunctionSnapshot::default()
    }
}

fn frame(function: &str, line: u32) -> Frame {
    let mut frame = Frame::without_line(function.to_owned(), "");
    (frame.file, frame.line) = ("src/lib.rs".to_owned(), line);
    frame
}

fn trace(frames: &[u32], live_bytes: i64, peak_bytes: i64) -> Trace {
    Trace {
        frames: frames.to_vec(),
        live_bytes,
        peak_bytes,
        live_blocks: ONE_BLOCK,
        allocated_bytes: 9,
        allocated_blocks: 3 * ONE_BLOCK,
        reallocations: 2,
        ..Trace::default()
    }
}

#[test]
fn the_innermost_line_has_the_blocks_and_adds_them_up() {
    let tables = [table("a::outer", 10), table("a::inner", 20)];
    let frames = [
        vec![frame("a::outer", 12)],
        // Inlined: line 22 into line 15.
        vec![frame("a::inner", 22), frame("a::outer", 15)],
        vec![frame("a::other", 90)],
    ];
    let mut addresses = vec![Address { address: 1, ..Address::default() }; 3];
    addresses.push(Address::default());
    let traces = vec![
        trace(&[2, 0], 1, 2),
        trace(&[2, 1, 2], 10, 20),
        trace(&[0, 1], 100, 200),
        // Its marked stack has a call from line 12 on that is left out.
        trace(&[1, 3, 0], 1000, 2000),
        trace(&[2], 10_000, 20_000),
    ];
    let data = Data { addresses, traces, ..Data::default() };
    let symbols = Symbols::of_frames([&frames[..], &[vec![Frame::recursion()]]].concat());
    let paths = paths(&data, &symbols, &Code::of(&tables, &[]));
    let lines: Vec<_> =
        paths.by_line().iter().map(|it| (it.line, it.own.live, it.own.at_peak)).collect();
    assert_eq!(lines, [(12, 101, 202), (22, 1010, 2020)]);
    assert_eq!((paths.outside.live, paths.unattributed), (10_000, Held::default()));
    let shown: Vec<_> =
        paths.all.iter().map(|it| (it.caller, it.line, it.is_recursive, it.own.live)).collect();
    let expected = [(None, 12, true, 101), (None, 15, true, 0), (Some(1), 22, false, 1010)];
    assert_eq!(shown, expected);
    assert_eq!((paths.all[2].own.allocations, paths.all[2].own.allocated), (2, 18));

    let mut snapshot = LinesSnapshot::empty(Backend::Heap);
    snapshot.functions = tables.into();
    fill_lines(&mut snapshot, &paths);
    let row = |at: usize| {
        let line = &snapshot.functions[0].lines[at];
        (line.at_peak, line.live)
    };
    assert_eq!([0, 1, 2].map(row), [(Some(0), Some(0)), (None, None), (Some(202), Some(101))]);
}
