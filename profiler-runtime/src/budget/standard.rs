//! Blocks that the standard library and the test harness keep for themselves.
//!
//! They are allocated by the first code that happens to need them, and are not its leak. As many as possible
//! are set up beforehand.

use std::cell::Cell;
use std::env;
use std::io;
use std::sync::Once;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use crate::process;
use crate::record::memory::live_blocks::LiveBlock;

/// Sets up what the process and the calling thread will keep: buffers of the standard streams, the
/// thread's handle, its place in a channel's queue, and the list of its destructors.
pub(super) fn prepare() {
    static PROCESS: Once = Once::new();
    thread_local! {
        // With a destructor: it has a place in the list of them.
        static THREAD: Prepared = const { Prepared(Cell::new(false)) };
    }
    PROCESS.call_once(|| {
        let _ = (io::stdout(), io::stdin());
    });
    // At the end of a thread it may be too late for that.
    let is_prepared = THREAD.try_with(|thread| thread.0.replace(true));
    if is_prepared == Ok(false) {
        let _ = thread::current();
        let (_sender, receiver) = sync_channel::<()>(0);
        let _ = receiver.recv_timeout(Duration::ZERO);
    }
}

struct Prepared(Cell<bool>);

impl Drop for Prepared {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

/// Whether a panic prints a backtrace, for which the standard library reads the program's debug
/// information and keeps it.
pub(super) fn keeps_backtraces() -> bool {
    env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0")
}

/// The one among `blocks` in which the test harness keeps what this thread prints; `None` where that
/// cannot be known.
///
/// The harness gives each test an `Arc<Mutex<Vec<u8>>>`, to which a thread-local of the standard library
/// leads. So it is the block to which such a `Vec` leads, of that very capacity.
pub(super) fn captured_output(blocks: &[LiveBlock]) -> Option<Option<usize>> {
    if blocks.is_empty() {
        return Some(None);
    }
    let memory = process::Memory::open()?;
    let words = process::thread_local_words(&memory)?;
    let mut shared = words.into_iter().filter_map(|word| memory.words(word, SHARED_WORDS));
    Some(shared.find_map(|shared| {
        blocks.iter().find(|block| is_vec_of(&shared, block)).map(|block| block.address)
    }))
}

/// Two counts, the mutex, and the three words of a `Vec`.
const SHARED_WORDS: usize = 6;

/// Whether these words are an `Arc` of a `Vec` in this block.
fn is_vec_of(words: &[usize], block: &LiveBlock) -> bool {
    let [strong, weak, shared @ ..] = words else { return false };
    let is_count = |count: &usize| (1..1 << 20).contains(count);
    let holds = |word| shared.contains(&word);
    is_count(strong) && is_count(weak) && holds(block.address) && holds(block.size)
}
