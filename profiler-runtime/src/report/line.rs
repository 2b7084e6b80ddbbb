//! Source lines made fit for a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const TAB_WIDTH: usize = 4;
const ELLIPSIS: char = '…';

/// Columns a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Expands tabs and escapes everything that would move the cursor or reorder the text.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end().chars() {
        match character {
            '\t' => {
                let blanks = TAB_WIDTH - width(&shown) % TAB_WIDTH;
                shown.extend(std::iter::repeat_n(' ', blanks));
            }
            _ if is_unsafe(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

/// Control characters, line separators and the marks that turn the direction of writing.
fn is_unsafe(character: char) -> bool {
    let reorders = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') || reorders
}

/// Shortens a text to so many columns, the last of which then holds an ellipsis.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_end_at_multiples_of_four() {
        assert_eq!(printable("\tx\ty\r\n"), "    x   y");
    }

    #[test]
    fn nothing_can_move_the_cursor_or_reorder_the_text() {
        assert_eq!(printable("a\u{1b}[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(printable("a\nb\u{202e}c\u{2028}"), "a\\u{a}b\\u{202e}c");
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut("漢字漢字", 7), "漢字漢…");
        assert_eq!(cut("abc", 0), "…");
    }
}
