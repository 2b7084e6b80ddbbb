//! Inserts text into a source file without adding lines before its end.

use proc_macro2::LineColumn;

/// The inserted attribute. The empty parentheses mark it, so that the macro can remove it from the source
/// that it embeds.
pub(crate) const ATTRIBUTE: &str = "#[::mem_profile::mem_profile()] ";

/// A text and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insertion {
    pub(crate) at: LineColumn,
    pub(crate) text: String,
    /// Number of characters that it replaces, on one line.
    replaced: usize,
}

impl Insertion {
    pub(crate) fn new(at: LineColumn, text: impl Into<String>) -> Self {
        Self { at, text: text.into(), replaced: 0 }
    }

    /// Replaces `old`, which is at this position, by `text`.
    pub(crate) fn replacing(at: LineColumn, old: &str, text: impl Into<String>) -> Self {
        Self { at, text: text.into(), replaced: old.chars().count() }
    }
}

/// Applies all insertions to `source`. Insertions at one position keep their order. Columns are counted
/// in characters.
pub(crate) fn insert(source: &str, insertions: &[Insertion]) -> String {
    let mut sorted: Vec<&Insertion> = insertions.iter().collect();
    sorted.sort_by_key(|insertion| insertion.at);
    let mut sorted = sorted.into_iter().peekable();
    let added: usize = insertions.iter().map(|insertion| insertion.text.len()).sum();
    let mut result = String::with_capacity(source.len() + added);
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        let mut replaced = 0;
        for (column, character) in line.chars().enumerate() {
            let place = LineColumn { line: number, column };
            while let Some(insertion) = sorted.next_if(|insertion| insertion.at <= place) {
                result.push_str(&insertion.text);
                replaced += insertion.replaced;
            }
            match replaced.checked_sub(1) {
                Some(left) => replaced = left,
                None => result.push(character),
            }
        }
    }
    sorted.for_each(|insertion| result.push_str(&insertion.text));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_source_as_it_was() {
        let place = |line, column| LineColumn { line, column };
        let insertions = [
            Insertion::new(place(2, 1), ")"),
            Insertion::new(place(1, 4), "<"),
            Insertion::new(place(2, 0), "("),
            Insertion::new(place(2, 1), "!"),
            Insertion::replacing(place(1, 1), "値 ", "__"),
        ];
        assert_eq!(insert("a値 bc\nd", &insertions), "a__b<c\n(d)!");
    }
}
