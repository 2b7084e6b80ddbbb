//! The last stack of a thread, and how the next one is found from it.
//!
//! ```text
//!   outermost                                   innermost
//!   main ── run ── parse ── value ── push ── grow      last time
//!     =      =       =        ≠                        slots, re-read from the outermost inwards
//!                    ▲
//!                    └── item ── push ── grow          this time: walked only until the slot of
//!                                                      a frame that is unchanged
//! ```
//!
//! A frame counts as unchanged when the walk arrives at the very slot, return address and frame
//! pointer that it had, and all slots further out hold what they held. Only slots in the thread's
//! own stack are kept: others may be unmapped when they are read again.

use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use super::{FOREIGN_REACH, Frame, Readable, Step, modules, step};
use crate::record::word::Local;
use crate::trace::table::region;
use crate::trace::tree::{self, CUT, ROOT, Stack};

/// Frames of one stack; what is further out is cut off.
const DEPTH: usize = 1 << 14;

/// Whether stacks are walked from the last one; a test compares both.
static REUSES: AtomicBool = AtomicBool::new(true);

/// A frame as it was seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Where the return address lies.
    slot: usize,
    address: u64,
    frame_pointer: usize,
    stack: Stack,
}

/// One thread's last stack.
pub(crate) struct Trace {
    own_start: Local,
    own_end: Local,
    /// Frames in `seen`, the outermost first.
    length: Local,
    seen: AtomicPtr<Seen>,
    /// The frames of a walk, the innermost first.
    fresh: AtomicPtr<Seen>,
}

/// What a walk found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captured {
    Stack(Stack),
    /// The tree has no room for it.
    Full,
}

/// How a walk ended.
enum End {
    /// This many frames of the last stack are those of this one, too.
    Joined(usize),
    Begin,
    Lost,
}

impl Trace {
    pub(crate) fn reserve() -> Option<Self> {
        let bytes = DEPTH * size_of::<Seen>();
        let (seen, fresh) = (region(bytes), region(bytes));
        (!seen.is_null() && !fresh.is_null()).then(|| Self {
            own_start: Local::new(0),
            own_end: Local::new(0),
            length: Local::new(0),
            seen: AtomicPtr::new(seen.cast()),
            fresh: AtomicPtr::new(fresh.cast()),
        })
    }

    /// A thread begins, with this stack of its own.
    pub(crate) fn begin(&self, own: Range<usize>) {
        self.own_start.set(own.start as i64);
        self.own_end.set(own.end as i64);
        self.length.set(0);
    }

    /// The stack from here on. Only the thread itself calls this, and not twice at a time.
    #[inline(always)]
    pub(crate) fn capture(&self) -> Captured {
        self.capture_from(step::here())
    }

    fn capture_from(&self, frame: Frame) -> Captured {
        let own = self.own_start.get() as usize..self.own_end.get() as usize;
        let start = frame.stack_pointer;
        let is_own = own.contains(&start);
        let end = if is_own { own.end } else { start.saturating_add(FOREIGN_REACH) };
        let readable = Readable { stack: start..end };
        // SAFETY: both have `DEPTH` elements, zeroed at first, that are used by this thread only,
        // and by one capture at a time.
        let (seen, fresh) = unsafe {
            let slice = |start: &AtomicPtr<Seen>| {
                core::slice::from_raw_parts_mut(start.load(Relaxed).cast(), DEPTH)
            };
            (slice(&self.seen), slice(&self.fresh))
        };
        let kept = if is_own && REUSES.load(Relaxed) { self.unchanged(seen, start) } else { 0 };
        let (count, end) = walk(frame, readable, &seen[..kept], &own, fresh);
        self.length.set(0);
        let (kept, root) = match end {
            End::Joined(kept) => (kept, seen[kept - 1].stack),
            End::Begin => (0, ROOT),
            End::Lost => (0, CUT),
        };
        match append(seen, kept, root, &fresh[..count]) {
            None => Captured::Full,
            Some(stack) => {
                // Behind a signal, frames may lie on a stack that is not the thread's.
                let are_own = || fresh[..count].iter().all(|seen| own.contains(&seen.slot));
                if is_own && !matches!(end, End::Lost) && are_own() {
                    self.length.set((kept + count) as i64);
                }
                Captured::Stack(stack)
            }
        }
    }

    /// How many frames of the last stack, from the outermost on, still have their slots.
    #[inline(always)]
    fn unchanged(&self, seen: &[Seen], stack_pointer: usize) -> usize {
        let last = &seen[..(self.length.get() as usize).min(seen.len())];
        let changed = |seen: &Seen| {
            // SAFETY: a slot that was read before in this thread's own stack, and not below the
            // stack pointer.
            seen.slot < stack_pointer
                || unsafe { (seen.slot as *const u64).read_volatile() }
                    != seen.address & modules::ADDRESS
        };
        last.iter().position(changed).unwrap_or(last.len())
    }
}

/// Walks outwards until a frame of `kept`, the beginning, or where it cannot go on. Returns how
/// many frames it put into `fresh`.
fn walk(
    mut frame: Frame,
    mut readable: Readable,
    kept: &[Seen],
    own: &Range<usize>,
    fresh: &mut [Seen],
) -> (usize, End) {
    let mut candidate = kept.len();
    for (count, place) in fresh.iter_mut().enumerate() {
        let (caller, slot) = match step::outwards(frame, &readable) {
            Step::Caller { frame, slot } => (frame, slot),
            Step::Begin => return (count, End::Begin),
            Step::Lost => return (count, End::Lost),
        };
        while candidate > 0 && kept[candidate - 1].slot < slot {
            candidate -= 1;
        }
        if candidate > 0 {
            let seen = &kept[candidate - 1];
            if (seen.slot, seen.address, seen.frame_pointer)
                == (slot, caller.address, caller.frame_pointer)
            {
                return (count, End::Joined(candidate));
            }
        }
        *place = Seen {
            slot,
            address: caller.address,
            frame_pointer: caller.frame_pointer,
            stack: ROOT,
        };
        readable = narrowed(readable, caller.stack_pointer, own);
        frame = caller;
    }
    (fresh.len(), End::Lost)
}

/// Frames further out lie above; behind a signal handler they may lie on another stack.
#[inline(always)]
fn narrowed(readable: Readable, stack_pointer: usize, own: &Range<usize>) -> Readable {
    if readable.stack.contains(&stack_pointer) {
        return Readable { stack: stack_pointer..readable.stack.end };
    }
    let end = match own.contains(&stack_pointer) {
        true => own.end,
        false => stack_pointer.saturating_add(FOREIGN_REACH),
    };
    Readable { stack: stack_pointer..end }
}

/// Puts the frames of a walk behind those that are kept, and finds their nodes.
#[inline(always)]
fn append(seen: &mut [Seen], kept: usize, root: Stack, fresh: &[Seen]) -> Option<Stack> {
    let mut stack = root;
    let places = seen.get_mut(kept..)?.iter_mut();
    for (place, frame) in places.zip(fresh.iter().rev()) {
        stack = tree::child(stack, frame.address)?;
        *place = Seen { stack, ..*frame };
    }
    Some(stack)
}

/// Whether stacks are walked to their end each time; for a test that compares both.
pub(crate) fn walk_in_full(full: bool) {
    REUSES.store(!full, Relaxed);
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::trace::system;

    /// Frames that a capture from here walks anew, and how many there are in all.
    #[inline(never)]
    fn walked(trace: &Trace) -> (usize, i64) {
        let own = trace.own_start.get() as usize..trace.own_end.get() as usize;
        let frame = step::here();
        let readable = Readable { stack: frame.stack_pointer..own.end };
        let mut fresh = vec![Seen { slot: 0, address: 0, frame_pointer: 0, stack: ROOT }; 1000];
        // SAFETY: used by this thread only, and by nobody else meanwhile.
        let seen = unsafe { core::slice::from_raw_parts(trace.seen.load(Relaxed), DEPTH) };
        let kept = trace.unchanged(seen, frame.stack_pointer);
        let (count, _) = walk(frame, readable, &seen[..kept], &own, &mut fresh);
        trace.capture();
        (count, trace.length.get())
    }

    #[test]
    fn only_what_is_new_is_walked() {
        assert!(tree::reserve() && super::super::prepare());
        let trace = Trace::reserve().unwrap();
        trace.begin(system::stack_of_this_thread());
        let (first, depth) = walked(&trace);
        assert_eq!((first as i64, depth > 5), (depth, true));
        for _ in 0..10 {
            // The call above was another one: its frame is new at first.
            let (again, same) = walked(&trace);
            assert!(again <= 3 && same == depth, "{again} {same} {depth}");
        }
    }
}
