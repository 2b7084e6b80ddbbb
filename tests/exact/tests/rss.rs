//! Without the counting allocator, a reading is the resident set, in whole pages.

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
