//! Recursion: its stacks are folded, since a recursive program makes nearly as many of them as
//! allocations.
//!
//! PERF: an allocation and its free of a recursive builder take 670 instructions in place of 3,560, less
//! the plain program's 610. Its tables take 2.3 MB in place of 88 MB, and nothing is truncated (`compare`
//! in `benches/trace`).
//!
//! ```text
//! main ─ run ─ value ─ list ─ value ─ map ─ value ─ list ─ value ─ push      as called
//! main ─ run ─ value ─ [recursion] ─ map ─ value ─ list ─ value ─ push       as kept
//! ```
//!
//! A stack is folded where a function is called that is on it already. What is left: the **head**, up
//! to the outermost function that is called again; the mark; of every function further in, the
//! innermost call; and the two callers of the new frame.
//!
//! So the innermost frame of the program's own code stays, whichever that is: it is the innermost call
//! of its function. Figures by line, function, file and crate are those of the whole stack. Every
//! function of the stack stays as well, and with it its cumulative figures. Only calls from further
//! lines of the same function are missing. (Code that is inlined into a function of a library is a line
//! of that function here, so it may go with an outer call. The two callers mostly prevent that.)
//!
//! The entry of a folded frame in the tree is an **alias** of the stack that is kept. That is decided
//! once, when it is first looked for, so a stack is a function of its parent and address as ever.

#[cfg(not(test))]
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::functions;
use crate::tables::tree::{self, RECURSION, Stack};

/// So many functions a path may have to be folded.
const FUNCTIONS: usize = 128;

/// The stack of `parent` with one more frame.
///
/// It is the same at each call, also where the tables are full: nothing is ever removed.
#[inline(always)]
pub(super) fn child(parent: Stack, frame: u64) -> Stack {
    tree::find(parent, frame).unwrap_or_else(|| insert(parent, frame))
}

#[cold]
#[inline(never)]
fn insert(parent: Stack, frame: u64) -> Stack {
    let folded = if tree::stacks() > folds_above() { folded(parent, frame) } else { None };
    tree::insert(parent, frame, folded)
}

/// The stack that is kept in place of `parent` with one more frame, if that is a recursive call and
/// anything would be left out.
fn folded(parent: Stack, frame: u64) -> Option<Stack> {
    let function = functions::calling(frame);
    let mut callers = tree::frames(parent).take_while(|&(_, caller)| caller != RECURSION);
    if !callers.any(|(_, caller)| functions::calling(caller) == function) {
        return None;
    }
    let mut path = Path::new(frame, function);
    for (stack, caller) in tree::frames(parent) {
        if caller == RECURSION {
            path.end_at(stack);
            break;
        }
        path.add(stack, caller)?;
    }
    path.is_shorter().then(|| path.insert())
}

/// The kept part of a stack.
struct Path {
    /// The frames behind the mark, the innermost first, and their functions.
    frames: List<{ FUNCTIONS + 2 }>,
    functions: List<FUNCTIONS>,
    /// Frames of the stack as it is that were seen.
    seen: usize,
    /// The head, with the mark if it has one, and how many frames lie further in: of those that are
    /// kept, and of the stack as it is.
    head: Stack,
    kept: usize,
    whole: usize,
}

impl Path {
    fn new(frame: u64, function: u64) -> Self {
        let (mut frames, mut functions) = (List::EMPTY, List::EMPTY);
        frames.push(frame);
        functions.push(function);
        Self { frames, functions, seen: 1, head: tree::ROOT, kept: 1, whole: 1 }
    }

    /// The head ends before all frames that follow.
    fn end_at(&mut self, stack: Stack) {
        (self.head, self.kept, self.whole) = (stack, self.frames.length, self.seen);
    }

    /// The next frame further out; `None` if there are too many.
    fn add(&mut self, stack: Stack, frame: u64) -> Option<()> {
        let function = functions::calling(frame);
        let is_new = !self.functions.contains(function);
        if !is_new {
            self.end_at(stack);
        }
        if is_new || self.seen <= 2 {
            self.frames.push(frame)?;
        }
        if is_new {
            self.functions.push(function)?;
        }
        self.seen += 1;
        Some(())
    }

    fn is_shorter(&self) -> bool {
        self.kept < self.whole
    }

    fn insert(&self) -> Stack {
        let add = |stack, &frame: &u64| {
            tree::find(stack, frame).unwrap_or_else(|| tree::insert(stack, frame, None))
        };
        let is_marked = tree::frames(self.head).next().is_some_and(|(_, frame)| frame == RECURSION);
        let mark = if is_marked { self.head } else { add(self.head, &RECURSION) };
        self.frames.items[..self.kept].iter().rev().fold(mark, add)
    }
}

/// A few numbers, on the stack.
struct List<const MOST: usize> {
    items: [u64; MOST],
    length: usize,
}

impl<const MOST: usize> List<MOST> {
    const EMPTY: Self = Self { items: [0; MOST], length: 0 };

    fn push(&mut self, item: u64) -> Option<()> {
        *self.items.get_mut(self.length)? = item;
        self.length += 1;
        Some(())
    }

    fn contains(&self, item: u64) -> bool {
        self.items[..self.length].contains(&item)
    }
}

/// From how many stacks on recursion is folded. Most programs have fewer, and keep them whole.
#[cfg(not(test))]
static ABOVE: AtomicUsize = AtomicUsize::new(4096);
#[cfg(test)]
thread_local! {
    /// Tests share the tree: a thread folds only if it says so.
    static ABOVE: core::cell::Cell<usize> = const { core::cell::Cell::new(usize::MAX) };
}

/// Sets from how many stacks on recursion is folded; for tests that compare both.
pub(crate) fn fold_above(stacks: usize) {
    #[cfg(not(test))]
    ABOVE.store(stacks, Relaxed);
    #[cfg(test)]
    ABOVE.set(stacks);
}

fn folds_above() -> usize {
    #[cfg(not(test))]
    return ABOVE.load(Relaxed);
    #[cfg(test)]
    ABOVE.get()
}

#[cfg(all(test, unix))]
mod tests;
