//! The hot half: what runs inside a probe or inside the allocator.
//!
//! Rules of this folder, each of them an absence: nothing here allocates through the global
//! allocator, takes a lock, panics, formats, or imports anything but `core`, `std`,
//! [`mem_profile_format::layout`] and [`crate::process`]. Everything works before `main`, during the
//! destruction of thread-locals, after `fork`, and in `atexit` handlers.
//!
//! | room | what it holds |
//! |---|---|
//! | `sync` | words with one writer and many readers, lists, claims |
//! | `memory` | the arena that all figures lie in, the blocks that are still allocated |
//! | `ledger` | what a thread knows about memory: live bytes, peaks, rows, the line that is current |
//! | `function` | one static per annotated function, and what is known of those that were called |
//! | `live` | live blocks by the lines that hold them |
//! | `alloc` | the counting allocator |
//! | `timeline` | memory over time: readings and spans |
//! | `frame` | what emitted code calls: frames, line events, async bodies, measures |
//! | `fork` | a forked child leaves its parent's file alone |
//! | `moving` | which threads are in a reallocation, for those who stop threads |

// First, for its macro.
#[macro_use]
pub(crate) mod sync;

pub(crate) mod alloc;
pub(crate) mod fork;
pub(crate) mod frame;
pub(crate) mod function;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod memory;
#[cfg(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
))]
pub(crate) mod moving;
#[cfg(not(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
)))]
#[path = "moving_off.rs"]
pub(crate) mod moving;
pub(crate) mod timeline;
