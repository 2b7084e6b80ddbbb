//! Exit codes of the command.

use std::process::ExitCode;

/// How a command ended, unless it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Success.
    Done,
    /// A limit is exceeded.
    Exceeded,
    /// A result was written, but some recorded figures are lost.
    Lossy,
    /// The exit code of the program that was run.
    Program(u8),
}

impl Outcome {
    /// Exit code of the command.
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Exceeded => ExitCode::from(3),
            Self::Lossy => ExitCode::from(FAILED),
            Self::Program(code) => ExitCode::from(code),
        }
    }
}

/// Exit code if the command fails.
pub(crate) const FAILED: u8 = 125;
