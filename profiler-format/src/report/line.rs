//! Texts of a limited width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const ELLIPSIS: char = '…';

/// Shortens a text to this many columns, the last of which is then an ellipsis.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut shown = String::new();
    for character in text.chars() {
        match left.checked_sub(character.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => break,
        }
        shown.push(character);
    }
    shown.push(ELLIPSIS);
    shown
}

/// The columns of a text.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The same from its front: of a path, the end says most.
#[must_use]
pub fn cut_front(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let is_shown =
        |(_, character): &(usize, char)| match left.checked_sub(character.width().unwrap_or(0)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
    let start = text.char_indices().rev().take_while(is_shown).last();
    format!("{ELLIPSIS}{}", start.map_or("", |(start, _)| &text[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut("漢字漢字", 7), "漢字漢…");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn a_path_keeps_its_end() {
        assert_eq!(cut_front("src/main.rs:7", 13), "src/main.rs:7");
        assert_eq!(cut_front("src/main.rs:7", 10), "…main.rs:7");
        assert_eq!(cut_front("漢字漢字", 6), "…漢字");
        assert_eq!(cut_front("abc", 0), "…");
    }
}
