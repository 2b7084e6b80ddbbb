//! Matches the lines of a function before and after an edit.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::time::Instant;

use mem_profile_format::LineSnapshot;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

type Pair<'a> = (Option<&'a LineSnapshot>, Option<&'a LineSnapshot>);

/// The lines of two functions, in pairs.
pub(super) struct Matched<'a> {
    /// The lines after in their order, each with its partner, then the removed ones.
    pub(super) pairs: Vec<Pair<'a>>,
    /// Whether the time limit left them paired by their order.
    pub(super) is_by_order: bool,
}

/// Pairs lines by their text, until the deadline.
///
/// Partners have the same text, without indentation, in the same order; then the same text anywhere;
/// then the same position within an edited part. After the deadline, lines are paired by position.
pub(super) fn matched<'a>(
    before: &[&'a LineSnapshot],
    after: &[&'a LineSnapshot],
    deadline: Instant,
) -> Matched<'a> {
    let matching = Matching::new(&texts(before), &texts(after), deadline);
    let kept = after.iter().zip(&matching.was);
    let kept = kept.map(|(&line, was)| (was.map(|index| before[index]), Some(line)));
    let gone = before.iter().zip(&matching.taken).filter(|(_, is_taken)| !**is_taken);
    let pairs = kept.chain(gone.map(|(&line, _)| (Some(line), None))).collect();
    Matched { pairs, is_by_order: matching.is_by_order }
}

fn texts<'a>(lines: &[&'a LineSnapshot]) -> Vec<&'a str> {
    lines.iter().map(|line| line.source.trim()).collect()
}

/// Numbers for texts, the same for equal ones: they are compared more than once.
fn numbered<'a>(texts: &[&'a str], numbers: &mut HashMap<&'a str, usize>) -> Vec<usize> {
    let number = |text: &&'a str| {
        let next = numbers.len();
        *numbers.entry(*text).or_insert(next)
    };
    texts.iter().map(number).collect()
}

#[derive(Default)]
struct Matching {
    /// For each line after, its index before.
    was: Vec<Option<usize>>,
    taken: Vec<bool>,
    is_by_order: bool,
}

impl Matching {
    fn new(before: &[&str], after: &[&str], deadline: Instant) -> Self {
        let (was, taken) = (vec![None; after.len()], vec![false; before.len()]);
        let mut matching = Self { was, taken, is_by_order: false };
        let mut numbers = HashMap::new();
        let old = numbered(before, &mut numbers);
        let new = numbered(after, &mut numbers);
        if old == new {
            matching.zip(0..old.len(), 0..new.len());
            return matching;
        }
        let deadline = Some(deadline);
        let parts = capture_diff_slices_deadline(Algorithm::Patience, &old, &new, deadline);
        if deadline < Some(Instant::now()) {
            // An interrupted diff pairs lines badly.
            matching.is_by_order = true;
            matching.zip(0..old.len(), 0..new.len());
            return matching;
        }
        let mut edited = Vec::new();
        for part in parts {
            match part {
                DiffOp::Equal { old_index, new_index, len } => {
                    matching.zip(old_index..old_index + len, new_index..new_index + len);
                }
                part => edited.push((part.old_range(), part.new_range())),
            }
        }
        matching.find_moved(&old, &new, after);
        edited.into_iter().for_each(|(old, new)| matching.zip(old, new));
        matching
    }

    /// Pairs lines that have no partner yet, one by one.
    fn zip(&mut self, old: Range<usize>, new: Range<usize>) {
        let old: Vec<_> = old.filter(|&index| !self.taken[index]).collect();
        let new: Vec<_> = new.filter(|&index| self.was[index].is_none()).collect();
        old.into_iter().zip(new).for_each(|(old, new)| self.set(old, new));
    }

    /// Pairs lines that have the same text anywhere. Lines without a letter, such as a closing brace,
    /// are too common for that.
    fn find_moved(&mut self, old: &[usize], new: &[usize], after: &[&str]) {
        let mut free: HashMap<usize, VecDeque<usize>> = HashMap::new();
        for (index, number) in old.iter().enumerate().filter(|(index, _)| !self.taken[*index]) {
            free.entry(*number).or_default().push_back(index);
        }
        for (index, (number, text)) in new.iter().zip(after).enumerate() {
            if self.was[index].is_some() || !text.contains(char::is_alphabetic) {
                continue;
            }
            if let Some(old) = free.get_mut(number).and_then(VecDeque::pop_front) {
                self.set(old, index);
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
    use std::time::Duration;

    use super::*;

    fn was(before: &[&str], after: &[&str]) -> Vec<Option<usize>> {
        let matching = Matching::new(before, after, Instant::now() + Duration::from_secs(60));
        assert!(!matching.is_by_order);
        matching.was
    }

    #[test]
    fn lines_are_paired_in_order_where_there_is_no_time() {
        let (before, after) = (["a();", "b();", "c();"], ["b();", "c();"]);
        let matching = Matching::new(&before, &after, Instant::now());
        assert!(matching.is_by_order);
        assert_eq!(matching.was, [Some(0), Some(1)]);
        assert!(!Matching::new(&before, &before, Instant::now()).is_by_order, "nothing to find");
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
