//! A shared library that this code is part of is unloaded: what it took from the system goes as well.
//!
//! ```text
//! dlclose: .fini_array, backwards ─▶ `begin`  … what was registered for the exit …  `end`
//! exit:    what was registered for the exit ─▶ `begin`  …  `end`
//! ```
//!
//! The linker puts entries with a number before all others, so `end` is the last thing that runs of the
//! library. At the end of the process nothing is given back: other threads may still run.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::cleanup::has_cleaned_up;

/// There are not more kinds of memory.
const MOST: usize = 8;

static CALLBACKS: [AtomicUsize; MOST] = [const { AtomicUsize::new(0) }; MOST];
static IS_UNLOADED: AtomicBool = AtomicBool::new(false);

/// Has `callback` run when nothing else of the library will.
pub fn on_unload(callback: fn()) {
    let callback = callback as usize;
    for place in &CALLBACKS {
        match place.compare_exchange(0, callback, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(theirs) if theirs == callback => return,
            Err(_) => {}
        }
    }
}

#[used]
#[unsafe(link_section = ".fini_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    IS_UNLOADED.store(has_cleaned_up() == Some(false), Relaxed);
}

#[used]
#[unsafe(link_section = ".fini_array.00001")]
static END: extern "C" fn() = end;

extern "C" fn end() {
    if !IS_UNLOADED.load(Relaxed) {
        return;
    }
    // In reverse: later callbacks may depend on earlier ones.
    for place in CALLBACKS.iter().rev() {
        let callback = place.swap(0, Relaxed);
        if callback != 0 {
            // SAFETY: `on_unload` stores such functions alone.
            let callback = unsafe { core::mem::transmute::<usize, fn()>(callback) };
            callback();
        }
    }
}
