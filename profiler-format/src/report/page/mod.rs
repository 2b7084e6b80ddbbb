//! Pages have these in common: colours, escaping, and a policy by which only their own style and script count.

#[cfg(feature = "page")]
mod template;

#[cfg(feature = "page")]
pub use self::template::{Page, content_hash};

/// Colours and fonts of both themes, as the beginning of a style.
pub const THEME: &str = include_str!("theme.css");
