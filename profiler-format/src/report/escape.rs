//! Makes strings from files and programs safe for each format.
//!
//! A recording may come from anywhere. Its names and sources must not control a terminal, write
//! workflow commands into a log, or become markup. All views pass their strings through here.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

const TAB_WIDTH: usize = 4;

/// Expands tabs, and escapes whatever would move the cursor, reorder the text or be invisible.
#[must_use]
pub fn printable(text: &str) -> String {
    let text = text.trim_end();
    let mut shown = String::with_capacity(text.len());
    // Columns up to the last tab, and the start of the text after it: each piece is measured once.
    let (mut columns, mut measured) = (0, 0);
    for (at, character) in text.char_indices() {
        match character {
            '\t' => {
                columns += shown[measured..].width();
                let blanks = TAB_WIDTH - columns % TAB_WIDTH;
                shown.extend(std::iter::repeat_n(' ', blanks));
                (columns, measured) = (columns + blanks, shown.len());
            }
            _ if is_unsafe(text, at, character) => push_escaped(character, &mut shown),
            _ => shown.push(character),
        }
    }
    shown
}

/// As [`printable`], for the start of a line, where `::` would begin a workflow command.
#[must_use]
pub fn printable_line(text: &str) -> String {
    let mut shown = printable(text);
    if shown.trim_start().starts_with("::") {
        let start = shown.len() - shown.trim_start().len();
        shown.replace_range(start..=start, "\\u{3a}");
    }
    shown
}

/// As [`printable_line`], for a frame of folded stacks: without the separator of frames, not starting as a
/// comment, and not ending in a number, which would be read as a second figure.
#[must_use]
pub fn folded_frame(text: &str) -> String {
    let mut shown = printable_line(text.trim()).replace(';', ",");
    if let Some((start, last)) = shown.rsplit_once(' ')
        && last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        shown = format!("{start}\u{a0}{last}");
    }
    if shown.starts_with("# ") {
        shown.replace_range(..1, "\\u{23}");
    }
    shown
}

/// A field of a CSV file.
///
/// A field that a spreadsheet would read as a formula gets an apostrophe in front, as OWASP advises. A field
/// that starts with an apostrophe gets one too: so removing the first apostrophe restores each.
#[must_use]
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let is_unsafe = |(at, sign)| sign != '\t' && is_unsafe(text, at, sign);
    let mut field = Cow::Borrowed(text);
    if text.char_indices().any(is_unsafe) {
        let mut shown = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            match is_unsafe((at, character)) {
                true => push_escaped(character, &mut shown),
                false => shown.push(character),
            }
        }
        field = shown.into();
    }
    let is_formula = is_formula(&field);
    if is_formula {
        field = format!("'{field}").into();
    }
    if is_formula || field.contains([',', '"']) || field.trim_start().starts_with("::") {
        field = format!("\"{}\"", field.replace('"', "\"\"")).into();
    }
    field
}

fn is_formula(field: &str) -> bool {
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    field.starts_with(['\t', '\'']) || field.trim_start().starts_with(signs)
}

/// Escapes in finished JSON whatever is not safe in a terminal. The JSON means the same.
#[must_use]
pub fn json_printable(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for (at, character) in json.char_indices() {
        match character {
            // Between values; inside a value it is escaped already.
            '\n' => shown.push(character),
            _ if is_unsafe(json, at, character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// A text as a part of markup, also of an attribute. Make it [`printable`] before.
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

fn push_escaped(character: char, shown: &mut String) {
    shown.extend(character.escape_unicode());
}

/// Whether the character at this index of a text must be escaped.
fn is_unsafe(text: &str, at: usize, character: char) -> bool {
    match character {
        '#' => is_command(&text[at..]),
        _ => is_invisible(character),
    }
}

/// Whether the text starts with a command that some services find anywhere in a line, such as
/// `##[group]` and `##vso[task.setvariable]`.
fn is_command(text: &str) -> bool {
    let name = text.strip_prefix("##").unwrap_or_default();
    name.trim_start_matches(|sign: char| sign.is_ascii_alphabetic()).starts_with('[')
}

/// Whether a terminal would not show the character, or would move others because of it: controls, line
/// separators, changes of direction, all that Unicode calls default-ignorable, annotation marks, and
/// noncharacters.
fn is_invisible(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => character.is_control() || u32::from(character) & 0xfffe == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_end_at_multiples_of_four() {
        assert_eq!(printable("\tx\ty\r\n"), "    x   y");
        assert_eq!(printable("漢\tx\t\ty"), "漢  x       y");
    }

    #[test]
    fn nothing_can_move_the_cursor_or_reorder_the_text() {
        assert_eq!(printable("a\u{1b}[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(printable("a\nb\u{202e}c\u{2028}"), "a\\u{a}b\\u{202e}c");
        assert_eq!(printable("\u{9b}x\u{7f}\u{85}y"), "\\u{9b}x\\u{7f}\\u{85}y");
        assert_eq!(printable("a\u{200b}b\u{e0041}\u{ffff}"), "a\\u{200b}b\\u{e0041}\\u{ffff}");
        assert_eq!(printable("ü漢字🦀 «x» →"), "ü漢字🦀 «x» →");
    }

    #[test]
    fn no_line_begins_a_workflow_command() {
        assert_eq!(printable_line("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(printable_line("\u{a0}::std::mem"), "\u{a0}\\u{3a}:std::mem");
        assert_eq!(printable_line("a ::error::x"), "a ::error::x");
        assert_eq!(printable("a ##[group]b ##vso[x]"), "a \\u{23}#[group]b \\u{23}#vso[x]");
        assert_eq!(printable("#[test] ## [x]"), "#[test] ## [x]");
    }

    #[test]
    fn a_frame_ends_neither_itself_nor_in_a_number() {
        assert_eq!(folded_frame(" a; b "), "a, b");
        assert_eq!(folded_frame("let x = 5;"), "let x = 5,");
        assert_eq!(folded_frame("let x = 5"), "let x =\u{a0}5");
        assert_eq!(folded_frame("5"), "5");
        assert_eq!(folded_frame("# x"), "\\u{23} x");
    }

    #[test]
    fn a_field_is_no_formula_and_keeps_what_it_was() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a \"b\", c"), "\"a \"\"b\"\", c\"");
        for formula in ["=1+1", "@x", "+1", "-1", "\tx", "'x", "   =x", "＝x"] {
            assert_eq!(csv_field(formula), format!("\"'{formula}\""));
        }
        assert_eq!(csv_field("a\r\n::b\tc"), "a\\u{d}\\u{a}::b\tc");
        assert_eq!(csv_field("::b"), "\"::b\"");
    }

    #[test]
    fn json_means_the_same() {
        let text = "{\"a\":\"\u{202e}x\u{7f}\u{e0041} \\n##[b]\"}\n";
        let shown = json_printable(text);
        assert_eq!(shown, "{\"a\":\"\\u202ex\\u007f\\udb40\\udc41 \\n\\u0023#[b]\"}\n");
    }

    #[test]
    fn a_line_of_a_million_tabs_is_measured_once() {
        let began = std::time::Instant::now();
        assert_eq!(printable(&("\t".repeat(1_000_000) + "x")).len(), 4_000_001);
        // If the text were measured again at each tab, this would take many minutes.
        assert!(began.elapsed().as_secs() < 10);
    }
}
