//! Every figure that can be asked for, on work whose truth is known to the byte.

use std::hint::black_box;

use mem_profile::trace::{self, By, Config, Filter, Measure, Snapshot, Statistic};
use traced::bytes;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn start() -> Snapshot {
    trace::start(Config::exact().temporary_within(4)).expect("it can be traced");
    trace::snapshot()
}

/// The one statistic by function whose name ends like this.
fn of(all: &[Statistic], name: &str) -> Statistic {
    let mut found = all.iter().filter(|one| one.name.ends_with(name));
    let one = found.next().unwrap_or_else(|| panic!("no {name} in {all:?}"));
    assert!(found.next().is_none(), "two of {name}");
    one.clone()
}

fn by_function(snapshot: &Snapshot) -> Vec<Statistic> {
    let no_helper = Filter::new().exclude_crate("traced");
    assert_ne!(no_helper, Filter::new());
    snapshot.statistics_cumulative(By::Function)
}

#[inline(never)]
fn keeps() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3);
    all.extend([bytes(100), bytes(200), bytes(300)]);
    all
}

#[inline(never)]
fn peaks() {
    drop(black_box((bytes(50_000), bytes(50_000))));
}

#[inline(never)]
fn temporary() {
    for _ in 0..7 {
        drop(bytes(10));
    }
}

#[inline(never)]
fn regrows() -> Vec<u8> {
    let mut text = Vec::with_capacity(8);
    // 8, 16, 32, … 1024: seven reallocations.
    while text.len() < 1000 {
        text.push(black_box(1));
    }
    text
}

#[inline(never)]
fn recursive(depth: usize, kept: &mut Vec<Vec<u8>>) {
    kept.push(bytes(10));
    if depth > 1 {
        recursive(black_box(depth - 1), kept);
    }
}

fn main() {
    let before = start();
    let kept = keeps();
    peaks();
    temporary();
    let grown = regrows();
    let mut many = Vec::with_capacity(5);
    recursive(5, &mut many);
    let after = trace::snapshot();
    // Bytes and blocks alive, of the function with all that it calls.
    let all = by_function(&after);
    let keeps = of(&all, "figures::keeps");
    assert_eq!((keeps.size, keeps.count), (600 + 3 * 24, 4));
    assert_eq!((keeps.peak_size, keeps.peak_count), (672, 4), "held at the peak as well");
    let peak = of(&all, "figures::peaks");
    assert_eq!((peak.size, peak.count), (0, 0));
    assert_eq!((peak.peak_size, peak.peak_count), (100_000, 2), "the peak is here");
    assert_eq!((peak.allocated_size, peak.allocated_count), (100_000, 2));
    let short = of(&all, "figures::temporary");
    assert_eq!((short.temporary, short.allocated_count, short.leak_score()), (7, 7, 0.0));
    let grows = of(&all, "figures::regrows");
    assert_eq!((grows.reallocations, grows.size, grows.count), (7, 1024, 1));
    assert_eq!(grows.allocated_size, 8 + 16 + 32 + 64 + 128 + 256 + 512 + 1024);
    let recursion = of(&all, "figures::recursive");
    assert_eq!((recursion.size, recursion.count), (50, 5), "once, however deep");
    let growth = after.compare_to(&before, By::Function, true);
    let change = of(&growth, "figures::keeps");
    assert_eq!((change.size_diff, change.count_diff), (Some(672), Some(4)));
    figures_of_the_process(&after, &kept);
    filters(&after);
    let frames = trace::traceback_of(kept[1].as_ptr()).expect("it is traced");
    assert!(frames.iter().any(|frame| frame.function.ends_with("figures::keeps")), "{frames:?}");
    assert_eq!(trace::traceback_of(&raw const after), None, "not a block");
    files(&after);
    black_box((&grown, &many));
    starting_over(kept);
    println!("right");
}

/// The figures of the process as a whole.
fn figures_of_the_process(after: &Snapshot, kept: &[Vec<u8>]) {
    let (live, peak) = after.traced_memory();
    let by_line: i64 = after.statistics(By::Line).iter().map(|one| one.size).sum();
    assert_eq!(live as i64, by_line, "the lines add up");
    let at_peak: i64 = after.statistics(By::Line).iter().map(|one| one.peak_size).sum();
    assert_eq!(peak as i64, at_peak, "so do they at the peak");
    assert_eq!(peak, 100_672, "what `keeps` and `peaks` held together");
    assert_eq!(kept.len(), 3);
    let touched = 2 * 1024 * 1024;
    assert!((4096..32 * touched).contains(&trace::overhead()), "{}", trace::overhead());
}

fn filters(after: &Snapshot) {
    let count = |filter: Filter| {
        after.filter(&filter).statistics(By::Traceback).iter().map(|one| one.count).sum::<i64>()
    };
    let all = count(Filter::new());
    let keeps = || Filter::new().include_function("*figures::keeps").all_frames();
    assert_eq!(count(keeps()), 4);
    assert_eq!(count(Filter::new().exclude_function("*figures::keeps").all_frames()), all - 4);
    assert_eq!(count(keeps().block_sizes(200..=300)), 2);
    assert_eq!(count(keeps().block_sizes(72..=200)), 3);
    assert_eq!(count(Filter::new().include_thread("nobody")), 0);
    // As the system has it: an emulator goes by its own name.
    let name = std::fs::read_to_string("/proc/self/comm").expect("a name");
    assert_eq!(count(Filter::new().include_thread(name.trim_end())), all);
    assert_eq!(count(Filter::new().exclude_thread(&format!("{}*", &name[..3]))), 0);
    filters_by_place(&count);
}

/// Of the eleven blocks, eight are made by `bytes` in the library of this package, and three here.
fn filters_by_place(count: &dyn Fn(Filter) -> i64) {
    let new = Filter::new;
    for (filter, blocks) in [
        (new(), 11),
        (new().include_file("tests/trace/src/lib.rs"), 8),
        (new().include_file("*/bin/figures.rs"), 3),
        (new().include_file("lib.rs"), 0),
        (new().exclude_file("*/bin/*"), 8),
        (new().include_file("*/bin/*").include_file("*/lib.r?"), 11),
        (new().include_file("tests/*").exclude_file("*/lib.rs"), 3),
        (new().include_file("*/bin/figures.rs").all_frames(), 11),
        (new().exclude_file("*/bin/figures.rs").all_frames(), 0),
        (new().include_crate("traced"), 8),
        (new().include_crate("fig?res"), 3),
        (new().exclude_crate("trace*"), 3),
        (new().include_crate("figures").all_frames(), 11),
        (new().include_crate("traced").exclude_crate("figures").all_frames(), 0),
        (new().include_function("traced::bytes"), 8),
        (new().include_function("*::keeps"), 1),
        (new().include_function("figures::re*"), 1),
        (new().include_function("*::recursive").all_frames(), 5),
        (new().exclude_function("*::bytes"), 3),
        // Each kind has to let it through.
        (new().include_crate("traced").include_function("*::recursive").all_frames(), 5),
        (new().include_file("*/lib.rs").include_function("*::keeps").all_frames(), 3),
        (new().include_file("*/lib.rs").include_crate("figures"), 0),
    ] {
        assert_eq!(count(filter.clone()), blocks, "{filter:?}");
    }
}

/// A saved snapshot is read again, and every report is made from it.
fn files(after: &Snapshot) {
    let path = std::env::temp_dir().join(format!("mem-profile-figures-{}", std::process::id()));
    after.save(&path).expect("a file");
    let loaded = Snapshot::load(&path).expect("what was saved");
    assert_eq!(loaded.statistics(By::Line), after.statistics(By::Line));
    assert_eq!(loaded.traced_memory(), after.traced_memory());
    std::fs::write(&path, "{}").expect("a file");
    assert!(Snapshot::load(&path).is_err());
    let _ = std::fs::remove_file(&path);
    let folded = after.to_folded(Measure::Live);
    let sum: u64 = folded
        .lines()
        .map(|line| line.rsplit_once(' ').expect("two").1.parse::<u64>().expect("bytes"))
        .sum();
    assert_eq!(sum, after.traced_memory().0);
    assert!(after.to_flamegraph(Measure::Peak).contains("<svg"));
    if let Some(folder) = std::env::args().nth(1) {
        let write = |name: &str, text: &[u8]| {
            std::fs::write(std::path::Path::new(&folder).join(name), text).expect("a file");
        };
        write("pprof", &after.to_pprof());
        write("json", after.to_json().as_bytes());
        write("folded", folded.as_bytes());
        write("dhat", after.to_dhat().as_bytes());
        after.save(std::path::Path::new(&folder).join("saved")).expect("a file");
    }
}

fn starting_over(kept: Vec<Vec<u8>>) {
    trace::reset_peak();
    let (live, peak) = trace::traced_memory();
    assert_eq!(live, peak);
    trace::clear();
    assert_eq!(trace::traced_memory(), (0, 0));
    drop(kept);
    assert_eq!(trace::traced_memory(), (0, 0), "what was forgotten is not freed");
    let kept = bytes(33);
    assert_eq!(trace::traced_memory(), (33, 33));
    trace::stop();
    assert!(!trace::is_tracing() && trace::traced_memory() == (0, 0));
    drop(kept);
    trace::start(Config::exact().frames(1)).expect("it can be traced");
    let kept = bytes(44);
    let snapshot = trace::snapshot();
    assert_eq!(snapshot.traced_memory(), (44, 44));
    let [stack] = &snapshot.statistics(By::Traceback)[..] else { panic!("one stack") };
    assert_eq!(stack.traceback.len(), 1, "{stack:?}");
    assert!(stack.name.contains(".rs:"), "a line is found all the same: {stack:?}");
    assert!(trace::growth(&[snapshot.clone(), trace::snapshot()], By::Line).len() <= 2);
    drop(kept);
}
