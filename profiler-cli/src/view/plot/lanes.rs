//! Calls as what can be seen of them: each thread has a lane for each level, and each column of a
//! lane is the function that ran longest in it.

use std::collections::BTreeMap;

use super::chart::{Paint, Shade};
use super::scale::{COLUMNS, Scale};
use crate::timeline::{Span, Timeline};

/// In a lane: how long each function ran, by column.
type Columns<'a> = Vec<Vec<(&'a str, f64)>>;

/// The spans of all lanes, thread by thread, those of lower levels first.
pub(super) fn shades(timeline: &Timeline, scale: &Scale, paint: &Paint) -> Vec<Shade> {
    let mut lanes: BTreeMap<(u32, u32), Columns<'_>> = BTreeMap::new();
    for span in &timeline.spans {
        let lane = lanes.entry((span.thread, span.level));
        add(lane.or_insert_with(|| vec![Vec::new(); COLUMNS]), span, scale);
    }
    let lanes = (0..).zip(lanes).flat_map(|(row, ((thread, _), columns))| {
        joined(&columns)
            .into_iter()
            .map(move |(function, from, to)| {
                let (color, label) = paint.of(function);
                let (from, to) = (scale.column_start(from), scale.column_start(to));
                Shade { label: label.to_owned(), color, from, to, thread, row }
            })
            .collect::<Vec<_>>()
    });
    lanes.collect()
}

fn add<'a>(columns: &mut Columns<'a>, span: &'a Span, scale: &Scale) {
    let (from, to) = (scale.column_of(span.start.time), scale.column_of(span.end.time));
    // A call of no length was there as well.
    let to = to.max(from + 1e-6);
    let first = from.max(0.0) as usize;
    let last = (to.ceil().max(0.0) as usize).min(COLUMNS);
    for (index, column) in columns.iter_mut().enumerate().take(last).skip(first) {
        let share = to.min(index as f64 + 1.0) - from.max(index as f64);
        match column.iter_mut().find(|(function, _)| *function == span.function) {
            Some((_, sum)) => *sum += share,
            None => column.push((&span.function, share)),
        }
    }
}

/// The function of each column, and where it begins and ends.
fn joined<'a>(columns: &Columns<'a>) -> Vec<(&'a str, usize, usize)> {
    let mut joined: Vec<(&str, usize, usize)> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let longest = column.iter().max_by(|one, other| one.1.total_cmp(&other.1));
        let Some(&(function, _)) = longest else { continue };
        match joined.last_mut() {
            Some(last) if last.0 == function && last.2 == index => last.2 += 1,
            _ => joined.push((function, index, index + 1)),
        }
    }
    joined
}
