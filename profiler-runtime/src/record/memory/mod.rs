//! Where figures lie: in memory, or in a file that is mapped there.
//!
//! Owns every block and its place, and the set of blocks that are still allocated. It never knows
//! who counts what, never moves a block and never gives one back.

pub(crate) mod areas;
pub(crate) mod arena;
pub(crate) mod block_map;
pub(crate) mod common;
pub(crate) mod counter;
pub(crate) mod counters;
pub(crate) mod live_blocks;
pub(crate) mod mark;
pub(crate) mod outside;
pub(crate) mod pages;
pub(crate) mod process_block;
pub(crate) mod reserved;
