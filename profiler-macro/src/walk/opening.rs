//! How a block is entered, and what becomes of its value.

use proc_macro2::TokenStream;

/// How a block is entered and left.
pub(super) struct Entered {
    pub(super) opening: Opening,
    /// The block was made around one expression, which has no event of its own.
    pub(super) synthetic: bool,
    /// Control never reaches the closing brace.
    pub(super) diverges: bool,
}

/// What a block begins with.
pub(super) enum Opening {
    /// The body of a function, with its first line event in the call that opens the frame.
    Call,
    /// A body with a frame of its own, which has to outlive all that the body leaves behind.
    Frame(TokenStream),
    /// An async body inside a task, whose poll outlives it.
    Task(TokenStream),
    /// A block within the frame; a guard is needed only if the row moves in it.
    Nested,
    /// The body of a loop, with the row of its header.
    Loop(Option<usize>),
    /// A branch of an `else if`: after it, the row of the whole `if` is current again.
    Branch { outer: usize },
    /// A block that may have the guard of this depth around it, after which the row `outer` is current
    /// again.
    Guarded { depth: usize, outer: usize },
    /// A block at the end of its statement: the row may stay where the block left it.
    Free,
}

/// How control comes out of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Only by leaving for good.
    Never,
    /// At its end, where the row before it is not current yet.
    Open,
    /// At its end, where a statement has made the row before it current again.
    Resumed,
}

/// What a statement may be to its block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    None,
    /// The block's value, with which nothing more happens in the line that the block is in.
    Settled,
    /// The block's value, and the line goes on with it.
    Used,
}

impl Opening {
    /// What becomes of the value of the block.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Call | Self::Frame(_) | Self::Task(_) | Self::Free => Value::Settled,
            _ => Value::Used,
        }
    }

    pub(super) fn plain(self) -> Entered {
        Entered { opening: self, synthetic: false, diverges: false }
    }

    pub(super) fn synthetic(self) -> Entered {
        Entered { synthetic: true, ..self.plain() }
    }

    pub(super) fn diverging(self) -> Entered {
        Entered { diverges: true, ..self.plain() }
    }
}
