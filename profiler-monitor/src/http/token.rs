//! The token without which nothing is answered.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

/// A bearer token. It is never shown.
#[derive(Clone)]
pub struct Token(Box<[u8]>);

impl Token {
    /// A token; `None` if it is empty, or has characters that no header may have.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self(text.as_bytes().into()))
    }

    /// Whether a header has it. The time of the comparison depends on the header alone.
    pub(super) fn is_in(&self, header: Option<&[u8]>) -> bool {
        let Some((scheme, token)) = header.and_then(|header| header.split_at_checked(7)) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && self.is(token)
    }

    fn is(&self, other: &[u8]) -> bool {
        let has_length = other.len().ct_eq(&self.0.len());
        // Each byte has one to be compared with, also past the end.
        let pairs =
            other.iter().enumerate().map(|(at, byte)| byte.ct_eq(&self.0[at % self.0.len()]));
        pairs.fold(has_length, |all: Choice, equal| all & equal).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}
