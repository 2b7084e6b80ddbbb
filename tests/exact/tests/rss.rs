//! Without the counting allocator, a reading is the resident set, in whole pages.

use serde_json::Value;

use crate::harness::Run;

const PAGE: i64 = 4096;

/// The most pages that a line may gain beyond those that it touches: a fault on a page of a file, such as
/// the program's own code, maps the 15 pages around it as well, and an otherwise idle line had up to
/// three such faults.
const SLACK: i64 = 48;

/// The number of pages in the comment at the end of a line.
fn pages(source: &str) -> Option<i64> {
    source.rsplit_once("// ")?.1.parse().ok()
}

#[test]
fn a_line_gains_the_pages_that_it_touches() {
    let run = Run::new("rss_pages", env!("CARGO_BIN_EXE_rss_pages"), "rss");
    assert_eq!(run.recording["backend"], "rss");
    let [function] = run.functions() else { panic!("one table") };
    let mut compared = 0;
    for line in function["lines"].as_array().expect("lines") {
        for nothing in ["peak", "allocations", "allocated"] {
            assert!(line[nothing].is_null(), "{line}");
        }
        let source = line["source"].as_str().expect("text");
        let Some(touched) = pages(source) else { continue };
        let increment = line["increment"].as_i64().expect("the line ran");
        assert_eq!(increment % PAGE, 0, "{line}");
        let surplus = increment / PAGE - touched;
        assert!(surplus.abs() <= SLACK, "{surplus} pages too many: {line}");
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn the_first_row_and_the_total_are_readings() {
    let run = Run::new("rss_pages", env!("CARGO_BIN_EXE_rss_pages"), "rss_total");
    let first = &run.functions()[0]["lines"][0];
    assert_eq!(first["usage"], first["increment"]);
    let entry = first["usage"].as_i64().expect("a reading");
    let end = run.recording["process_bytes"].as_i64().expect("a reading");
    // Between the two, 1 + 64 + 4096 + 1024 pages were touched. They may be unmapped again or not.
    assert!(entry > 0 && entry % PAGE == 0 && end % PAGE == 0, "{entry} {end}");
    let highest = run.functions()[0]["lines"].as_array().expect("lines").iter();
    let highest = highest.filter_map(|line| line["usage"].as_i64()).max().expect("readings");
    let touched = 1 + 64 + 4096 + 1024 + 2048;
    assert!((highest - entry) / PAGE - touched <= 2 * SLACK, "{highest} {entry}");
    assert!((highest - entry) / PAGE >= touched - SLACK, "{highest} {entry}");
}

/// A line with its number of pages, and how many it gained beyond those.
fn surplus(line: &Value) -> Option<i64> {
    let touched = pages(line["source"].as_str()?)?;
    Some(line["increment"].as_i64()? / PAGE - touched)
}

/// Whether a note says that not each end of a line was read.
fn has_note(run: &Run) -> bool {
    let notes = run.recording["notes"].as_array().map_or(&[][..], Vec::as_slice);
    notes.iter().any(|note| note.as_str().is_some_and(|note| note.contains("20 µs")))
}

fn lines<'a>(run: &'a Run, function: &str) -> &'a [Value] {
    let mut functions = run.functions().iter();
    let is_wanted =
        |found: &&Value| found["name"].as_str().is_some_and(|name| name.ends_with(function));
    functions.find(is_wanted).and_then(|function| function["lines"].as_array()).expect("it ran")
}

#[test]
fn lines_that_run_rarely_are_exact_and_no_note_says_otherwise() {
    let run = Run::new("rss_few", env!("CARGO_BIN_EXE_rss_few"), "rss_few");
    let surplus: Vec<_> = lines(&run, "few").iter().filter_map(surplus).collect();
    assert_eq!(surplus.len(), 4);
    assert!(surplus.iter().all(|pages| pages.abs() <= SLACK), "{surplus:?}");
    assert!(!has_note(&run), "{}", run.recording["notes"]);
}

#[test]
fn lines_that_take_long_are_exact_however_often_they_run() {
    let run = Run::new("rss_many", env!("CARGO_BIN_EXE_rss_many"), "rss_slow");
    let surplus: Vec<_> = lines(&run, "slow").iter().filter_map(surplus).collect();
    assert_eq!(surplus.len(), 3);
    assert!(surplus.iter().all(|pages| pages.abs() <= SLACK), "{surplus:?}");
}

#[test]
fn ends_of_lines_are_skipped_but_no_page_is_lost_and_a_note_says_so() {
    let run = Run::new("rss_many", env!("CARGO_BIN_EXE_rss_many"), "rss_fast");
    assert!(has_note(&run), "{}", run.recording["notes"]);
    // The first line of the table is a reading, and no line.
    let lines = &lines(&run, "fast")[1..];
    let gained = |line: &Value| line["increment"].as_i64().map(|bytes| bytes / PAGE);
    let all = lines.iter().filter_map(gained).sum::<i64>();
    assert!((all - 5000).abs() <= lines.len() as i64 * SLACK, "{all} pages");
    let most = lines.iter().filter_map(gained).max().expect("lines");
    assert!(most > 5000 - SLACK, "one line was current when they were seen: {most} pages");
}
