//! What each line of measured functions holds, for readers that must not allocate, lock or wait.

use crate::record::function::registry;
use crate::record::live::holding::{self, Holder};

/// A line of a measured function, or who else holds blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineNumber(u64);

const OUTSIDE: u64 = 0;
const UNATTRIBUTED: u64 = 1;
/// Numbers of lines begin here: those of the function and of the row.
const FIRST_FUNCTION: u64 = 1;

/// Blocks of one line, as one thread counts them: only sums over all are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which line.
    pub line: LineNumber,
    /// Bytes of its live blocks.
    pub bytes: i64,
    /// How many they are.
    pub blocks: i64,
}

/// A line as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// Empty where the blocks are on no line.
    pub file: &'static str,
    /// Its number in the file.
    pub line: u32,
    /// The function, or who else holds the blocks.
    pub function: &'static str,
}

/// What lines hold; `None` unless that is recorded (`MEM_PROFILE_LIVE`). Running threads change it meanwhile.
pub fn live_by_line() -> Option<impl Iterator<Item = Holding>> {
    let all = holding::all()?;
    Some(all.map(|it| Holding { line: it.holder.into(), bytes: it.bytes, blocks: it.blocks }))
}

/// The line that runs on the calling thread; `None` outside of measured functions. May be called inside the allocator.
pub fn running_line() -> Option<LineNumber> {
    holding::running().map(LineNumber::from)
}

impl From<Holder> for LineNumber {
    fn from(holder: Holder) -> Self {
        Self(match holder {
            Holder::Row(function, row) => {
                (function as u64 + FIRST_FUNCTION) << 32 | u64::from(row as u32)
            }
            Holder::Outside => OUTSIDE,
            Holder::Unattributed => UNATTRIBUTED,
        })
    }
}

impl LineNumber {
    /// The number by which two are told apart.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The line with this number, if it came from [`Self::get`].
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The line as it is shown; `None` of a function that is not known.
    #[must_use]
    pub fn source(self) -> Option<SourceLine> {
        let other = |function| Some(SourceLine { file: "", line: 0, function });
        match self.0 {
            OUTSIDE => other("outside of measured functions"),
            UNATTRIBUTED => other("not attributed to a line"),
            line => {
                let number = (line >> 32).checked_sub(FIRST_FUNCTION)?;
                let function = registry::function(i64::try_from(number).ok()?)?;
                let row = function.line_of(line as u32 as usize);
                Some(SourceLine {
                    file: function.file,
                    line: function.first_line.saturating_add(row as u32),
                    function: function.display_name(),
                })
            }
        }
    }
}
