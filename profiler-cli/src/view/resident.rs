//! Renders the resident set of a run that has ended, over time, as text and Markdown.

use mem_profile_format::report::Unit;
use mem_profile_format::{Division, ResidentSet, Snapshot};
use serde::Serialize;

use super::words::time;

/// Most moments in a table.
const MOST: usize = 20;

/// The resident set at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Moment {
    /// Nanoseconds since samples were taken; `None` at the end of the run.
    time: Option<u64>,
    resident: u64,
    /// At most.
    live: u64,
    profiler: u64,
    files: u64,
    /// At least.
    rest: u64,
    /// Not resident.
    untouched: u64,
}

/// The moments at which a run has recorded its resident set, in their order.
pub(crate) fn moments(snapshot: &Snapshot) -> Vec<Moment> {
    let samples = snapshot.timeline.iter().flat_map(|timeline| &timeline.samples);
    let samples = samples.map(|sample| (Some(sample.time), Some(sample.bytes), sample.resident));
    let all = samples.chain([(None, snapshot.process_bytes, snapshot.resident)]);
    let moment = |(time, live, set): (Option<u64>, Option<u64>, Option<ResidentSet>)| {
        let set = set?;
        let Division { live, profiler, files, rest, untouched, .. } = set.divided(live?);
        Some(Moment { time, resident: set.bytes, live, profiler, files, rest, untouched })
    };
    all.filter_map(moment).collect()
}

/// A row for a moment, of at most so many spans of equal length the one with the largest resident set.
fn rows(all: &[Moment]) -> Vec<Vec<String>> {
    let last = all.iter().filter_map(|moment| moment.time).max().unwrap_or(0);
    let span = |moment: &Moment| moment.time.map(|time| time / (last / MOST as u64 + 1));
    let spans = all.chunk_by(|one, next| span(one) == span(next));
    let largest = spans.filter_map(|span| span.iter().rev().max_by_key(|moment| moment.resident));
    let row = |moment: &Moment| {
        let when = moment.time.map_or_else(|| "end".to_owned(), |it| time(it as f64 / 1e9));
        let sizes = [moment.resident, moment.live, moment.profiler, moment.files, moment.rest];
        let sizes = sizes.map(|bytes| Unit::MiB.format(bytes.into(), 1));
        std::iter::once(when).chain(sizes).collect()
    };
    largest.map(row).collect()
}

const HEADINGS: [&str; 6] =
    ["time", "resident set", "live, at most", "the profiler", "code and files", "rest, at least"];

pub(crate) fn text(all: &[Moment]) -> String {
    let headings = HEADINGS.map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(headings).chain(rows(all)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..HEADINGS.len()).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("   ") + "\n"
    };
    rows.iter().map(line).chain(remarks(all).map(|remark| remark + "\n")).collect()
}

pub(crate) fn markdown(all: &[Moment]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head = line(&HEADINGS.map(str::to_owned)) + &line(&HEADINGS.map(|_| "--:".to_owned()));
    let rows: String = rows(all).iter().map(|row| line(row)).collect();
    let remarks: String = remarks(all).map(|remark| format!("\n{remark}\n")).collect();
    head + &rows + &remarks
}

fn remarks(all: &[Moment]) -> impl Iterator<Item = String> {
    let most = all.iter().map(|moment| moment.untouched).max().filter(|&bytes| bytes > 0);
    let untouched = most.map(|bytes| {
        let bytes = Unit::Auto.format(bytes.into(), 1);
        format!("At one moment, {bytes} of live blocks were not resident: never touched, or swapped out.")
    });
    let rest = "The rest is free memory, stacks, C libraries and all else.";
    std::iter::once(rest.to_owned()).chain(untouched)
}

#[cfg(test)]
mod tests {
    use mem_profile_format::{Backend, Reading, Timeline};

    use super::*;

    const MIB: u64 = 1 << 20;

    fn snapshot() -> Snapshot {
        let set = |bytes| ResidentSet { bytes: bytes * MIB, files: 2 * MIB, profiler: MIB };
        let reading = |time: u64, bytes: u64, resident: u64| Reading {
            time: time * 10_000_000,
            bytes: bytes * MIB,
            resident: (resident > 0).then(|| set(resident)),
        };
        let samples = (0..100).map(|time| reading(time, time, 4 + time));
        let samples = samples.chain([reading(100, 120, 110), reading(101, 7, 0)]).collect();
        Snapshot {
            process_bytes: Some(5 * MIB),
            resident: Some(set(20)),
            timeline: Some(Timeline { samples, ..Timeline::default() }),
            ..Snapshot::empty(Backend::Heap)
        }
    }

    #[test]
    fn each_span_of_time_has_its_largest_resident_set() {
        let all = moments(&snapshot());
        assert_eq!(all.len(), 102);
        assert!(all.iter().all(|it| it.live + it.profiler + it.files + it.rest == it.resident));
        let text = text(&all);
        assert_eq!(text.lines().count(), 1 + MOST + 1 + 2);
        let lines: Vec<_> = text.lines().collect();
        let shown = [lines[0], lines[1], lines[20], lines[21], lines[22], lines[23]].join("\n");
        insta::assert_snapshot!(shown, @"
          time   resident set   live, at most   the profiler   code and files   rest, at least
         50 ms        9.0 MiB         5.0 MiB        1.0 MiB          2.0 MiB          1.0 MiB
           1 s      110.0 MiB       107.0 MiB        1.0 MiB          2.0 MiB          0.0 MiB
           end       20.0 MiB         5.0 MiB        1.0 MiB          2.0 MiB         12.0 MiB
        The rest is free memory, stacks, C libraries and all else.
        At one moment, 13.0 MiB of live blocks were not resident: never touched, or swapped out.
        ");
        assert_eq!(markdown(&all).matches(" |\n").count(), 2 + MOST + 1);
        let end = Snapshot { timeline: None, ..snapshot() };
        assert_eq!(
            rows(&moments(&end)),
            [["end", "20.0 MiB", "5.0 MiB", "1.0 MiB", "2.0 MiB", "12.0 MiB"]]
        );
        assert_eq!(moments(&Snapshot::empty(Backend::Heap)), []);
    }
}
