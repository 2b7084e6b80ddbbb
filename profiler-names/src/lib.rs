//! Names for the addresses of a program, for [`mem-profile`](https://docs.rs/mem-profile): functions, files and
//! lines, with inlined calls, and whose code they are.
//!
//! A file is read only if it is the one that ran, by its build id: one that was rebuilt since would give wrong names.
//!
//! | file | what it does |
//! |---|---|
//! | `resolver` | [`Resolver`]: the names in one program or library |
//! | `frame` | [`Frame`]: one function on a stack |
//! | `build_id` | which build a file is of |
//! | `workspaces` | paths as the compiler's messages show them |
//! | `running` | asks the system, where files have another format |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod build_id;
mod frame;
mod resolver;
#[cfg(all(windows, target_env = "msvc"))]
mod running;
#[cfg(not(all(windows, target_env = "msvc")))]
#[path = "not_running.rs"]
mod running;
mod workspaces;

pub use self::build_id::build_id;
pub use self::frame::{Frame, Origin};
pub use self::resolver::{Module, Resolver, Source};
