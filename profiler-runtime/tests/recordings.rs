//! Whatever is in a file that is said to be a recording: it is read or refused, in little memory.
//! More of it: `ROUNDS=1000000 SEED=7 cargo test -p mem-profile-runtime --test recordings`.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::env;
use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::str::FromStr;
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile_format::layout::{self, UNIT, WORD};
use mem_profile_runtime::__private::{self, Table};
use mem_profile_runtime::recording::{Recording, RecordingError, State};
use mem_profile_runtime::{Alloc, Snapshot, Timeline, timestamp};

/// Keeps the size of the largest block that a thread asked for.
struct Largest(Alloc);

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is forwarded to the allocator inside as it is.
unsafe impl GlobalAlloc for Largest {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { self.0.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOC: Largest = Largest(Alloc::new());

static OUTER: Table =
    Table(|| "test::outer::__MemProfile", "1 4 0 0 a.rs\nfn\n1\n2\n}", __private::START);
static INNER: Table =
    Table(|| "test::inner::__MemProfile", "9 3 0 0 a.rs\nfn\n1\n}", __private::START);

/// Where a process is to leave its recording.
const CHILD: &str = "MEM_PROFILE_TEST_RECORDING";

/// A recording of another process, in the middle of a line: only one that begins with live blocks has them.
fn recording() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a.mprof"), folder.path().join("copy"));
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "a_process_is_recorded", "--test-threads=1"]);
        child.env("MEM_PROFILE_FORMAT", "none").env("MEM_PROFILE_TIMELINE", "on");
        child.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_OUTPUT", &path).env(CHILD, &copy);
        let output = child.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::read(copy).unwrap()
    })
}

/// Nothing to test, but in the process that is recorded.
#[test]
fn a_process_is_recorded() {
    let (Ok(copy), Ok(path)) = (env::var(CHILD), env::var("MEM_PROFILE_OUTPUT")) else { return };
    // By a thread of its own, since no line may have a block of it.
    let turn = Arc::new(Barrier::new(2));
    let copies = Arc::clone(&turn);
    let copying = thread::spawn(move || {
        copies.wait();
        fs::copy(path, copy).unwrap();
        copies.wait();
    });
    let block = timestamp("block");
    let outer = OUTER.enter_line(1);
    let kept = black_box(vec![1_u8; 100]);
    outer.line(2);
    let inner = INNER.enter_line(1);
    let open = black_box(vec![1_u8; 50]);
    let again = OUTER.enter_line(3);
    let recurring = black_box(vec![1_u8; 30]);
    drop(again);
    turn.wait();
    turn.wait();
    drop((inner, outer, open, kept, recurring, block));
    copying.join().unwrap();
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Reads it, in no more memory than there is reason for.
fn read(bytes: &[u8]) -> Result<Recording, RecordingError> {
    LARGEST.set(0);
    let result = Recording::read(bytes);
    let largest = LARGEST.get();
    assert!(largest <= 4 * bytes.len() + 4096, "{largest} for {}", bytes.len());
    result
}

#[test]
fn it_is_read_as_it_was_written() {
    let recording = read(recording()).unwrap();
    assert!(matches!(recording.state, State::Incomplete(_)));
    let functions = &recording.snapshot.functions;
    assert_eq!(
        functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
        ["test::outer", "test::inner"]
    );
    let increments =
        |index: usize| functions[index].lines.iter().map(|line| line.increment).skip(1);
    // The line of the caller holds what the one of the callee does.
    assert_eq!(increments(0).collect::<Vec<_>>(), [Some(100), Some(50), Some(30)]);
    assert_eq!(increments(1).collect::<Vec<_>>(), [Some(80), None]);
    assert_live(&recording.snapshot);

    let timeline = recording.snapshot.timeline.unwrap();
    let open: Vec<_> = timeline.spans.iter().filter(|span| span.end.is_none()).collect();
    let names: Vec<_> = open.iter().map(|span| timeline.label(span).unwrap()).collect();
    let names: Vec<_> = names.iter().map(|label| (label.name.as_str(), label.is_block)).collect();
    assert_eq!(names, [("block", true), ("test::outer", false), ("test::inner", false)]);
    assert_eq!(open.iter().map(|span| span.level).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(!timeline.samples.is_empty());
}

/// Each line has its own blocks, and the rest of the process is outside of them.
fn assert_live(snapshot: &Snapshot) {
    let paths = snapshot.paths.as_ref().unwrap();
    let shown = paths
        .all
        .iter()
        .map(|path| (path.caller, path.function, path.line, path.is_recursive, path.own.live));
    let expected = [
        (None, 0, 2, false, 100),
        (None, 0, 3, false, 0),
        (Some(1), 1, 10, false, 50),
        (None, 0, 4, true, 30),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert_eq!(Some(paths.total().live), snapshot.process_bytes);
    assert!(paths.outside.live > 1000 && paths.unattributed.live == 0, "{paths:?}");
}

#[test]
fn changed_words_are_read_or_refused() {
    let original = recording();
    let seed = setting("SEED", 1);
    let mut random = fastrand::Rng::with_seed(seed);
    // Zeroes are the free part of a segment: most changes are made to what is in use.
    let used: Vec<_> =
        (0..original.len() / 8).filter(|word| original[word * 8..][..8] != [0; 8]).collect();
    let (mut good, mut bad) = (0, 0);
    for round in 0..setting("ROUNDS", 4000) {
        let mut bytes = original.to_vec();
        for _ in 0..random.usize(1..4) {
            let at = 8 * random.choice(&used).copied().unwrap();
            let word = i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            bytes[at..at + 8].copy_from_slice(&changed(word, &mut random).to_le_bytes());
        }
        if random.u8(..) < 16 {
            bytes.truncate(random.usize(..bytes.len()));
        }
        match read(&bytes) {
            Ok(recording) => {
                check_timeline(recording.snapshot.timeline.as_ref());
                check_paths(&recording.snapshot);
                assert_ne!(recording.state, State::Running, "seed {seed}, round {round}");
                good += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                bad += 1;
            }
        }
    }
    assert!(good > 100 && bad > 100, "{good} {bad}");
}

/// Whatever it was made of, those who draw it may rely on this.
fn check_timeline(timeline: Option<&Timeline>) {
    let Some(timeline) = timeline else { return };
    assert!(timeline.samples.is_sorted_by(|a, b| a.time < b.time));
    assert!(timeline.spans.is_sorted_by_key(|span| span.start));
    for span in &timeline.spans {
        assert!(timeline.label(span).is_some());
        assert!(span.end.is_none_or(|end| end >= span.start));
    }
}

/// Views ask whether paths are sound; all but sums beyond 64 bits are.
fn check_paths(snapshot: &Snapshot) {
    let Some(paths) = &snapshot.paths else { return };
    for (at, path) in paths.all.iter().enumerate() {
        assert!(path.function < snapshot.functions.len());
        assert!(path.caller.is_none_or(|caller| caller < at));
    }
}

/// Offsets of the words that are in use in blocks of these kinds.
fn words_of(bytes: &[u8], kinds: &[i64]) -> Vec<usize> {
    let word = |at: usize| i64::from_le_bytes(bytes[at..at + WORD].try_into().unwrap());
    let mut words = Vec::new();
    let mut segment = 0;
    while segment < bytes.len() {
        let end = segment + word(segment + layout::segment::USED) as usize;
        let mut block = segment + layout::segment::SIZE;
        while block < end {
            let (size, kind) = layout::size_and_kind(word(block));
            let next = block + (size as usize).max(UNIT);
            if kinds.contains(&kind) {
                words.extend((block..next).step_by(WORD).filter(|&at| word(at) != 0));
            }
            block = next;
        }
        segment += word(segment + layout::segment::LENGTH) as usize;
    }
    words
}

/// Found by no other test: these are few words among many.
#[test]
fn changed_words_of_live_blocks_are_read_or_refused() {
    let original = recording();
    let [marks, paths, counters] = [layout::MARK, layout::PATHS, layout::COUNTERS];
    let used = words_of(original, &[marks, paths, counters]);
    assert!(used.len() > 50, "{}", used.len());
    let seed = setting("SEED", 1);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut good, mut bad, mut wrong) = (0, 0, 0);
    let began = Instant::now();
    let rounds = setting("ROUNDS", 4000);
    for _ in 0..rounds {
        let mut bytes = original.to_vec();
        for _ in 0..random.usize(1..6) {
            let at = random.choice(&used).copied().unwrap();
            // Small numbers lead to other paths, and to each other.
            let word = i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            let word = if random.bool() { changed(word, &mut random) } else { random.i64(0..12) };
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        match read(&bytes) {
            Ok(recording) => {
                check_paths(&recording.snapshot);
                let sum = recording.snapshot.paths.map(|paths| paths.total().live);
                wrong += u32::from(sum != recording.snapshot.process_bytes);
                good += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                bad += 1;
            }
        }
    }
    let each = began.elapsed() / rounds;
    assert!(each < Duration::from_millis(20), "{each:?}");
    assert!(good > 100 && bad > 100 && wrong > 100, "{good} {bad} {wrong}");
}

fn changed(word: i64, random: &mut fastrand::Rng) -> i64 {
    match random.u8(..8) {
        0 => 0,
        1 => -1,
        2 => i64::MAX,
        3 => i64::MIN,
        4 => word ^ 1 << random.u8(..64),
        5 => word.wrapping_add(random.i64(-64..64)),
        6 => random.i64(0..1 << 20),
        _ => random.i64(..),
    }
}

/// Found by the test above: an address below its segment's, which wraps around.
#[test]
fn a_segment_at_the_end_of_the_address_space_is_read() {
    const LENGTH: usize = 16;
    const ADDRESS: usize = 24;
    const PAGE: u64 = 4096;
    let mut bytes = recording().to_vec();
    for moved in [u64::MAX / 4 * 3, u64::MAX, 0] {
        bytes[ADDRESS..ADDRESS + 8].copy_from_slice(&moved.to_le_bytes());
        bytes[LENGTH..LENGTH + 8].copy_from_slice(&(u64::MAX / PAGE / 2 * PAGE).to_le_bytes());
        assert!(matches!(read(&bytes).unwrap().state, State::Incomplete(_)));
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut random = fastrand::Rng::with_seed(setting("SEED", 1));
    for _ in 0..setting("ROUNDS", 4000) {
        let mut bytes = vec![0; random.usize(..2000)];
        random.fill(&mut bytes);
        if random.bool() && bytes.len() >= 16 {
            bytes[..16].copy_from_slice(&recording()[..16]);
        }
        assert!(read(&bytes).is_err());
    }
}

#[test]
fn every_length_of_the_file_is_said() {
    let original = recording();
    for length in (0..original.len()).step_by(173) {
        match read(&original[..length]) {
            Ok(recording) => {
                let banner = recording.banner().unwrap_or_default();
                let said = format!("{length} of {} bytes are left", original.len());
                assert!(banner.contains(&said), "{length}: {banner}");
            }
            Err(RecordingError::NotARecording) => assert!(length < 8),
            Err(RecordingError::TooShort { found }) => assert!(found < 4096),
            Err(error) => panic!("{length}: {error}"),
        }
    }
}
