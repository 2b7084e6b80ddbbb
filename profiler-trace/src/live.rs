//! Live memory by stack for readers that must not allocate, lock or wait. `mem-profile-monitor` writes it to a file
//! when memory is nearly out. It may change with any release.

use crate::capture::{control, own_frames};
use crate::hook::thread_state::{self, ReentrancyGuard};
use crate::tables::counters::{Amount, whole};
use crate::tables::{sample, tree};
use crate::unwind;

/// The part of a frame that is the address to which it returns. The bits above it are the generation of its module.
pub const ADDRESS: u64 = unwind::ADDRESS;

/// A stack at which live blocks were allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Site {
    number: u32,
    /// Bytes of these blocks.
    pub bytes: u64,
    /// How many they are.
    pub blocks: u64,
}

/// The frames of a site that were copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack<'a> {
    /// The innermost first, without the profiler's own.
    pub frames: &'a [u64],
    /// Outer frames for which there was no room.
    pub left_out: usize,
    /// Whether the beginning of the thread was reached.
    pub is_whole: bool,
}

/// A program or library, by the addresses of its code.
#[derive(Clone, Copy, Debug)]
pub struct Module(&'static unwind::Module);

/// The stacks with live blocks. Blocks of running threads change meanwhile.
pub fn sites() -> impl Iterator<Item = Site> {
    tree::sites().filter_map(|number| {
        let own = thread_state::all().map(|state| state.counters(number));
        // What one thread made and another one freed is right in the sum alone.
        let live =
            own.chain(thread_state::shared(number)).fold(Amount::default(), |sum, counters| {
                let Amount { blocks, bytes } = counters.live();
                Amount { blocks: sum.blocks + blocks, bytes: sum.bytes + bytes }
            });
        let bytes = u64::try_from(live.bytes).ok().filter(|&bytes| bytes > 0)?;
        Some(Site { number, bytes, blocks: whole(live.blocks).max(0).unsigned_abs() })
    })
}

/// The stack from here on, without blocks; `None` where the thread is in the tracer already, or past its end. May be
/// called inside the allocator.
#[must_use]
pub fn here() -> Option<Site> {
    let state = ReentrancyGuard::enter()?;
    Some(Site { number: state.unwinder.site(), bytes: 0, blocks: 0 })
}

impl Site {
    pub(crate) fn number(self) -> u32 {
        self.number
    }

    /// Copies its frames.
    pub fn stack(self, into: &mut [u64]) -> Stack<'_> {
        let mut all = 0;
        let is_whole = tree::frames_of(self.number, |frame| {
            if let Some(place) = into.get_mut(all) {
                *place = frame;
            }
            all += 1;
        });
        let kept = &into[..all.min(into.len())];
        let own = kept.iter().take_while(|&&frame| own_frames::is_own(frame & ADDRESS)).count();
        Stack { left_out: all - kept.len(), frames: &kept[own..], is_whole }
    }
}

/// Mean number of bytes between two hits of a sample; zero for every block.
#[must_use]
pub fn mean_bytes() -> u64 {
    sample::mean_bytes()
}

/// Resident bytes of the tracer's tables: asked of the system, which takes up to milliseconds.
#[must_use]
pub fn table_bytes() -> u64 {
    if control::is_tracing() { control::overhead() } else { 0 }
}

/// Looks for libraries that were loaded meanwhile, under the loader's lock.
pub fn find_modules() {
    unwind::refresh_modules();
}

/// All modules that were ever seen, the earliest first.
pub fn modules() -> impl Iterator<Item = Module> {
    unwind::modules().map(Module)
}

impl Module {
    /// Where its code lies, or lay.
    #[must_use]
    pub fn range(self) -> std::ops::Range<u64> {
        self.0.start as u64..self.0.end as u64
    }

    /// The number added to the addresses of the file.
    #[must_use]
    pub fn bias(self) -> u64 {
        self.0.bias as u64
    }

    /// Frames of a smaller generation are not in it.
    #[must_use]
    pub fn generation(self) -> u64 {
        self.0.generation
    }

    /// Empty for the program itself.
    #[must_use]
    pub fn path(self) -> &'static [u8] {
        self.0.path()
    }

    /// Empty where the linker gave none.
    #[must_use]
    pub fn build_id(self) -> &'static [u8] {
        self.0.build_id()
    }
}
