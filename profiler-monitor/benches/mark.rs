//! The cost of a flight recorder: a mark of many stacks, and a point of the curve.
#![allow(missing_docs)]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use mem_profile_monitor::flight::Recorder;
use mem_profile_monitor::{Sample, last_run};
use mem_profile_trace::{self as trace, Config};

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

/// Each function calls the next one from two lines, so each path of bits is a stack of its own.
macro_rules! levels {
    ($name:ident $next:ident $($rest:ident)*) => {
        #[inline(never)]
        fn $name(bits: usize) -> Box<u64> {
            if bits & 1 == 0 {
                black_box($next(black_box(bits >> 1)))
            } else {
                let block = $next(black_box(bits >> 1));
                black_box(block)
            }
        }
        levels!($next $($rest)*);
    };
    ($name:ident) => {
        #[inline(never)]
        fn $name(bits: usize) -> Box<u64> {
            Box::new(black_box(bits as u64))
        }
    };
}

levels!(a b c d e f g h i j k l m n o p q last);

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn tick(recorder: &mut Recorder, sample: &Sample, is_critical: bool) -> Duration {
    let begin = Instant::now();
    recorder.tick(sample, is_critical).expect("a disk with room");
    begin.elapsed()
}

fn marks(folder: &Path, stacks: usize) {
    let blocks: Vec<_> = (0..stacks).map(a).collect();
    let mut recorder = Recorder::open(folder, None, &Sample::default()).expect("a recorder");
    let sample = Sample { resident: 1 << 20, profiler: Some(0), ..Sample::default() };
    tick(&mut recorder, &sample, false);
    let pairs =
        (0..51).map(|_| (tick(&mut recorder, &sample, true), tick(&mut recorder, &sample, false)));
    let (mark, point): (Vec<_>, Vec<_>) = pairs.unzip();
    drop(recorder);
    let file = fs::read(folder.join("mark-3.mflight")).expect("a mark");
    let length = u64::from_le_bytes(file[24..32].try_into().expect("eight bytes"));
    let held = last_run(folder).expect("a recording").held;
    assert!(held >= 8 * stacks as u64, "all stacks are in the sum");
    println!(
        "{stacks:>7} stacks: mark {:?}, {length} bytes; point of the curve {:?}",
        median(mark),
        median(point)
    );
    drop(blocks);
}

fn main() {
    trace::start(Config::exact()).expect("the tracer starts");
    let folder = tempfile::tempdir().expect("a folder");
    marks(folder.path(), 1_000);
    marks(folder.path(), 100_000);
}
