//! A forked child leaves its parent's file alone.
//!
//! A child inherits memory that is part of a file, and would write to it. So before each fork a copy
//! is made, of what the forking thread alone is sure to leave as it is; in the child that takes the
//! place of the file's memory, at the same addresses. Whatever other threads were writing just then is
//! not in it, so the child lists functions and names again. After `vfork`, and after a bare `clone`,
//! which runs no handlers, the child's figures are its parent's.

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::process;
use crate::record::function::registry;
use crate::record::ledger::current::current_ledger;
use crate::record::memory::arena::{self, Segment};
use crate::record::memory::mark;
use crate::record::timeline::span;

/// Copies of the segments that are part of a file, from `newest` on, one after another.
#[derive(Clone, Copy)]
struct Copy {
    newest: *const Segment,
    start: NonNull<u8>,
    bytes: usize,
}

thread_local! {
    static COPY: Cell<Option<Copy>> = const { Cell::new(None) };
}

/// Has every fork from now on leave the file alone, and know the thread that is left.
pub(crate) fn watch() {
    static WATCHES: AtomicBool = AtomicBool::new(false);
    if !WATCHES.swap(true, Relaxed) {
        process::on_fork(before, parent, child);
    }
}

unsafe extern "C" fn before() {
    let Some(newest) = arena::segments().next() else { return };
    let recorded = || arena::segments_from(newest).filter(|segment| segment.is_recorded());
    let bytes = recorded().map(Segment::length).sum();
    if bytes == 0 {
        return;
    }
    let Some(start) = process::map_memory(bytes) else { return };
    let mut place = start;
    for segment in recorded() {
        // SAFETY: the copy is as long as all of them.
        unsafe {
            copy(segment, place);
            place = place.add(segment.length());
        }
    }
    COPY.set(Some(Copy { newest, start, bytes }));
}

unsafe extern "C" fn parent() {
    if let Some(Copy { start, bytes, .. }) = COPY.take() {
        // SAFETY: made by `before`, and known to nobody else.
        unsafe { process::unmap(start, bytes) };
    }
}

unsafe extern "C" fn child() {
    let copied = COPY.take();
    let mut place = None;
    for segment in arena::segments() {
        if let Some(copied) = copied.filter(|copied| ptr::eq(copied.newest, segment)) {
            place = Some(copied.start);
        }
        if !segment.is_recorded() {
            continue;
        }
        // One that is newer than the copy is none of the forking thread's.
        if let Some(source) = place.or_else(|| fresh_copy(segment)) {
            let target = NonNull::from(segment).cast();
            // SAFETY: whole pages with the same contents, and ours alone.
            let replaced = unsafe { process::replace(target, source, segment.length()) };
            segment.set_recorded(!replaced);
        }
        // SAFETY: still within the copy, or at its end.
        place = place.map(|place| unsafe { place.add(segment.length()) });
    }
    mark::threads_left(current_ledger().thread().is_some().into());
    arena::forget_file();
    registry::find_functions_again();
    span::find_names_again();
}

fn fresh_copy(segment: &'static Segment) -> Option<NonNull<u8>> {
    let place = process::map_memory(segment.length())?;
    // SAFETY: as long as that.
    unsafe { copy(segment, place) };
    Some(place)
}

/// # Safety
/// `place` is as long as the segment, and nobody else's.
unsafe fn copy(segment: &'static Segment, place: NonNull<u8>) {
    // SAFETY: as the caller promises.
    unsafe { arena::write(place.cast(), segment.words()) };
}
