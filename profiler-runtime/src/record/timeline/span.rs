//! Spans: where the calls and named blocks of a timeline are kept, and how many of them.
//!
//! At most 2²⁰ spans are kept, 50 MiB. Every function has all of its first calls on each thread,
//! about two thousand. Then every second call is kept until there are as many again, then every
//! fourth, and so on, the sooner the less room is left. So the end of a long run is there too.
//! Calls deeper than 256 levels are left out.

use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicPtr, Ordering::Relaxed};

use mem_profile_format::layout;

use super::timeline::now;
use crate::record::memory::arena;
use crate::record::sync::list::{List, Node};
use crate::record::sync::word::{Pointer, Word};

/// Spans in a block.
pub(in crate::record) const SPANS: usize = 20;
/// Spans in a process, at most: 50 MiB.
const LIMIT: i64 = 1 << 20;
/// A function takes this share of the spans that are left before only every second call is kept.
const SHARES: i64 = 512;

/// One call, or one run of a named block. Times as in [`super::timeline`].
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Span {
    /// 0 where there is none.
    pub(in crate::record) start: Word,
    /// 0 while it is open.
    pub(in crate::record) end: Word,
    /// Bytes in use by the process.
    pub(in crate::record) bytes_at_start: Word,
    pub(in crate::record) bytes_at_end: Word,
    /// The number of the function; of a block: −1 − its number.
    pub(in crate::record) label: Word,
    /// One more than the level of the call or block around it.
    pub(in crate::record) level: Word,
}

/// A block of spans that began on one thread.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Spans {
    block: Word,
    /// Number of the thread.
    pub(in crate::record) thread: Word,
    /// Spans begin a cache line.
    _rest: [Word; 6],
    pub(in crate::record) spans: [Span; SPANS],
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Span, start) == layout::spans::START);
    assert!(offset_of!(Span, end) == layout::spans::END);
    assert!(offset_of!(Span, bytes_at_start) == layout::spans::BYTES_AT_START);
    assert!(offset_of!(Span, bytes_at_end) == layout::spans::BYTES_AT_END);
    assert!(offset_of!(Span, label) == layout::spans::LABEL);
    assert!(offset_of!(Span, level) == layout::spans::LEVEL);
    assert!(size_of::<Span>() == layout::spans::EACH);
    assert!(offset_of!(Spans, thread) == layout::spans::THREAD);
    assert!(offset_of!(Spans, spans) == layout::spans::FIRST);
    assert!(size_of::<Spans>() == layout::spans::SIZE);
};

/// The spans that are taken, in whole blocks.
static TAKEN: AtomicI64 = AtomicI64::new(0);

/// The spans that are left.
fn left() -> i64 {
    LIMIT - TAKEN.load(Relaxed)
}

impl Spans {
    /// `None` where none are left, or memory is out.
    pub(in crate::record) fn reserve(thread: i64) -> Option<&'static Self> {
        if left() < SPANS as i64 {
            return None;
        }
        TAKEN.fetch_add(SPANS as i64, Relaxed);
        let block = arena::reserve(size_of::<Self>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let spans: &'static Self = unsafe { block.cast().as_ref() };
        spans.thread.set(thread);
        arena::finish(&spans.block, layout::SPANS);
        Some(spans)
    }
}

/// Whether the call of this number, counted from 1, is to be a span: all of them at first, then
/// every second, fourth and so on, the sooner the fewer are left.
pub(in crate::record) fn is_kept(call: i64) -> bool {
    is_among(call, left() / SHARES)
}

fn is_among(call: i64, share: i64) -> bool {
    let call = call.saturating_sub(1).max(0) as u64;
    let Some(times) = u64::try_from(share).ok().and_then(|share| call.checked_div(share)) else {
        return false;
    };
    // 0, 1, 2 to 3, 4 to 7, …: every one, every second, every fourth, every eighth.
    let doublings = u64::BITS - times.leading_zeros();
    call.trailing_zeros() >= doublings
}

impl Span {
    /// Begins now.
    pub(in crate::record) fn begin(&self, label: i64, level: i64, reading: i64) {
        self.label.set(label);
        self.level.set(level);
        self.bytes_at_start.set(reading);
        self.start.publish(now());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.end.get() != 0
    }

    /// Ends now.
    pub(in crate::record) fn close(&self, reading: i64) {
        self.bytes_at_end.set(reading);
        self.end.publish(now());
    }
}

/// The name of blocks; its text follows.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Name {
    block: Word,
    pub(in crate::record) number: Word,
    /// How often a block of this name ran.
    pub(in crate::record) runs: AtomicI64,
    /// Length of the text.
    pub(in crate::record) text: Word,
    /// Where the text was when it came first. Means nothing outside the process, like the next one.
    first: Pointer<u8>,
    next: AtomicPtr<Name>,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Name, number) == layout::name::NUMBER);
    assert!(offset_of!(Name, runs) == layout::name::RUNS);
    assert!(offset_of!(Name, text) == layout::name::TEXT);
    assert!(size_of::<Name>() == layout::name::SIZE);
};

static NAMES: List<Name> = List::new(AtomicPtr::new(ptr::null_mut()));
static COUNT: AtomicI64 = AtomicI64::new(0);

impl Node for Name {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// In a forked child: those that were made just then are not there.
pub(in crate::record) fn find_names_again() {
    NAMES.clear();
    let names = arena::segments().flat_map(|segment| segment.blocks());
    for (_, block) in names.filter(|(kind, _)| *kind == layout::NAME) {
        // SAFETY: it was filled by `Name::reserve`, and is never freed.
        NAMES.push(unsafe { block.cast::<Name>().as_ref() });
    }
}

impl Name {
    /// `None` when memory is out. Where threads come with the same new name at once there may be
    /// two, which readers take for one.
    pub(in crate::record) fn of(text: &'static str) -> Option<&'static Self> {
        let same = |name: &&Self| ptr::eq(name.first.get(), text.as_ptr()) && name.is(text);
        NAMES.iter().find(same).or_else(|| Self::find_or_reserve(text))
    }

    #[cold]
    fn find_or_reserve(text: &'static str) -> Option<&'static Self> {
        NAMES.iter().find(|name| name.is(text)).or_else(|| Self::reserve(text))
    }

    fn is(&self, text: &str) -> bool {
        self.text.get() == text.len() as i64
            && layout::packed(text.as_bytes()).zip(self.words()).all(|(a, b)| a == b.get())
    }

    /// The words of the text.
    fn words(&self) -> impl Iterator<Item = &Word> {
        let first = ptr::from_ref(self).wrapping_add(1).cast::<Word>();
        let words = (self.text.get() as usize).div_ceil(layout::WORD);
        // SAFETY: the block is as long as `reserve` has made it.
        (0..words).map(move |index| unsafe { &*first.wrapping_add(index) })
    }

    fn reserve(text: &'static str) -> Option<&'static Self> {
        let size = size_of::<Self>() + layout::rounded(text.len(), layout::WORD);
        let block = arena::reserve(size)?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let name: &'static Self = unsafe { block.cast().as_ref() };
        name.number.set(COUNT.fetch_add(1, Relaxed));
        name.text.set(text.len() as i64);
        name.first.set(text.as_ptr().cast_mut());
        // SAFETY: there is room for the text.
        unsafe { arena::write_text(block.byte_add(size_of::<Self>()), text.as_bytes()) };
        arena::finish(&name.block, layout::NAME);
        NAMES.push(name);
        Some(name)
    }

    /// One more run; its number, counted from 1.
    pub(in crate::record) fn count_run(&self) -> i64 {
        self.runs.fetch_add(1, Relaxed) + 1
    }

    /// The label of its spans.
    pub(in crate::record) fn label(&self) -> i64 {
        !self.number.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the calls from `first` to `last` are kept where the share is 4.
    fn kept(first: i64, last: i64) -> usize {
        (first..=last).filter(|&call| is_among(call, 4)).count()
    }

    #[test]
    fn each_doubling_of_the_calls_keeps_as_many() {
        assert_eq!([kept(1, 4), kept(5, 8), kept(9, 16), kept(17, 32)], [4, 2, 2, 2]);
        assert_eq!(kept(1, 1 << 20), 4 + 2 * 18);
        assert_eq!((kept(1, 1), kept(-5, 0)), (1, 6));
    }

    #[test]
    fn without_room_nothing_is_kept() {
        for share in [0, -1, i64::MIN] {
            assert!(!is_among(1, share) && !is_among(1 << 40, share));
        }
        assert!(is_among(1, 1) && !is_among(i64::MAX, 1));
    }
}
