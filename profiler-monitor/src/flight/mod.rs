//! The flight recorder: what held the memory, in files that survive the end of the process.
//!
//! | file | what it does |
//! |---|---|
//! | `bytes`, `moment`, `run`, `mark` | the form of the files |
//! | `recorder` | [`Recorder`]: writes them without allocating (feature `process`) |
//! | `holders`, `lines` | who holds the memory: stacks or lines (feature `process`) |
//! | `last_run` | [`LastRun`]: reads them after the end |
//! | `text`, `html` | shows it |
//! | `names` | lines of holders: those of stacks, by the files of their modules |

#![cfg_attr(
    not(feature = "process"),
    allow(dead_code, reason = "only a monitor of the own process writes")
)]

mod bytes;
#[cfg(feature = "process")]
mod holders;
mod html;
mod last_run;
#[cfg(feature = "process")]
mod lines;
mod mark;
mod moment;
mod names;
#[cfg(feature = "process")]
mod recorder;
mod run;
#[cfg(all(test, feature = "process"))]
mod tests;
mod text;

pub use self::last_run::{End, LastRun, last_run};
pub use self::mark::Occasion;
#[cfg(feature = "process")]
#[cfg_attr(docsrs, doc(cfg(feature = "process")))]
pub use self::recorder::Recorder;
