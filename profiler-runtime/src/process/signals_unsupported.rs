//! Systems without the signals in question.

use std::io;

/// The user's request, made by a signal; never happens here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "nobody asks here, but callers match on it")]
pub(crate) enum Request {
    /// A report now; the program goes on.
    Report,
    /// The end of the program.
    End,
}

/// Listens for signals where there are any.
///
/// # Errors
/// Always `Unsupported`.
pub(crate) fn listen(_handle: impl Fn(Request) -> bool + Send + Sync + 'static) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many threads listen.
pub(crate) fn listeners() -> usize {
    0
}
