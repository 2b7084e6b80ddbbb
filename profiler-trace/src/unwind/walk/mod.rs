//! The walk that is our own.
//!
//! | file | what it holds |
//! |---|---|
//! | `unwinder` | finds the site of a thread's stack |
//! | `stack_cache` | what it keeps for that |
//! | `last_stack` | the last stack of a thread, of which the unchanged part is not walked again |
//! | `cached_path` | a path from an unchanged frame to the allocator that recurs |
//! | `join` | the walk, frame by frame, until it joins the unchanged part of the last stack |
//! | `caller` | what such a walk consists of |
//! | `rules` | how to find the caller of an address: a cache that only grows |
//! | `rule` | one such rule |
//! | `parse` | the same, read from the program's call-frame information |
//! | `frame_pointer` | the caller on systems where every function keeps a frame pointer |
//! | `scratch` | a stack for a walk that begins on a small one |
//!
//! On Linux x86-64, `--cfg mem_profile_frame_pointers` chooses the last, so that it can be tried; with
//! it goes `-C force-frame-pointers=yes`.
//!
//! Without that option, a program built with `-C force-frame-pointers=yes` is walked by rules all
//! the same. Both ways take as many instructions (700 and 695 for an allocation and its free at
//! depth 17), and C code, which keeps no frame pointers, would hide its callers.

mod cached_path;
mod caller;
mod join;
mod last_stack;
// Frame pointers take no room to be read.
#[cfg_attr(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)),
    path = "scratch.rs"
)]
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers))),
    path = "no_scratch.rs"
)]
mod scratch;
mod stack_cache;
mod unwinder;

#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)))]
mod parse;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)))]
mod rule;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)))]
#[path = "rules.rs"]
mod step;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers))))]
#[path = "frame_pointer.rs"]
mod step;

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;

pub(crate) use self::step::prepare;
pub(crate) use self::unwinder::{Unwinder, walk_in_full};
