//! Captures of the heap: all blocks of the process at one moment, who allocated them, and who holds them.
//!
//! With the feature `graph-analysis`, a test can ask in the program:
//!
//! ```no_run
//! # #[cfg(feature = "graph-analysis")] {
//! use mem_profile::graph::{self, HeapGraph};
//! use mem_profile::trace::{self, Config};
//!
//! # #[global_allocator]
//! # static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();
//! # struct Session;
//! trace::start(Config::exact())?;
//! // … the code to test …
//! graph::capture("test.mheap")?;
//! let graph = HeapGraph::load("test.mheap")?;
//! assert_eq!(graph.leaks(), []);
//! let sessions = graph.by_type(&"Box<Session>".into());
//! for chain in graph.path_to_root(&sessions) {
//!     println!("{chain}"); // static SESSIONS → [Box<Session>] → …
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Without it, a capture is a file for `cargo mem-profile graph`: see `docs/heap-graph.md` in the repository.

#[cfg(feature = "graph-analysis")]
#[doc(inline)]
pub use mem_profile_graph::*;
#[doc(inline)]
pub use mem_profile_trace::graph::*;
