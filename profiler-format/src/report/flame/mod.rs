//! Flame graphs as pictures: frames from the outermost caller upwards, as wide as their amounts.

mod picture;

use std::collections::HashMap;

use super::Unit;
use super::count::grouped;
use super::escape::printable;

/// The kind of a frame, which chooses its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A function.
    Function,
    /// A line of source.
    Line,
    /// Neither, such as `[recursion]`.
    Other,
}

/// Frames with their amounts, to be drawn.
#[derive(Clone, Debug)]
pub struct FlameGraph {
    title: &'static str,
    is_size: bool,
    notes: Vec<String>,
    frames: Vec<Frame>,
    known: HashMap<(usize, String), usize>,
}

#[derive(Clone, Debug)]
struct Frame {
    /// The frame below; the root has itself.
    below: usize,
    kind: FrameKind,
    /// A path, of which the front is cut off where there is no room.
    path: String,
    /// More, of which the end is cut off.
    rest: String,
    own: u64,
}

impl FlameGraph {
    /// The frame of everything.
    pub const ROOT: usize = 0;

    /// A graph of a figure with this title: sizes in bytes, or else numbers of blocks.
    #[must_use]
    pub fn new(title: &'static str, is_size: bool) -> Self {
        let (path, rest) = ("all".to_owned(), String::new());
        let root = Frame { below: Self::ROOT, kind: FrameKind::Other, path, rest, own: 0 };
        Self { title, is_size, notes: Vec::new(), frames: vec![root], known: HashMap::new() }
    }

    /// Adds a line below the title.
    pub fn note(&mut self, note: &str) {
        self.notes.push(printable(note));
    }

    /// The frame of this name above another one, which is added if it is new.
    pub fn frame(&mut self, below: usize, kind: FrameKind, path: &str, rest: &str) -> usize {
        let (path, rest) = (printable(path), printable(rest));
        let next = self.frames.len();
        let frame = *self.known.entry((below, format!("{path} {rest}"))).or_insert(next);
        if frame == next {
            self.frames.push(Frame { below, kind, path, rest, own: 0 });
        }
        frame
    }

    /// Adds an amount of a frame itself, not of the frames above.
    pub fn add(&mut self, frame: usize, amount: u64) {
        let own = &mut self.frames[frame].own;
        *own = own.saturating_add(amount);
    }

    /// The sum of all amounts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.frames.iter().fold(0, |sum, frame| sum.saturating_add(frame.own))
    }

    /// Of each frame, its own amount and that of all frames above.
    fn amounts(&self) -> Vec<u64> {
        let mut amounts: Vec<u64> = self.frames.iter().map(|frame| frame.own).collect();
        for at in (1..amounts.len()).rev() {
            let (below, amount) = (self.frames[at].below, amounts[at]);
            amounts[below] = amounts[below].saturating_add(amount);
        }
        amounts
    }

    /// `1.5 KiB`, or `12 blocks`.
    fn shown(&self, amount: u64) -> String {
        match self.is_size {
            true => Unit::Auto.format(amount.into(), 1),
            false => self.whole(amount),
        }
    }

    /// `1,536 bytes`, or `12 blocks`.
    fn whole(&self, amount: u64) -> String {
        grouped(amount) + if self.is_size { " bytes" } else { " blocks" }
    }
}

impl Frame {
    fn name(&self) -> String {
        format!("{} {}", self.path, self.rest).trim_end().to_owned()
    }
}
