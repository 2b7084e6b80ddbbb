//! The first screen of each view: what it lists adds up to the peak of the process, to the byte.

use mem_profile_format::report::{self, Format, Style, Unit};
use mem_profile_format::{Held, Snapshot};
use serde_json::Value;

use super::programs::recordings;
use super::tables::page;

/// The report in bytes, so that sums are exact.
fn rendered(snapshot: &Snapshot, format: Format) -> String {
    let style = Style { unit: Unit::Byte, overview_unit: Unit::Byte, ..Style::default() };
    report::render(snapshot, format, &style)
}

/// A size at the start of a text: `12 B  outside of …`.
fn size(text: &str) -> u64 {
    let (bytes, _) = text.trim_start().split_once(" B").unwrap_or_else(|| panic!("{text}"));
    bytes.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// The sum of the sizes in the list above the tables. The last line has several parts.
fn of_text(snapshot: &Snapshot) -> u64 {
    let text = rendered(snapshot, Format::Table);
    let (_, list) = text.split_once("at the peak, by line:\n").expect("a list of lines");
    let lines: Vec<_> = list.lines().take_while(|line| line.starts_with("  ")).collect();
    let others = lines.last().into_iter().flat_map(|line| line.split(" · ").skip(1));
    let is_other = |part: &&str| part.ends_with("functions") || part.ends_with("full");
    lines.iter().map(|line| size(line)).sum::<u64>()
        + others.filter(is_other).map(size).sum::<u64>()
}

fn of_markdown(snapshot: &Snapshot) -> u64 {
    let text = rendered(snapshot, Format::Markdown);
    let rows = text.lines().skip_while(|line| !line.starts_with("| At peak |")).skip(2);
    rows.take_while(|row| !row.is_empty()).map(|row| size(row.trim_start_matches("| "))).sum()
}

/// Rows of the tables, and what the data says beside them.
fn of_json(snapshot: &Snapshot) -> [u64; 2] {
    let data: Value = serde_json::from_str(&rendered(snapshot, Format::Json)).unwrap();
    let functions = data["functions"].as_array().unwrap().iter();
    let rows: Vec<_> = functions.flat_map(|it| it["lines"].as_array().unwrap()).collect();
    let paths = &data["paths"];
    ["at_peak", "live"].map(|name| {
        let figure = |held: &Value| held[name].as_u64().unwrap_or(0);
        let rows: u64 = rows.iter().map(|row| figure(row)).sum();
        rows + figure(&paths["outside"]) + figure(&paths["unattributed"])
    })
}

/// The sums of the rankings of the page, each of which is what the page says.
fn of_page(page: &Value) -> [u64; 2] {
    ["at_peak", "live"].map(|name| {
        let rankings = page["rankings"].as_array().unwrap();
        let ranking = rankings.iter().find(|it| it["key"] == name).unwrap();
        let lines = ranking["lines"].as_array().unwrap().iter().map(|line| &line[2]);
        let all = lines.chain([&ranking["rest"][1], &ranking["outside"], &ranking["unattributed"]]);
        let sum = all.map(|bytes| bytes.as_u64().unwrap()).sum();
        assert_eq!(ranking["total"], sum, "{name}");
        sum
    })
}

#[test]
fn every_first_screen_adds_up_to_the_process() {
    let mut tried = [0, 0];
    for (program, recording) in recordings() {
        let snapshot = &recording.snapshot;
        let Some(paths) = &snapshot.paths else { continue };
        let Held { at_peak, live, .. } = paths.total();
        assert_eq!(snapshot.process_bytes, Some(live), "{program}: live");
        let peak = snapshot.peak.expect("blocks by line come with a peak");
        assert!(at_peak.abs_diff(peak.bytes) <= peak.uncertainty, "{program}: {peak:?}");
        assert_eq!(of_text(snapshot), at_peak, "{program}: text");
        assert_eq!(of_markdown(snapshot), at_peak, "{program}: Markdown");
        assert_eq!(of_json(snapshot), [at_peak, live], "{program}: JSON");
        let page = page(recording);
        assert_eq!(of_page(&page), [at_peak, live], "{program}: the page");
        assert_eq!(page["peak"]["bytes"], at_peak, "{program}: the page");
        tried[usize::from(peak.uncertainty > 0)] += 1;
    }
    assert!(tried[0] > 40 && tried[1] > 8, "{tried:?} with one thread, and with several");
}
