//! The bytes that lines hold, while the tracer runs: every figure of the column `Live` is known. Some blocks are
//! older than the tracer.

use std::hint::black_box;

use mem_profile::trace::{self, Config};
use mem_profile::{LineSnapshot, Snapshot, mem_profile};
use traced::bytes;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn keeps() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(30); // keeps: 720
    all.push(bytes(100)); // keeps: 100
    drop(black_box(bytes(1000))); // keeps: 0
    all.push(called()); // keeps: 0
    let last = std::iter::once(200).map(bytes).collect::<Vec<_>>(); // keeps: 200
    all.extend(last);
    all
}

#[mem_profile]
fn called() -> Vec<u8> {
    let long = bytes(500); // called: 0
    long[..30].to_vec() // called: 30
}

#[mem_profile]
fn recursive(depth: usize, all: &mut Vec<Vec<u8>>) {
    all.push(bytes(7)); // recursive: 28
    if depth > 1 {
        recursive(depth - 1, all); // recursive: 0
    }
}

#[mem_profile]
fn on_threads() -> Vec<Vec<u8>> {
    let threads = [1, 2, 3].map(|number| {
        std::thread::spawn(move || {
            bytes(number * 10) // on_threads: 60
        })
    });
    threads.map(|thread| thread.join().expect("it ends")).into_iter().collect()
}

struct Kept<T>(T);

#[mem_profile]
impl<T: Into<Vec<u8>>> From<Kept<T>> for Vec<u8> {
    fn from(kept: Kept<T>) -> Self {
        let mut copy = kept.0.into();
        copy.reserve_exact(7); // from: 20
        copy
    }
}

/// The lines with `mark` behind them, with the figure that follows.
fn marked(mark: &str) -> Vec<(u32, u64)> {
    let lines = (1..).zip(include_str!("lines.rs").lines());
    let mark = format!("// {mark}: ");
    let figures = lines.filter_map(|(number, line)| Some((number, line.split_once(&mark)?.1)));
    figures.map(|(number, figure)| (number, figure.trim().parse().expect("a figure"))).collect()
}

fn lines<'a>(snapshot: &'a Snapshot, function: &str) -> &'a [LineSnapshot] {
    let mut found = snapshot.functions.iter().filter(|one| one.name.ends_with(function));
    &found.next().unwrap_or_else(|| panic!("no table of {function}")).lines
}

/// Lines of a function that hold something or are marked.
fn check(snapshot: &Snapshot, function: &str, mark: &str) {
    let expected = marked(mark);
    assert!(!expected.is_empty(), "{mark}");
    for line in lines(snapshot, function) {
        let figure = expected.iter().find(|(number, _)| *number == line.line);
        let live = figure.map_or(line.ran().then_some(0), |figure| Some(figure.1));
        assert_eq!(line.live, live, "{function}: {line:?}");
    }
}

/// Every byte is on one line, or outside of them.
fn check_sums(snapshot: &Snapshot) {
    let total = snapshot.paths.as_ref().expect("lines are known").total();
    let peak = snapshot.peak.expect("the peak is known");
    assert_eq!(Some(total.live), snapshot.process_bytes);
    assert!(total.at_peak.abs_diff(peak.bytes) <= peak.uncertainty);
}

fn main() {
    let untraced = keeps();
    let before = mem_profile::snapshot();
    assert!(before.functions.iter().flat_map(|one| &one.lines).all(|line| line.live.is_none()));
    assert!(before.notes.is_empty());
    trace::start(Config::exact().frames(1)).expect("it can be traced");
    let mut kept = keeps();
    recursive(4, &mut kept);
    kept.extend(on_threads());
    kept.push(Vec::from(Kept(&b"thirteen byte"[..])));
    let snapshot = mem_profile::snapshot();
    for function in ["keeps", "called", "recursive", "on_threads", "from"] {
        check(&snapshot, &format!("::{function}"), function);
    }
    let note = "At peak and Live know the lines of what was allocated since the tracer was started";
    assert_eq!(snapshot.notes, [note]);
    check_sums(&snapshot);
    drop((untraced, kept));
    let after = mem_profile::snapshot();
    let all = || after.functions.iter().flat_map(|one| &one.lines).filter(|line| line.ran());
    assert!(all().all(|line| line.live == Some(0)), "all is freed");
    check_sums(&after);
    println!("right");
}
