//! Which calls and named blocks are open on a thread, so that a timeline has their levels and ends.
//!
//! A span is written where it begins, so that one which never ends is there too. Calls are told
//! apart by how deep the stack of their thread is: whatever way a frame is left, what is open above
//! it is over.

use core::alloc::Layout;
use core::cell::Cell;
use core::sync::atomic::Ordering::Relaxed;
use std::alloc::{GlobalAlloc, System};

use super::ledger::{Kind, Ledger};
use super::row::Chunk;
use super::span::{Name, SPANS, Span, Spans, is_kept};
use super::table;
use super::thread::{self, Thread};
use super::timeline::is_on;
use crate::process;

/// Open calls of a thread that are known; deeper ones are no spans.
const DEEPEST: usize = 256;

/// A call or block that is open on a thread.
#[derive(Clone, Copy)]
struct Open {
    /// How deep the stack of the thread is in it.
    depth: usize,
    level: i64,
    /// `None` for a call that is not kept.
    span: Option<&'static Span>,
    /// Whether the span ends when the frame is left: not that of a task or a named block.
    ends: bool,
}

/// What one thread knows of its spans. Zeroes are a valid one.
pub(crate) struct Track {
    /// Where the next span is written, and which one of the block it is.
    spans: Cell<Option<&'static Spans>>,
    next: Cell<usize>,
    length: Cell<usize>,
    open: [Cell<Open>; DEEPEST],
}

impl Track {
    /// That of the thread, which is the calling one; `None` when memory is out.
    fn of(thread: &Thread) -> Option<&'static Self> {
        let track = thread.track.load(Relaxed);
        // SAFETY: null or a track, which is never freed.
        unsafe { track.as_ref() }.or_else(|| Self::reserve(thread))
    }

    #[cold]
    fn reserve(thread: &Thread) -> Option<&'static Self> {
        // SAFETY: the layout is not empty. `System` is called directly, so that these bytes pass
        // no counting allocator.
        let track = unsafe { System.alloc_zeroed(Layout::new::<Self>()) }.cast::<Self>();
        thread.track.store(track, Relaxed);
        // SAFETY: null or zeroes, which are valid: no spans, and nothing open. Never freed.
        unsafe { track.as_ref() }
    }

    fn top(&self) -> Option<Open> {
        self.open.get(self.length.get().checked_sub(1)?).map(Cell::get)
    }

    fn pop(&self) {
        self.length.set(self.length.get().saturating_sub(1));
    }

    fn push(&self, open: Open) {
        let length = self.length.get();
        if let Some(place) = self.open.get(length) {
            place.set(open);
            self.length.set(length + 1);
        }
    }

    /// Forgets what is over: what is at `depth` or deeper, or has ended elsewhere. Returns the level
    /// of what begins there.
    fn level_at(&self, depth: usize) -> i64 {
        while let Some(open) = self.top() {
            if open.depth < depth && open.span.is_none_or(Span::is_open) {
                return open.level + 1;
            }
            self.pop();
        }
        0
    }

    /// Where the next span is written; `None` where there is no room, or the call of this number is
    /// not kept.
    fn next_span(&self, thread: &Thread, call: i64) -> Option<&'static Span> {
        if self.length.get() >= DEEPEST || !is_kept(call) {
            return None;
        }
        let spans = match self.spans.get().filter(|_| self.next.get() < SPANS) {
            Some(spans) => spans,
            None => {
                let spans = Spans::reserve(thread.number())?;
                self.spans.set(Some(spans));
                self.next.set(0);
                spans
            }
        };
        let next = self.next.get();
        self.next.set(next + 1);
        spans.spans.get(next)
    }
}

/// Has threads go by what follows that have called functions before the timeline began. Only where
/// none of them runs but the calling one.
pub(crate) fn catch_up() {
    if let Some(kind) = table::kind() {
        thread::all().for_each(|thread| thread.ledger(kind).keep_open());
    }
}

/// The function of `chunk` was called, for the `call`-th time on this thread, and its frame entered.
#[inline(always)]
pub(super) fn entered(ledger: &Ledger, chunk: Chunk, call: i64) {
    if is_on() {
        enter(ledger, chunk, call);
    }
}

#[inline(never)]
fn enter(ledger: &Ledger, chunk: Chunk, call: i64) {
    ledger.keep_open();
    let Some(thread) = ledger.thread() else { return };
    let Some(track) = Track::of(thread) else { return };
    let depth = ledger.stack.depth();
    let level = track.level_at(depth);
    let span = track.next_span(thread, call);
    if let Some(span) = span {
        span.begin(chunk.table.get(), level, ledger.reading());
    }
    track.push(Open { depth, level, span, ends: true });
}

/// A frame was left.
#[inline(always)]
pub(super) fn left(ledger: &Ledger) {
    if is_on() {
        leave(ledger);
    }
}

#[inline(never)]
fn leave(ledger: &Ledger) {
    let Some(track) = ledger.thread().and_then(Track::of) else { return };
    let depth = ledger.stack.depth();
    while let Some(open) = track.top().filter(|open| open.depth > depth) {
        track.pop();
        if let Some(span) = open.span.filter(|_| open.ends) {
            span.close(ledger.reading());
        }
    }
}

/// The calling thread, its track, and the ledger that its frames use.
fn here() -> Option<(&'static Thread, &'static Track, &'static Ledger)> {
    let thread = thread::current()?;
    Some((thread, Track::of(thread)?, thread.ledger(table::kind()?)))
}

/// Memory in use by the process now, in bytes, as far as the thread of the ledger knows.
fn reading(ledger: &Ledger) -> Option<i64> {
    match ledger.kind {
        Kind::Rss => process::rss().map(|bytes| bytes as i64),
        Kind::Heap | Kind::Special => Some(ledger.reading()),
    }
}

/// A span that ends when this is dropped, on whatever thread that is.
#[derive(Debug)]
pub(crate) struct OpenSpan(Option<&'static Span>);

impl OpenSpan {
    pub(crate) const fn none() -> Self {
        Self(None)
    }
}

impl Drop for OpenSpan {
    #[inline]
    fn drop(&mut self) {
        if let Some(span) = self.0 {
            close(span);
        }
    }
}

#[inline(never)]
fn close(span: &Span) {
    // Past the end of its thread nobody knows better.
    let known = here().and_then(|(_, _, ledger)| reading(ledger));
    span.close(known.unwrap_or(span.bytes_at_start.get()));
}

/// The spans of tasks, which last from the first poll to the end.
impl OpenSpan {
    /// That of the call whose frame was entered last.
    pub(super) fn of_call() -> Self {
        let taken = || {
            let (_, track, ledger) = here()?;
            let call = track.top().filter(|call| call.depth == ledger.stack.depth())?;
            track.pop();
            track.push(Open { ends: false, ..call });
            call.span
        };
        Self(taken())
    }

    /// The frame of a poll was entered that is not the first: what it calls is one level further in.
    pub(super) fn resume(&self) {
        let Some((_, track, ledger)) = here() else { return };
        ledger.keep_open();
        let depth = ledger.stack.depth();
        let around = track.level_at(depth);
        let level = self.0.map_or(around, |span| span.level.get());
        track.push(Open { depth, level, span: self.0, ends: false });
    }
}

impl OpenSpan {
    /// That of a named block which begins here; none where calls are not recorded.
    #[inline]
    pub(crate) fn of_block(name: &'static str) -> Self {
        Self(if is_on() { begin_block(name) } else { None })
    }
}

#[inline(never)]
fn begin_block(name: &'static str) -> Option<&'static Span> {
    let (thread, track, ledger) = here()?;
    let name = Name::of(name)?;
    let run = name.count_run();
    let depth = ledger.stack.depth();
    // The frame that is at this depth is around it.
    let level = track.level_at(depth + 1);
    let span = track.next_span(thread, run)?;
    span.begin(name.label(), level, reading(ledger)?);
    track.push(Open { depth, level, span: Some(span), ends: false });
    Some(span)
}
