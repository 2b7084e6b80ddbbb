//! Stacks on Linux: the bounds of a thread's stack, and the callers on it.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ops::{ControlFlow, Range};

use super::errno::ErrnoGuard;

/// The system leaves this much room for the stack of the first thread, and maps nothing there, whatever the
/// limit: `mmap_base` in `arch/*/mm/mmap.c`, less what an environment may take.
const ROOM_OF_FIRST: usize = 64 << 20;

pub(super) fn own_stack() -> Option<Range<usize>> {
    let _errno = ErrnoGuard::new();
    if cfg!(miri) {
        None
    } else if is_first_thread() {
        first_stack()
    } else {
        stack_of_thread()
    }
}

fn is_first_thread() -> bool {
    // SAFETY: two questions without arguments.
    unsafe { libc::syscall(libc::SYS_gettid) == libc::c_long::from(libc::getpid()) }
}

/// The system has put random bytes on it before the program began. The C library would read a file of
/// any length to answer, and allocate.
fn first_stack() -> Option<Range<usize>> {
    // SAFETY: a question.
    let end = unsafe { libc::getauxval(libc::AT_RANDOM) } as usize;
    (end != 0).then(|| end.saturating_sub(ROOM_OF_FIRST)..end)
}

fn stack_of_thread() -> Option<Range<usize>> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut start, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: all of it is writable, and read only where it was written.
    let known = unsafe {
        let attributes = attributes.as_mut_ptr();
        libc::pthread_getattr_np(libc::pthread_self(), attributes) == 0 && {
            let result = libc::pthread_attr_getstack(attributes, &raw mut start, &raw mut length);
            libc::pthread_attr_destroy(attributes);
            result == 0
        }
    };
    (known && length != 0).then(|| start.addr()..start.addr() + length)
}

/// The argument of [`step`].
struct Walk<'a> {
    visit: &'a mut dyn FnMut(usize) -> ControlFlow<()>,
}

/// Of `unwind.h`. The standard library links what has them.
const NO_REASON: c_int = 0;
const END_OF_STACK: c_int = 5;

unsafe extern "C" {
    fn _Unwind_Backtrace(
        step: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        walk: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
}

unsafe extern "C" fn step(context: *mut c_void, walk: *mut c_void) -> c_int {
    // SAFETY: `callers` passes such a walk, which is there until it returns; the context is the unwinder's.
    let (walk, place) = unsafe { (&mut *walk.cast::<Walk<'_>>(), _Unwind_GetCFA(context)) };
    match (walk.visit)(place) {
        ControlFlow::Continue(()) => NO_REASON,
        ControlFlow::Break(()) => END_OF_STACK,
    }
}

pub(super) fn callers(visit: &mut dyn FnMut(usize) -> ControlFlow<()>) {
    let mut walk = Walk { visit };
    // SAFETY: the walk outlives the call. Neither allocates nor throws.
    unsafe { _Unwind_Backtrace(step, (&raw mut walk).cast()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::stack_pointer;

    #[test]
    fn the_stack_of_each_thread_holds_its_frames_and_no_other() {
        let here = || (own_stack().unwrap(), stack_pointer());
        let (own, place) = here();
        let (other, other_place) = std::thread::spawn(here).join().unwrap();
        assert!(own.contains(&place) && other.contains(&other_place), "{own:x?} {other:x?}");
        assert!(!own.contains(&other_place) && !other.contains(&place));
    }

    #[test]
    fn the_first_thread_has_a_stack_too() {
        let end = first_stack().unwrap().end;
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.ends_with("[stack]")).unwrap();
        let (start, rest) = line.split_once('-').unwrap();
        let bounds = [start, rest.split(' ').next().unwrap()];
        let [start, last] = bounds.map(|place| usize::from_str_radix(place, 16).unwrap());
        assert!((start..last).contains(&end));
    }

    #[inline(never)]
    fn deep(levels: usize, visit: &mut dyn FnMut(usize) -> ControlFlow<()>) {
        match levels {
            0 => callers(visit),
            _ => deep(levels - 1, visit),
        }
        std::hint::black_box(levels);
    }

    #[test]
    fn callers_are_further_and_further_out() {
        let mut places = Vec::new();
        deep(10, &mut |place| {
            places.push(place);
            ControlFlow::Continue(())
        });
        assert!(places.len() > 12 && places.is_sorted());
        let mut count = 0;
        deep(10, &mut |_| {
            count += 1;
            if count == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(count, 5);
    }
}
