//! Says what the resident set of a process is made of, for [`mem-profile`](https://docs.rs/mem-profile): classes that
//! add up to it, and the lines whose blocks keep free pages resident.
//!
//! ```
//! use mem_profile_account::{Account, Facts, parse_smaps};
//!
//! let smaps = b"\
//! 7f0000000000-7f0000004000 rw-p 00000000 00:00 0
//! Rss:                  16 kB
//! ";
//! let account = Account::new(&parse_smaps(smaps)?, Facts::default());
//! assert_eq!(account.resident, 16 << 10);
//! # Ok::<(), mem_profile_account::SmapsError>(())
//! ```
//!
//! | folder or file | what it does |
//! |---|---|
//! | `smaps` | text of `/proc/PID/smaps` → [`Mapping`]s |
//! | `facts` | [`Facts`]: what only the process itself knows |
//! | `purpose` | what each mapping is for |
//! | `pages` | which pages of a mapping are resident |
//! | `heap` | live blocks and the pages on which they lie |
//! | `pins` | which blocks keep free bytes resident |
//! | `outside` | [`LiveMap`]: the live blocks of another process, and the profiler's own memory there |
//! | `class` | the classes of an account |
//! | `account` | [`Account`]: all of these, as plain data |
//! | `advice` | what would make the resident set smaller, with a figure |
//! | `diff` | what changed between two accounts |
//! | `view` | an account, and what changed, as text, Markdown and HTML: one renderer per file, without I/O |
//! | [`process`] | reads a process; the only folder that knows operating systems |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod account;
mod advice;
mod arenas;
mod class;
mod diff;
mod facts;
mod heap;
mod outside;
mod pages;
mod pins;
pub mod process;
mod purpose;
mod smaps;
mod view;

pub use self::account::{Account, Untouched};
pub use self::advice::Advice;
pub use self::class::{Class, ClassKind, Part};
pub use self::diff::{Change, Diff};
pub use self::facts::{Counted, Facts, LiveBlock, Visitor};
pub use self::outside::{LiveMap, ReadMemory, own_memory};
pub use self::pins::{Pin, Pins, SizePin};
pub use self::smaps::{Mapping, SmapsError, parse_smaps};
