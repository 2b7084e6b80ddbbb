//! How a block begins and ends.

use proc_macro2::TokenStream;

/// How a block is entered.
pub(super) struct BlockEntry {
    pub(super) opening: Opening,
    /// The block was made around one expression, which has no event of its own.
    pub(super) synthetic: bool,
    /// Control never reaches the closing brace.
    pub(super) diverges: bool,
}

/// The statements at the start of a block.
pub(super) enum Opening {
    /// The body of a function: one call opens the frame and starts the first line.
    Function,
    /// A body with a frame of its own, which has to outlive all that the body leaves behind.
    Frame(TokenStream),
    /// An async body inside a task, whose poll outlives it.
    Task(TokenStream),
    /// A block within the frame. It needs a guard only if the row moves in it.
    Nested,
    /// The body of a loop, with the row of its header.
    Loop(Option<usize>),
    /// A branch of an `else if`: after it, the row of the whole `if` is current again.
    Branch { outer: usize },
    /// A block that may have this guard around it.
    Guarded(Guard),
    /// A block that ends with its statement: the row may stay where the block left it.
    Unguarded,
}

/// The guard of a nested block.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    /// Counted from 1 within its frame.
    pub(super) depth: usize,
    /// The row that is current again after the block.
    pub(super) outer: usize,
}

/// How control comes out of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Completion {
    /// It never reaches the end.
    Diverges,
    /// At its end, where a guard has yet to restore the row before it.
    RowPending,
    /// At its end, where a statement has restored the row before it.
    RowRestored,
}

/// The role of a statement in its block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TailUse {
    NotTail,
    /// The tail, after which nothing more happens on the line that the block is in.
    Final,
    /// The tail, whose value is used later on that line.
    Used,
}

impl Opening {
    /// The use of the block's tail.
    pub(super) fn tail_use(&self) -> TailUse {
        match self {
            Self::Function | Self::Frame(_) | Self::Task(_) | Self::Unguarded => TailUse::Final,
            _ => TailUse::Used,
        }
    }

    pub(super) fn entry(self) -> BlockEntry {
        BlockEntry { opening: self, synthetic: false, diverges: false }
    }

    pub(super) fn synthetic(self) -> BlockEntry {
        BlockEntry { synthetic: true, ..self.entry() }
    }

    pub(super) fn diverging(self) -> BlockEntry {
        BlockEntry { diverges: true, ..self.entry() }
    }
}
