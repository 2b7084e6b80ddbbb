//! The walk that is our own.
//!
//! | file | what it holds |
//! |---|---|
//! | `trace` | the last stack of a thread, of which the unchanged part is not walked again |
//! | `kept` | what is kept of it |
//! | `shortcut` | the way from an unchanged frame to the allocator, as it went before |
//! | `outwards` | frame by frame |
//! | `caller` | what such a walk consists of |
//! | `rules` | how to find the caller of an address: a cache that only grows |
//! | `scratch` | a stack for a walk that begins on a small one |
//! | `parse` | one rule, read from the program's call-frame information |
//! | `frame_pointer` | the same for systems where every function keeps a frame pointer |
//!
//! On Linux x86-64, `--cfg mem_profile_frame_pointers` chooses the last, so that it can be tried; with
//! it goes `-C force-frame-pointers=yes`.
//!
//! Without that option, a program built with `-C force-frame-pointers=yes` is walked by rules all
//! the same. Both ways take as many instructions (700 and 695 for an allocation and its free at
//! depth 17), and C code, which keeps no frame pointers, would hide its callers.

mod caller;
mod kept;
mod outwards;
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
mod shortcut;
mod trace;

#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)))]
mod parse;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers)))]
#[path = "rules.rs"]
mod step;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_frame_pointers))))]
#[path = "frame_pointer.rs"]
mod step;

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;

use self::caller::{Caller, Frame, Readable, Step, Word};
use super::modules;

pub(crate) use self::step::prepare;
pub(crate) use self::trace::{Trace, walk_in_full};
