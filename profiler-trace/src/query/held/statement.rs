//! The statement that a line of the source is part of: debug information has the line of each call, and a table has
//! the statement on the row that it begins on.

use mem_profile_format::LineSnapshot;

/// How deep each line of a function lies in brackets.
pub(super) struct Statements(Vec<Depths>);

/// Brackets that are open.
#[derive(Clone, Copy)]
struct Depths {
    /// Before the line.
    before: usize,
    /// Behind the brackets that it closes first.
    start: usize,
    /// The fewest within it.
    least: usize,
    /// Whether it goes on with `else`.
    is_else: bool,
}

impl Statements {
    pub(super) fn of(lines: &[LineSnapshot]) -> Self {
        let mut text = Text::default();
        Self(lines.iter().map(|line| text.depths(&line.source)).collect())
    }

    /// The row above that this one continues, which may only be one that `ran`.
    pub(super) fn start(&self, row: usize, ran: impl Fn(usize) -> bool) -> Option<usize> {
        let Self(lines) = self;
        let mut least = lines.get(row)?.start;
        for (above, depths) in lines.iter().enumerate().take(row).rev() {
            let begin = if depths.is_else { depths.start } else { depths.before };
            let inner = if depths.is_else { begin } else { depths.least };
            // A row whose block has ended in between is further inside.
            if ran(above) && least.min(inner) >= begin {
                return Some(above);
            }
            least = least.min(depths.least);
        }
        None
    }
}

/// The text up to some line.
#[derive(Default)]
struct Text {
    depth: usize,
    inside: Inside,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Inside {
    #[default]
    Code,
    /// So many comments in one another.
    Comment(usize),
    String,
    /// A raw string that ends with so many `#`.
    Raw(usize),
}

impl Text {
    fn depths(&mut self, line: &str) -> Depths {
        let before = self.depth;
        let (mut start, mut is_else, mut least) = (None, false, before);
        let mut rest = line;
        while let Some(sign) = rest.chars().next() {
            let is_code = self.inside == Inside::Code;
            let closes = is_code && matches!(sign, ')' | ']' | '}');
            if start.is_none() && !closes && !sign.is_whitespace() {
                start = Some(self.depth);
                is_else = is_code && rest.starts_with("else");
            }
            rest = &rest[self.step(sign, rest)..];
            least = least.min(self.depth);
        }
        Depths { before, start: start.unwrap_or(self.depth), least, is_else }
    }

    /// How many bytes are read at once.
    fn step(&mut self, sign: char, rest: &str) -> usize {
        let is_next = |text: &str| rest.starts_with(text);
        let (inside, length) = match self.inside {
            Inside::Code if is_next("//") => (Inside::Code, rest.len()),
            Inside::Code if is_next("/*") => (Inside::Comment(1), 2),
            Inside::Code => return self.step_in_code(sign, rest),
            Inside::Comment(1) if is_next("*/") => (Inside::Code, 2),
            Inside::Comment(depth) if is_next("*/") => (Inside::Comment(depth - 1), 2),
            Inside::Comment(depth) if is_next("/*") => (Inside::Comment(depth + 1), 2),
            Inside::String if sign == '"' => (Inside::Code, 1),
            Inside::String if sign == '\\' => {
                (Inside::String, rest.chars().take(2).map(char::len_utf8).sum())
            }
            Inside::Raw(marks) if is_next(&format!("\"{}", "#".repeat(marks))) => {
                (Inside::Code, 1 + marks)
            }
            inside => (inside, sign.len_utf8()),
        };
        self.inside = inside;
        length
    }

    fn step_in_code(&mut self, sign: char, rest: &str) -> usize {
        match sign {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            '"' => self.inside = Inside::String,
            '\'' => return character(rest),
            _ if sign.is_alphanumeric() || sign == '_' => return self.word(rest),
            _ => {}
        }
        sign.len_utf8()
    }

    /// A word, and the beginning of a raw string that it may be.
    fn word(&mut self, rest: &str) -> usize {
        let length = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
        let (word, behind) = rest.split_at(length.unwrap_or(rest.len()));
        let marks = behind.len() - behind.trim_start_matches('#').len();
        if ["r", "br", "cr"].contains(&word) && behind[marks..].starts_with('"') {
            self.inside = Inside::Raw(marks);
            return word.len() + marks + 1;
        }
        word.len()
    }
}

/// The length of a character in quotes; of a lifetime, its quote alone.
fn character(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    let escapes = signs.next().is_some_and(|(_, sign)| sign == '\\');
    let closing = if escapes {
        signs.next();
        signs.find(|(_, sign)| *sign == '\'')
    } else {
        signs.next().filter(|(_, sign)| *sign == '\'')
    };
    closing.map_or(1, |(place, _)| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that ran begin with a `*`. Returns where each of the others belongs.
    fn starts(source: &str) -> Vec<(usize, Option<usize>)> {
        let rows: Vec<_> = source.lines().map(|line| line.split_at(1)).collect();
        let line = |(_, source): &(&str, &str)| LineSnapshot {
            source: (*source).to_owned(),
            ..LineSnapshot::default()
        };
        let statements = Statements::of(&rows.iter().map(line).collect::<Vec<_>>());
        let ran = |row: usize| rows[row].0 == "*";
        let others = (0..rows.len()).filter(|&row| !ran(row));
        others.map(|row| (row, statements.start(row, ran))).collect()
    }

    #[test]
    fn a_chain_goes_on_behind_a_closure() {
        let source = "\
*    let all: Vec<_> = list.iter()
         .map(|it| {
*            make(it)
*        })
         .collect();";
        assert_eq!(starts(source), [(1, Some(0)), (4, Some(0))]);
    }

    #[test]
    fn arguments_may_be_blocks_arms_or_conditions() {
        let source = "\
*    let value = call(if a {
*        first()
     } else {
*        second()
     }, third());
*    match value {
*        A => text
             .len(),
         B => 0,
*    } 
*    if b {
*        fourth();
*    } else if text
         .is_empty()
     {
*        fifth();
     }";
        let expected = [(2, 0), (4, 0), (7, 6), (8, 6), (13, 12), (14, 12), (16, 12)];
        assert_eq!(starts(source), expected.map(|(row, start)| (row, Some(start))));
    }

    #[test]
    fn brackets_in_text_are_none() {
        let source = "\
*    let text = call(\"}\\\"}\", '}', '\\'', b'}', r#\"}\"}\"#, /* } /* } */ } */ // }
         \"
}}\", 'a, r\"}\", '\\u{7d}',
         other());";
        let rows = starts(source);
        assert_eq!(rows, [(1, Some(0)), (2, Some(0)), (3, Some(0))]);
    }

    #[test]
    fn a_line_above_all_rows_has_none() {
        assert_eq!(starts(" fn f(\n     a: u8,\n*) {"), [(0, None), (1, None)]);
    }
}
