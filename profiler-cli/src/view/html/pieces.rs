//! The colours of a source, as the script of the page reads them.

use crate::view::highlight::Kind;

/// Encodes each piece as a letter and a length: `k3_1f4`.
pub(super) fn encoded(pieces: &[(Kind, usize)]) -> String {
    pieces.iter().map(|(kind, length)| format!("{}{length}", letter(*kind))).collect()
}

/// The letter of a kind, which is its class in the style sheet.
fn letter(kind: Kind) -> char {
    match kind {
        Kind::Plain => '_',
        Kind::Comment => 'c',
        Kind::Keyword => 'k',
        Kind::Type => 't',
        Kind::Function => 'f',
        Kind::Macro => 'm',
        Kind::Text => 's',
        Kind::Number => 'n',
        Kind::Lifetime => 'l',
        Kind::Attribute => 'a',
    }
}
