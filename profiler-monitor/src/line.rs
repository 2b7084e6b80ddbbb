//! What a line of the program holds.

use std::collections::HashMap;

use mem_profile_format::Snapshot;

/// What a line of the program holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Line {
    /// File and line, `src/cache.rs:42`, or the function where they are not known.
    pub site: String,
    /// The function; empty where it is not known.
    pub function: String,
    /// Bytes of its live blocks.
    pub bytes: u64,
    /// By how many bytes that has grown since the last warning.
    pub grown: i64,
}

/// The lines of measured functions that hold the live blocks; `None` where these were not recorded.
#[must_use]
pub fn lines_of(snapshot: &Snapshot) -> Option<Vec<Line>> {
    // Each block is on one path, so the bytes of paths may be added up.
    let paths = snapshot.paths.as_ref()?;
    let mut lines: Vec<Line> = Vec::new();
    let mut known = HashMap::new();
    for path in &paths.all {
        let function = snapshot.functions.get(path.function)?;
        let index = *known.entry((path.function, path.line)).or_insert(lines.len());
        match lines.get_mut(index) {
            Some(line) => line.bytes = line.bytes.saturating_add(path.own.live),
            None => lines.push(Line {
                site: format!("{}:{}", function.file, path.line),
                function: function.name.clone(),
                bytes: path.own.live,
                grown: 0,
            }),
        }
    }
    let outside = |name: &str, bytes| Line { site: name.to_owned(), bytes, ..Line::default() };
    lines.push(outside("outside of measured functions", paths.outside.live));
    lines.push(outside("not attributed to a line", paths.unattributed.live));
    Some(lines)
}

/// The lines with the most bytes, and those that have grown most since `before`: at most `count`, which of both lists
/// come in turn, the one that has grown most first.
#[must_use]
pub fn top_lines(mut lines: Vec<Line>, before: &[Line], count: usize) -> Vec<Line> {
    let key = |line: &Line| (line.site.clone(), line.function.clone());
    let before: HashMap<_, _> = before.iter().map(|line| (key(line), line.bytes)).collect();
    for line in &mut lines {
        let earlier = before.get(&key(line)).copied().unwrap_or(0);
        line.grown = (line.bytes as i64).saturating_sub(earlier as i64);
    }
    let by_name = |a: &Line, b: &Line| (&a.site, &a.function).cmp(&(&b.site, &b.function));
    let mut by_bytes: Vec<usize> = (0..lines.len()).collect();
    let mut by_growth = by_bytes.clone();
    by_bytes.sort_by(|&a, &b| {
        let (a, b) = (&lines[a], &lines[b]);
        b.bytes.cmp(&a.bytes).then_with(|| by_name(a, b))
    });
    by_growth.sort_by(|&a, &b| {
        let (a, b) = (&lines[a], &lines[b]);
        b.grown.cmp(&a.grown).then(b.bytes.cmp(&a.bytes)).then_with(|| by_name(a, b))
    });
    by_growth.retain(|&index| lines[index].grown > 0);
    by_bytes.retain(|&index| lines[index].bytes > 0);
    let mut chosen: Vec<usize> = Vec::with_capacity(count);
    let longest = by_growth.len().max(by_bytes.len());
    let in_turn = (0..longest).flat_map(|rank| [by_growth.get(rank), by_bytes.get(rank)]);
    for &index in in_turn.flatten() {
        if chosen.len() < count && !chosen.contains(&index) {
            chosen.push(index);
        }
    }
    chosen.into_iter().map(|index| std::mem::take(&mut lines[index])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(site: &str, bytes: u64) -> Line {
        Line { site: site.to_owned(), bytes, ..Line::default() }
    }

    #[test]
    fn the_line_that_has_grown_most_is_first_and_the_largest_is_there() {
        let before = [line("cache", 900), line("leak", 10), line("shrinks", 70)];
        let now = vec![line("cache", 900), line("leak", 310), line("shrinks", 50), line("new", 40)];
        let shown = top_lines(now, &before, 3);
        let shown: Vec<_> =
            shown.iter().map(|line| (&*line.site, line.bytes, line.grown)).collect();
        assert_eq!(shown, [("leak", 310, 300), ("cache", 900, 0), ("new", 40, 40)]);
    }

    #[test]
    fn lines_that_hold_nothing_are_left_out() {
        assert_eq!(top_lines(vec![line("a", 0)], &[line("a", 5)], 3), []);
    }
}
