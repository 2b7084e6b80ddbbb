//! Reads a captured heap of [`mem-profile`](https://docs.rs/mem-profile): which blocks there are, who holds them, and
//! what a drop would free.
//!
//! A capture is a file `.mheap`. It is mapped, not loaded; nothing in it is believed before it is checked.
//!
//! | folder | what it does |
//! |---|---|
//! | `image` | bytes of a capture → [`Image`]: blocks, stacks, threads, roots, memory |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code, clippy::print_stdout, clippy::print_stderr)]

mod image;

pub use self::image::{
    Block, Image, LoadError, Missing, Module, Process, Root, RootKind, Segment, Site, SiteState,
    Thread,
};
