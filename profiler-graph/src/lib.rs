//! Reads a captured heap of [`mem-profile`](https://docs.rs/mem-profile): which blocks there are, who holds them, and
//! what a drop would free.
//!
//! A capture is a file `.mheap`. It is mapped, not loaded; nothing in it is believed before it is checked.
//!
//! ```no_run
//! use mem_profile_graph::HeapGraph;
//!
//! let graph = HeapGraph::load("app.mheap")?;
//! for note in graph.notes() {
//!     eprintln!("{note}");
//! }
//! print!("{}", graph.classes());
//! for leak in graph.leaks() {
//!     println!("{leak}");
//! }
//! # Ok::<(), mem_profile_graph::LoadError>(())
//! ```
//!
//! | folder or file | what it does |
//! |---|---|
//! | `image` | bytes of a capture → [`Image`]: blocks, stacks, threads, roots, memory |
//! | `arrays` | graphs of numbered nodes: searches, cycles, dominators |
//! | `heap` | which block each word leads to |
//! | `debug` | debug information from the files of modules |
//! | `layout` | what types are made of |
//! | `walk` | which blocks are of which type |
//! | `lines` | where blocks were allocated, by debug information |
//! | `places` | what lies outside of blocks, by symbols and frames |
//! | `types` | what a block is |
//! | `graph` | [`HeapGraph`]: all of these |
//! | `ask` | questions, one file each |
//! | `view` | pictures: DOT and SVG |
//! | `report` | all of it in a page: text, Markdown, HTML |
//! | [`export`] | files for other tools, one format each |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code, clippy::print_stdout, clippy::print_stderr)]

mod arrays;
mod ask;
#[cfg(test)]
#[path = "../tests/builder/mod.rs"]
mod builder;
mod class;
mod debug;
pub mod export;
mod graph;
mod heap;
mod image;
mod layout;
mod lines;
mod load;
mod options;
mod places;
mod report;
mod suppress;
mod text;
mod types;
mod view;
mod walk;

pub use self::ask::{
    Accumulation, Chain, Classes, Cycle, Duplicate, FieldWaste, Growth, Leak, Link, Retainer,
    Selection, Sum, TypeSum, Waste,
};
pub use self::class::Class;
pub use self::graph::HeapGraph;
pub use self::image::{
    Block, Image, LoadError, Missing, Module, Process, Root, RootKind, Segment, Site, SiteState,
    Thread,
};
pub use self::options::Options;
pub use self::report::{
    By, Filter, Group, Point, Report, RetainedTree, Rows, Suspect, TreeKind, TreeNode,
};
pub use self::suppress::{SuppressionError, Suppressions};
pub use self::types::Pattern;
pub use self::view::{Arrow, Limits, Node, NodeKind, Picture};
