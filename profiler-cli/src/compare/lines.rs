//! Which line of a function was which before an edit.

use std::ops::Range;

use mem_profile_runtime::LineSnapshot;
use similar::{Algorithm, DiffOp, capture_diff_slices};

type Pair<'a> = (Option<&'a LineSnapshot>, Option<&'a LineSnapshot>);

/// The lines of both, each with its partner: those of `after` in order, then those that are gone.
///
/// Partners have the same text, less its indentation, and stand in the same order; then, the same
/// text at another place; then, the same position within an edited part.
pub(super) fn matched<'a>(
    before: &[&'a LineSnapshot],
    after: &[&'a LineSnapshot],
) -> Vec<Pair<'a>> {
    let was = Matching::new(&texts(before), &texts(after)).was;
    let kept =
        after.iter().zip(&was).map(|(&line, was)| (was.map(|index| before[index]), Some(line)));
    let gone = before.iter().enumerate().filter(|(index, _)| !was.contains(&Some(*index)));
    kept.chain(gone.map(|(_, &line)| (Some(line), None))).collect()
}

fn texts<'a>(lines: &[&'a LineSnapshot]) -> Vec<&'a str> {
    lines.iter().map(|line| line.source.trim()).collect()
}

struct Matching {
    /// For each line after, the index before.
    was: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Matching {
    fn new(before: &[&str], after: &[&str]) -> Self {
        let mut matching = Self { was: vec![None; after.len()], taken: vec![false; before.len()] };
        let mut edited = Vec::new();
        for part in capture_diff_slices(Algorithm::Patience, before, after) {
            match part {
                DiffOp::Equal { old_index, new_index, len } => {
                    matching.zip(old_index..old_index + len, new_index..new_index + len);
                }
                part => edited.push((part.old_range(), part.new_range())),
            }
        }
        matching.find_moved(before, after);
        edited.into_iter().for_each(|(old, new)| matching.zip(old, new));
        matching
    }

    /// Pairs what has no partner yet, one by one.
    fn zip(&mut self, old: Range<usize>, new: Range<usize>) {
        let old: Vec<_> = old.filter(|&index| !self.taken[index]).collect();
        let new: Vec<_> = new.filter(|&index| self.was[index].is_none()).collect();
        old.into_iter().zip(new).for_each(|(old, new)| self.set(old, new));
    }

    /// Pairs lines that have the same text at another place. Text without a letter, as a closing
    /// brace, is the same everywhere.
    fn find_moved(&mut self, before: &[&str], after: &[&str]) {
        for (new, text) in after.iter().enumerate() {
            if self.was[new].is_some() || !text.contains(char::is_alphabetic) {
                continue;
            }
            let same = |&old: &usize| !self.taken[old] && before[old] == *text;
            if let Some(old) = (0..before.len()).find(same) {
                self.set(old, new);
            }
        }
    }

    fn set(&mut self, old: usize, new: usize) {
        self.was[new] = Some(old);
        self.taken[old] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn was(before: &[&str], after: &[&str]) -> Vec<Option<usize>> {
        Matching::new(before, after).was
    }

    #[test]
    fn lines_below_an_insertion_keep_their_partners() {
        let before = ["let a = 1;", "work(a);", "}"];
        let after = ["// new", "let a = 1;", "let b = 2;", "work(a);", "}"];
        assert_eq!(was(&before, &after), [None, Some(0), None, Some(1), Some(2)]);
    }

    #[test]
    fn an_edited_line_is_found_by_its_position() {
        let before = ["let a = 1;", "work(a);", "}"];
        let after = ["let a = 1;", "work(a, b);", "}"];
        assert_eq!(was(&before, &after), [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn a_line_that_moved_is_found_by_its_text() {
        let before = ["first();", "second();", "third();", "fourth();"];
        let after = ["second();", "third();", "fourth();", "first();"];
        assert_eq!(was(&before, &after), [Some(1), Some(2), Some(3), Some(0)]);
    }

    #[test]
    fn a_brace_is_not_taken_for_one_elsewhere() {
        let before = ["a();", "}"];
        let after = ["}", "b();", "c();", "a();"];
        assert_eq!(was(&before, &after), [None, None, None, Some(0)]);
    }

    #[test]
    fn nothing_matches_nothing() {
        assert_eq!(was(&[], &["a"]), [None]);
        assert_eq!(was(&["a"], &[]), []);
    }
}
