//! Whatever is in a file that is said to be a recording: it is read or refused, in little memory.
//! More of it: `ROUNDS=1000000 SEED=7 cargo test -p mem-profile-runtime --test recordings`.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::env;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::str::FromStr;
use std::sync::OnceLock;

use mem_profile_runtime::__private::{self, Table};
use mem_profile_runtime::recording::{Recording, RecordingError, State};
use mem_profile_runtime::{Alloc, Timeline, record_to, timestamp};

/// Keeps the size of the largest block that a thread asked for.
struct Largest;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is forwarded to the system's allocator as it is.
unsafe impl GlobalAlloc for Largest {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOC: Alloc<Largest> = Alloc::wrap(Largest);

static OUTER: Table =
    Table(|| "test::outer::__MemProfile", "1 4 0 0 a.rs\nfn\n1\n2\n}", __private::START);
static INNER: Table =
    Table(|| "test::inner::__MemProfile", "9 3 0 0 a.rs\nfn\n1\n}", __private::START);

/// A recording of this process, in the middle of a line.
fn recording() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        // SAFETY: no other code of this test touches the environment.
        unsafe {
            env::set_var("MEM_PROFILE_FORMAT", "none");
            env::set_var("MEM_PROFILE_TIMELINE", "on");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = record_to(folder.path().join("a.mprof")).unwrap();
        let mut file = File::open(path).unwrap();
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        let block = timestamp("block");
        let outer = OUTER.enter_line(1);
        let kept = black_box(vec![1_u8; 100]);
        outer.line(2);
        let inner = INNER.enter_line(1);
        let open = black_box(vec![1_u8; 50]);
        file.read_exact(&mut bytes).unwrap();
        drop((inner, outer, open, kept, block));
        bytes
    })
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
    assert_eq!(increments(0).collect::<Vec<_>>(), [Some(100), Some(50), None]);
    assert_eq!(increments(1).collect::<Vec<_>>(), [Some(50), None]);

    let timeline = recording.snapshot.timeline.unwrap();
    let names: Vec<_> = timeline.spans.iter().map(|span| timeline.label(span).unwrap()).collect();
    let names: Vec<_> = names.iter().map(|label| (label.name.as_str(), label.is_block)).collect();
    assert_eq!(names, [("block", true), ("test::outer", false), ("test::inner", false)]);
    assert_eq!(timeline.spans.iter().map(|span| span.level).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(timeline.spans.iter().all(|span| span.end.is_none()));
    assert!(!timeline.samples.is_empty());
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
