//! Pages have these in common: colours, escaping, and a policy by which only their own style and script count.

#[cfg(feature = "page")]
mod template;

#[cfg(feature = "page")]
pub use self::template::{Page, content_hash};

/// Colours and fonts of both themes, as the beginning of a style.
pub const THEME: &str = include_str!("theme.css");

/// A text as a part of markup, also of an attribute. Make it [`printable`](super::printable) before.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
