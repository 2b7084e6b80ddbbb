//! Pictures: of what some blocks hold, or who holds them.

mod canvas;
mod dot;
mod picture;
mod svg;

pub use self::picture::{Arrow, Limits, Node, NodeKind, Picture};

pub(crate) use self::dot::quoted;
