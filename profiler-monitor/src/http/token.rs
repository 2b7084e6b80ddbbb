//! The token without which nothing is answered.

use std::fmt;

use subtle::ConstantTimeEq;

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

    /// Whether a header has it. The time of the comparison says nothing but whether the length is right.
    pub(super) fn is_in(&self, header: Option<&[u8]>) -> bool {
        let Some((scheme, token)) = header.and_then(|header| header.split_at_checked(7)) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(token.ct_eq(&self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}
