//! The maximum of any range of a series, in logarithmic time: a segment tree.

use std::ops::Range;

/// A series of numbers as a tree in an array: the root at 1, the children of `n` at `2n` and `2n + 1`,
/// the series from `length` on. Each node is the maximum of its children.
pub(crate) struct Highest {
    tree: Vec<u64>,
    length: usize,
}

impl Highest {
    pub(crate) fn new(series: impl ExactSizeIterator<Item = u64>) -> Self {
        let length = series.len();
        let mut tree = vec![0; length];
        tree.extend(series);
        for node in (1..length).rev() {
            tree[node] = tree[2 * node].max(tree[2 * node + 1]);
        }
        Self { tree, length }
    }

    /// The maximum of a range, or 0.
    pub(crate) fn within(&self, places: Range<usize>) -> u64 {
        let mut start = self.length + places.start.min(self.length);
        let mut end = self.length + places.end.min(self.length);
        let mut highest = 0;
        while start < end {
            if start % 2 == 1 {
                highest = highest.max(self.tree[start]);
                start += 1;
            }
            if end % 2 == 1 {
                end -= 1;
                highest = highest.max(self.tree[end]);
            }
            (start, end) = (start / 2, end / 2);
        }
        highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_has_its_highest() {
        for length in 0..20 {
            let series: Vec<u64> = (0..length).map(|at| at * 7 % 11).collect();
            let highest = Highest::new(series.iter().copied());
            for start in 0..=series.len() + 1 {
                for end in 0..=series.len() + 1 {
                    let part = series.get(start..end.min(series.len())).unwrap_or_default();
                    assert_eq!(highest.within(start..end), part.iter().copied().max().unwrap_or(0));
                }
            }
        }
    }
}
