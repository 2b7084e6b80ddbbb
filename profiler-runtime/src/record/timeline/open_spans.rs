//! Which calls and named blocks are open on a thread, so that a timeline has their levels and ends.
//!
//! A span is written where it begins, so that one which never ends is there too. A call ends when
//! the stack of its thread is no longer as deep as it was, in whatever way the frame was left.
//!
//! A named block is a span of the thread that it began on, and ends when its guard is dropped, on
//! whatever thread. That writes the end into the span, where this thread finds it. While a task
//! waits, its blocks are on no thread: the task keeps the innermost one, and each guard the one
//! around it.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

use super::span::{Name, SPANS, Span, Spans, is_kept};
use super::timeline::is_on;
use crate::process;
use crate::record::ledger::busy::Busy;
use crate::record::ledger::kind::{self, Kind};
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

/// The most open calls and blocks of a thread. Deeper ones have no spans.
const DEEPEST: usize = 256;

/// A call or block that is open on a thread.
#[derive(Clone, Copy)]
struct Open {
    /// The number of frames of the thread, up to the call's own or the one around the block.
    depth: usize,
    level: i64,
    /// The block's span, or the span of a call that is kept, which ends when the frame is left. A task
    /// ends its own span.
    span: Option<&'static Span>,
    is_block: bool,
}

impl Open {
    const fn call(depth: usize, level: i64, span: Option<&'static Span>) -> Self {
        Self { depth, level, span, is_block: false }
    }

    fn block(depth: usize, span: &'static Span) -> Self {
        Self { depth, level: span.level.get(), span: Some(span), is_block: true }
    }

    fn is_of(&self, span: &Span) -> bool {
        self.span.is_some_and(|own| ptr::eq(own, span))
    }

    /// Whether it is a block whose guard was dropped.
    fn is_over(&self) -> bool {
        self.is_block && self.span.is_some_and(Span::is_closed)
    }
}

/// The spans of one thread. Zeroes are a valid track.
pub(crate) struct Track {
    /// The block that the next span is written to, and its index there.
    spans: Cell<Option<&'static Spans>>,
    next: Cell<usize>,
    /// The thread, among those that had the record, that the rest belongs to.
    generation: Cell<usize>,
    length: Cell<usize>,
    open: [Cell<Open>; DEEPEST],
}

impl Track {
    /// The track of the calling thread; `None` when memory is out.
    fn of(thread: &Thread) -> Option<&'static Self> {
        let track = thread.track.load(Relaxed).cast::<Self>();
        // SAFETY: null or a track, which is never freed.
        let track = unsafe { track.as_ref() }.or_else(|| Self::reserve(thread))?;
        // The thread that had the record before may have ended in the middle of blocks.
        let generation = thread.generation();
        if track.generation.replace(generation) != generation {
            track.length.set(0);
        }
        Some(track)
    }

    #[cold]
    fn reserve(thread: &Thread) -> Option<&'static Self> {
        let track = process::allocate_lasting(Layout::new::<Self>())?.cast::<Self>();
        thread.track.store(track.as_ptr().cast(), Relaxed);
        // SAFETY: zeroes, which are valid: no spans, and nothing open. Never freed.
        Some(unsafe { track.as_ref() })
    }

    fn top(&self) -> Option<Open> {
        self.open.get(self.length.get().checked_sub(1)?).map(Cell::get)
    }

    fn pop(&self) {
        self.length.set(self.length.get().saturating_sub(1));
    }

    /// False if it is too deep.
    fn push(&self, open: Open) -> bool {
        let length = self.length.get();
        let Some(place) = self.open.get(length) else { return false };
        place.set(open);
        self.length.set(length + 1);
        true
    }

    /// The level of a call or block that begins now.
    fn level(&self) -> i64 {
        while let Some(open) = self.top() {
            if !open.is_over() {
                return open.level + 1;
            }
            self.pop();
        }
        0
    }

    /// Ends the calls of frames that are deeper. Blocks whose guards live on, because they were
    /// returned or put away, are in the frame that is left.
    fn unwind_to(&self, depth: usize, ledger: &Ledger) {
        let length = self.length.get();
        let deeper = self.open[..length].iter().rev().take_while(|open| open.get().depth > depth);
        let first = length - deeper.count();
        self.length.set(first);
        for open in self.open[first..length].iter().map(Cell::get) {
            match open.span {
                Some(span) if !open.is_block => span.close(ledger.reading()),
                Some(_) if !open.is_over() => _ = self.push(Open { depth, ..open }),
                _ => {}
            }
        }
    }

    /// The innermost block of the frame of a task, whose poll ends. All of them leave the thread.
    fn take_block(&self, depth: usize) -> Option<&'static Span> {
        let mut innermost = None;
        while let Some(open) = self.top().filter(|open| open.is_block && open.depth == depth) {
            self.pop();
            innermost = innermost.or(open.span.filter(|span| !span.is_closed()));
        }
        innermost
    }

    /// Makes an open block the innermost one of the frame of this depth.
    fn put_block(&self, block: Option<&'static Span>, depth: usize) {
        let Some(span) = block.filter(|span| !span.is_closed()) else { return };
        if !self.top().is_some_and(|top| top.is_of(span)) {
            self.push(Open::block(depth, span));
        }
    }

    /// The next span to write; `None` if there is no room, or the call of this number is not kept.
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

/// Includes threads that have called functions before the timeline began. Only the calling thread may be
/// running.
pub(crate) fn catch_up() {
    if let Some(kind) = kind::chosen() {
        threads::all().for_each(|thread| thread.ledger(kind).keep_pending());
    }
}

/// The function of `chunk` was called, for the `call`-th time on this thread, and its frame entered.
#[inline(always)]
pub(in crate::record) fn entered(ledger: &Ledger, chunk: Chunk, call: i64) {
    if is_on() {
        enter(ledger, chunk, call);
    }
}

#[inline(never)]
fn enter(ledger: &Ledger, chunk: Chunk, call: i64) {
    ledger.keep_pending();
    let Some(thread) = ledger.thread() else { return };
    let Some(track) = Track::of(thread) else { return };
    let depth = ledger.depth();
    track.unwind_to(depth.saturating_sub(1), ledger);
    let level = track.level();
    let span = track.next_span(thread, call);
    if let Some(span) = span {
        span.begin(chunk.table.get(), level, ledger.reading());
    }
    track.push(Open::call(depth, level, span));
}

/// A frame was left.
#[inline(always)]
pub(in crate::record) fn left(ledger: &Ledger) {
    if is_on() {
        leave(ledger);
    }
}

#[inline(never)]
fn leave(ledger: &Ledger) {
    if let Some(track) = ledger.thread().and_then(Track::of) {
        track.unwind_to(ledger.depth(), ledger);
    }
}

/// The calling thread, its track, and the ledger that its frames use, which is busy meanwhile.
struct Here {
    thread: &'static Thread,
    track: &'static Track,
    ledger: &'static Ledger,
    _busy: Busy<'static>,
}

/// `None` in a handler that has interrupted such work.
fn here() -> Option<Here> {
    let thread = threads::current()?;
    let ledger = thread.ledger(kind::chosen()?);
    let _busy = ledger.begin_work()?;
    Some(Here { thread, track: Track::of(thread)?, ledger, _busy })
}

/// Memory in use by the process now, in bytes, as far as the thread of the ledger knows.
fn reading(ledger: &Ledger) -> Option<i64> {
    match ledger.kind() {
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
    close_from(here().as_ref(), span);
}

fn close_from(here: Option<&Here>, span: &Span) {
    // After the end of the thread no reading is known.
    let known = here.and_then(|here| reading(here.ledger));
    span.close(known.unwrap_or(span.bytes_at_start.get()));
}

/// The spans of tasks, which last from the first poll to the end.
impl OpenSpan {
    /// The span of the call whose frame was entered last.
    pub(in crate::record) fn of_call() -> Self {
        let taken = || {
            let Here { track, ledger, _busy, .. } = here()?;
            let call = track.top().filter(|call| call.depth == ledger.depth())?;
            track.pop();
            track.push(Open { span: None, ..call });
            call.span
        };
        Self(taken())
    }

    /// A later poll has entered its frame: its calls are one level further in.
    pub(in crate::record) fn resume(&self) {
        let Some(Here { track, ledger, _busy, .. }) = here() else { return };
        ledger.keep_pending();
        let depth = ledger.depth();
        track.unwind_to(depth.saturating_sub(1), ledger);
        let around = track.level();
        let level = self.0.map_or(around, |span| span.level.get());
        track.push(Open::call(depth, level, None));
    }
}

/// The poll of a task ends, and its frame has not been left yet. Returns its innermost named block.
pub(in crate::record) fn take_block() -> Option<&'static Span> {
    let Here { track, ledger, _busy, .. } = here()?;
    let depth = ledger.depth();
    track.unwind_to(depth, ledger);
    track.take_block(depth)
}

/// Puts the block into the frame that was entered last: of the next poll or, once the task has ended, of
/// its caller, to whom it may have returned the guard.
pub(in crate::record) fn put_block(block: Option<&'static Span>) {
    if block.is_some()
        && let Some(Here { track, ledger, _busy, .. }) = here()
    {
        track.put_block(block, ledger.depth());
    }
}

/// A named block, which ends when this is dropped, on whatever thread that is.
#[derive(Debug)]
pub(crate) struct OpenBlock {
    /// `None` if no timeline is recorded, or this run is left out.
    span: Option<&'static Span>,
    /// The innermost one around it.
    outer: Option<&'static Span>,
}

impl OpenBlock {
    /// One that begins here.
    #[inline]
    pub(crate) fn begin(name: &'static str) -> Self {
        let block = if is_on() { begin_block(name) } else { None };
        block.unwrap_or(Self { span: None, outer: None })
    }
}

impl Drop for OpenBlock {
    #[inline]
    fn drop(&mut self) {
        if let Some(span) = self.span {
            end_block(span, self.outer);
        }
    }
}

#[inline(never)]
fn begin_block(name: &'static str) -> Option<OpenBlock> {
    let Here { thread, track, ledger, _busy } = here()?;
    let name = Name::of(name)?;
    let run = name.count_run();
    let depth = ledger.depth();
    track.unwind_to(depth, ledger);
    let level = track.level();
    let outer = track.top().filter(|open| open.is_block).and_then(|open| open.span);
    let reading = reading(ledger)?;
    let span = track.next_span(thread, run)?;
    span.begin(name.label(), level, reading);
    track.push(Open::block(depth, span));
    Some(OpenBlock { span: Some(span), outer })
}

#[inline(never)]
fn end_block(span: &'static Span, outer: Option<&'static Span>) {
    let here = here();
    close_from(here.as_ref(), span);
    if let Some(Here { track, .. }) = here
        && let Some(top) = track.top().filter(|top| top.is_of(span))
    {
        track.pop();
        track.put_block(outer, top.depth);
    }
}
