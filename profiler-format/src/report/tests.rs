//! Every format, rendered from one hand-made snapshot.

use super::*;
use crate::snapshot::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, LineSnapshot, ProcessPeak, RowKind,
};

const MIB: u64 = 1 << 20;

fn ran(line: u32, source: &str, usage: u64, increment: i64, peak: u64, count: u64) -> LineSnapshot {
    LineSnapshot {
        line,
        kind: RowKind::Body,
        source: source.into(),
        usage: Some(usage),
        increment: Some(increment),
        peak: Some(peak),
        at_peak: None,
        live: None,
        allocations: Some(count),
        allocated: Some(peak),
        occurrences: Some(count),
    }
}

fn unused(line: u32, source: &str) -> LineSnapshot {
    LineSnapshot { line, source: source.into(), ..LineSnapshot::default() }
}

/// The first of the lines is the entry.
fn function(name: &str, line: u32, mut lines: Vec<LineSnapshot>) -> FunctionSnapshot {
    lines[0].kind = RowKind::Entry;
    FunctionSnapshot {
        name: name.into(),
        file: "examples/leak.rs".into(),
        line,
        calls: 1,
        reading_at_entry: lines[0].usage,
        lines,
        ..FunctionSnapshot::default()
    }
}

fn heap() -> Snapshot {
    let build = vec![
        ran(7, "#[profile]", MIB, 1_048_576, 0, 1),
        ran(8, "    let block = vec![0_u8; SIZE];", 49 * MIB, 48 * 1_048_576, 48 * MIB, 1),
        ran(9, "\tlet sum = rows.iter().map(|row| row.len()).sum();", 49 * MIB, 0, 5 * MIB, 1),
        unused(10, "    fail(\"`a`, b\");"),
        ran(11, "}", MIB, -48 * 1_048_576, 0, 1),
    ];
    let main =
        vec![ran(2, "fn main() {", 0, 0, 0, 1), ran(3, "    build();", MIB, 16, 48 * MIB, 1)];
    Snapshot {
        process_bytes: Some(51_200_000),
        functions: vec![function("leak::main", 2, main), function("leak::build", 7, build)],
        ..Snapshot::empty(Backend::Heap)
    }
}

fn rss() -> Snapshot {
    let mut snapshot = heap();
    snapshot.backend = Backend::Rss;
    for line in snapshot.functions.iter_mut().flat_map(|function| &mut function.lines) {
        (line.peak, line.allocations, line.allocated) = (None, None, None);
    }
    snapshot
}

#[test]
fn table_of_heap() {
    insta::assert_snapshot!(render(&heap(), Format::Table, &Style::default()), @r#"
    48.8 MiB live at the end

    Filename: examples/leak.rs  Function: leak::main

    Line #    Mem usage    Increment         Peak  Allocs  Occurrences   Line Contents
    ==================================================================================
         2    0.000 MiB    0.000 MiB    0.000 MiB       1            1   fn main() {
         3    1.000 MiB    0.000 MiB   48.000 MiB       1            1       build();

    Filename: examples/leak.rs  Function: leak::build

    Line #    Mem usage    Increment         Peak  Allocs  Occurrences   Line Contents
    ==================================================================================
         7    1.000 MiB    1.000 MiB    0.000 MiB       1            1   #[profile]
         8   49.000 MiB   48.000 MiB   48.000 MiB       1            1       let block = vec![0_u8; SIZE];
         9   49.000 MiB    0.000 MiB    5.000 MiB       1            1       let sum = rows.iter().map(|row| row.len()).sum();
        10                                                                   fail("`a`, b");
        11    1.000 MiB  -48.000 MiB    0.000 MiB       1            1   }

    mem-profile: 2 functions, 4 lines ran, heap
    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen
    "#);
}

#[test]
fn table_of_rss() {
    insta::assert_snapshot!(render(&rss(), Format::Table, &Style::default()), @r#"
    48.8 MiB resident at the end

    Filename: examples/leak.rs  Function: leak::build

    Line #    Mem usage    Increment  Occurrences   Line Contents
    =============================================================
         7    1.000 MiB    1.000 MiB            1   #[profile]
         8   49.000 MiB   48.000 MiB            1       let block = vec![0_u8; SIZE];
         9   49.000 MiB    0.000 MiB            1       let sum = rows.iter().map(|row| row.len()).sum();
        10                                              fail("`a`, b");
        11    1.000 MiB  -48.000 MiB            1   }

    Filename: examples/leak.rs  Function: leak::main

    Line #    Mem usage    Increment  Occurrences   Line Contents
    =============================================================
         2    0.000 MiB    0.000 MiB            1   fn main() {
         3    1.000 MiB    0.000 MiB            1       build();

    mem-profile: 2 functions, 4 lines ran, rss
    rss counts resident pages of the whole process, all threads; file fault-around moves it by 16 to 48 pages
    "#);
}

#[test]
fn table_cut_to_a_narrow_terminal() {
    let style = Style { width: Some(60), unit: Unit::Auto, precision: 1, ..Style::default() };
    insta::assert_snapshot!(render(&rss(), Format::Table, &style), @r#"
    48.8 MiB resident at the end

    Filename: examples/leak.rs  Function: leak::build

    Line #    Mem usage    Increment  Occurrences   Line Contents
    =============================================================
         7      1.0 MiB      1.0 MiB            1   #[profile]
         8     49.0 MiB     48.0 MiB            1       let bloc…
         9     49.0 MiB          0 B            1       let sum …
        10                                              fail("`a…
        11      1.0 MiB    -48.0 MiB            1   }

    Filename: examples/leak.rs  Function: leak::main

    Line #    Mem usage    Increment  Occurrences   Line Contents
    =============================================================
         2          0 B          0 B            1   fn main() {
         3      1.0 MiB         16 B            1       build();

    mem-profile: 2 functions, 4 lines ran, rss
    rss counts resident pages of the whole process, all threads; file fault-around moves it by 16 to 48 pages
    "#);
}

#[test]
fn hot_lines_stand_out() {
    let style = Style { color: true, ..Style::default() };
    let text = render(&heap(), Format::Table, &style);
    let painted: Vec<_> = text.lines().filter(|line| line.contains('\u{1b}')).collect();
    insta::assert_debug_snapshot!(painted, @r#"
    [
        "\u{1b}[1;31m     3    1.000 MiB    0.000 MiB   48.000 MiB       1            1       build();\u{1b}[0m",
        "\u{1b}[1;31m     8   49.000 MiB   48.000 MiB   48.000 MiB       1            1       let block = vec![0_u8; SIZE];\u{1b}[0m",
    ]
    "#);
    assert!(painted.iter().all(|line| line.ends_with("\u{1b}[0m")));
}

#[test]
fn nothing_measured() {
    let mut snapshot = heap();
    snapshot.backend = Backend::Off;
    snapshot.functions.clear();
    insta::assert_snapshot!(render(&snapshot, Format::Table, &Style::default()), @"
    mem-profile: 0 functions, 0 lines ran, off
    nothing was measured: the profiler is switched off
    ");
}

#[test]
fn markdown() {
    insta::assert_snapshot!(render(&heap(), Format::Markdown, &Style::default()), @r#"
    48.8 MiB live at the end

    ### `leak::main` in `examples/leak.rs:2`

    | Line # | Mem usage | Increment | Peak | Allocs | Occurrences | Line Contents |
    | ---: | ---: | ---: | ---: | ---: | ---: | :--- |
    | 2 | 0.000 MiB | 0.000 MiB | 0.000 MiB | 1 | 1 | `fn main() {` |
    | 3 | 1.000 MiB | 0.000 MiB | 48.000 MiB | 1 | 1 | `    build();` |

    ### `leak::build` in `examples/leak.rs:7`

    | Line # | Mem usage | Increment | Peak | Allocs | Occurrences | Line Contents |
    | ---: | ---: | ---: | ---: | ---: | ---: | :--- |
    | 7 | 1.000 MiB | 1.000 MiB | 0.000 MiB | 1 | 1 | `#[profile]` |
    | 8 | 49.000 MiB | 48.000 MiB | 48.000 MiB | 1 | 1 | `    let block = vec![0_u8; SIZE];` |
    | 9 | 49.000 MiB | 0.000 MiB | 5.000 MiB | 1 | 1 | `    let sum = rows.iter().map(\|row\| row.len()).sum();` |
    | 10 | | | | | | ``    fail("`a`, b");`` |
    | 11 | 1.000 MiB | -48.000 MiB | 0.000 MiB | 1 | 1 | `}` |

    mem-profile: 2 functions, 4 lines ran, heap

    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen
    "#);
}

#[test]
fn csv() {
    insta::assert_snapshot!(render(&heap(), Format::Csv, &Style::default()), @r#"
    function,file,line,usage,increment,peak,at_peak,live,allocations,allocated,occurrences,kind,note,source
    leak::main,examples/leak.rs,2,0,0,0,,,1,0,1,entry,,fn main() {
    leak::main,examples/leak.rs,3,1048576,16,50331648,,,1,50331648,1,body,,    build();
    leak::build,examples/leak.rs,7,1048576,1048576,0,,,1,0,1,entry,,#[profile]
    leak::build,examples/leak.rs,8,51380224,50331648,50331648,,,1,50331648,1,body,,    let block = vec![0_u8; SIZE];
    leak::build,examples/leak.rs,9,51380224,0,5242880,,,1,5242880,1,body,,"'	let sum = rows.iter().map(|row| row.len()).sum();"
    leak::build,examples/leak.rs,10,,,,,,,,,body,,"    fail(""`a`, b"");"
    leak::build,examples/leak.rs,11,1048576,-50331648,0,,,1,0,1,body,,}
    "#);
}

#[test]
fn lcov() {
    insta::assert_snapshot!(render(&heap(), Format::Lcov, &Style::default()), @"
    TN:
    SF:examples/leak.rs
    FN:2,leak::main
    FNDA:1,leak::main
    FN:7,leak::build
    FNDA:1,leak::build
    FNF:2
    FNH:2
    DA:2,1
    DA:3,1
    DA:7,1
    DA:8,1
    DA:9,1
    DA:11,1
    LF:6
    LH:6
    end_of_record
    ");
}

#[test]
fn lcov_adds_up_functions_that_share_a_line() {
    let mut snapshot = heap();
    let twin = FunctionSnapshot { name: "leak::twin".into(), ..snapshot.functions[0].clone() };
    snapshot.functions.push(twin);
    let text = render(&snapshot, Format::Lcov, &Style::default());
    assert!(text.contains("DA:3,2\n"), "{text}");
}

#[test]
fn json() {
    let mut snapshot = heap();
    snapshot.functions.remove(0);
    snapshot.functions[0].lines.drain(1..4);
    let line = snapshot.functions[0].lines.first_mut().unwrap();
    (line.peak, line.allocations, line.allocated) = (None, None, None);
    let text = render(&snapshot, Format::Json, &Style::default());
    insta::assert_snapshot!(text.replace("{", "\n{").trim_start(), @r##"
    {"schema_version":2,"backend":"heap","process_bytes":51200000,"peak":null,"resident_peak":null,"functions":[
    {"name":"leak::build","file":"examples/leak.rs","line":7,"calls":1,"reading_at_entry":1048576,"peak":null,"note":null,"lines":[
    {"line":7,"kind":"entry","source":"#[profile]","usage":1048576,"increment":1048576,"peak":null,"at_peak":null,"live":null,"allocations":null,"allocated":null,"occurrences":1},
    {"line":11,"kind":"body","source":"}","usage":1048576,"increment":-50331648,"peak":0,"at_peak":null,"live":null,"allocations":1,"allocated":0,"occurrences":1}]}],"paths":null,"notes":[],"timeline":null}
    "##);
}

#[cfg(feature = "serde")]
#[test]
fn serde_reads_what_the_report_writes() {
    let text = render(&heap(), Format::Json, &Style::default());
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), heap());
}

#[test]
fn extremely_long_lines_are_not_wrapped() {
    let mut snapshot = heap();
    snapshot.functions[1].lines[1].source = "x".repeat(70_000);
    let lines = |snapshot| render(snapshot, Format::Table, &Style::default()).lines().count();
    assert_eq!(lines(&snapshot), lines(&heap()));
}

/// With the tracer.
fn traced() -> Snapshot {
    let mut snapshot = heap();
    snapshot.functions.remove(0);
    snapshot.notes = vec!["Live counts what was allocated since the tracer was started".into()];
    let lines = &mut snapshot.functions[0].lines;
    for line in lines.iter_mut().filter(|line| line.ran()) {
        line.live = Some(0);
    }
    // On a line that has no other figures: the call that goes on there allocates.
    (lines[1].live, lines[3].live) = (Some(48 * MIB), Some(MIB / 2));
    snapshot
}

#[test]
fn the_tracer_adds_a_column() {
    let traced = traced();
    insta::assert_snapshot!(render(&traced, Format::Table, &Style::default()), @r#"
    48.8 MiB live at the end

    Filename: examples/leak.rs  Function: leak::build

    Line #    Mem usage    Increment         Peak         Live  Allocs  Occurrences   Line Contents
    ===============================================================================================
         7    1.000 MiB    1.000 MiB    0.000 MiB    0.000 MiB       1            1   #[profile]
         8   49.000 MiB   48.000 MiB   48.000 MiB   48.000 MiB       1            1       let block = vec![0_u8; SIZE];
         9   49.000 MiB    0.000 MiB    5.000 MiB    0.000 MiB       1            1       let sum = rows.iter().map(|row| row.len()).sum();
        10                                           0.500 MiB                            fail("`a`, b");
        11    1.000 MiB  -48.000 MiB    0.000 MiB    0.000 MiB       1            1   }

    mem-profile: 1 function, 3 lines ran, heap
    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen
    Live counts what was allocated since the tracer was started
    "#);
    insta::assert_snapshot!(render(&traced, Format::Markdown, &Style::default()), @r#"
    48.8 MiB live at the end

    ### `leak::build` in `examples/leak.rs:7`

    | Line # | Mem usage | Increment | Peak | Live | Allocs | Occurrences | Line Contents |
    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | :--- |
    | 7 | 1.000 MiB | 1.000 MiB | 0.000 MiB | 0.000 MiB | 1 | 1 | `#[profile]` |
    | 8 | 49.000 MiB | 48.000 MiB | 48.000 MiB | 48.000 MiB | 1 | 1 | `    let block = vec![0_u8; SIZE];` |
    | 9 | 49.000 MiB | 0.000 MiB | 5.000 MiB | 0.000 MiB | 1 | 1 | `    let sum = rows.iter().map(\|row\| row.len()).sum();` |
    | 10 | | | | 0.500 MiB | | | ``    fail("`a`, b");`` |
    | 11 | 1.000 MiB | -48.000 MiB | 0.000 MiB | 0.000 MiB | 1 | 1 | `}` |

    mem-profile: 1 function, 3 lines ran, heap

    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen

    Live counts what was allocated since the tracer was started
    "#);
    insta::assert_snapshot!(render(&traced, Format::Csv, &Style::default()), @r#"
    function,file,line,usage,increment,peak,at_peak,live,allocations,allocated,occurrences,kind,note,source
    leak::build,examples/leak.rs,7,1048576,1048576,0,,0,1,0,1,entry,,#[profile]
    leak::build,examples/leak.rs,8,51380224,50331648,50331648,,50331648,1,50331648,1,body,,    let block = vec![0_u8; SIZE];
    leak::build,examples/leak.rs,9,51380224,0,5242880,,0,1,5242880,1,body,,"'	let sum = rows.iter().map(|row| row.len()).sum();"
    leak::build,examples/leak.rs,10,,,,,524288,,,,body,,"    fail(""`a`, b"");"
    leak::build,examples/leak.rs,11,1048576,-50331648,0,,0,1,0,1,body,,}
    "#);
    let text = render(&traced, Format::Json, &Style::default());
    assert_eq!(text.matches(r#""live":50331648,"#).count(), 1);
    assert_eq!(text.matches(r#""live":524288,"#).count(), 1);
    assert_eq!(text.matches(r#""live":0,"#).count(), 3);
    assert!(text.ends_with(
        "}],\"paths\":null,\"notes\":[\"Live counts what was allocated since the tracer was started\"],\"timeline\":null}\n"
    ));
}

#[test]
fn the_tracer_adds_a_column_to_the_resident_set_too() {
    let mut snapshot = rss();
    snapshot.functions[0].lines[1].live = Some(1);
    let text = render(&snapshot, Format::Table, &Style::default());
    assert!(text.contains("Line #    Mem usage    Increment         Live  Occurrences   Line"));
}

#[test]
fn every_format_says_of_a_function_that_it_is_measured_in_part() {
    let mut snapshot = heap();
    snapshot.functions[0].note = Some("measured in part: it ran on a coroutine".into());
    let style = Style::default();
    let [table, json, markdown, csv, lcov] =
        [Format::Table, Format::Json, Format::Markdown, Format::Csv, Format::Lcov]
            .map(|format| render(&snapshot, format, &style));
    assert!(table.contains("leak::main\nNote: measured in part: it ran on a coroutine\n\nLine #"));
    assert!(json.contains("\"note\":\"measured in part: it ran on a coroutine\""));
    assert!(markdown.contains("\n\n`measured in part: it ran on a coroutine`\n\n| Line #"));
    let is_said = |line: &&str| line.contains(",measured in part: it ran on a coroutine,");
    assert_eq!(csv.lines().filter(is_said).count(), snapshot.functions[0].lines.len());
    assert!(lcov.contains("\n# leak::main: measured in part: it ran on a coroutine\n"));
}

/// Bytes at the peak and at the end, by line.
fn held() -> Snapshot {
    let mut snapshot = heap();
    snapshot.peak =
        Some(ProcessPeak { bytes: 52_000_100, after: Some(1_234_567_890), uncertainty: 0 });
    snapshot.resident_peak = Some(60 * MIB);
    snapshot.functions[0].peak = Some(49 * MIB);
    snapshot.functions[1].peak = Some(48 * MIB);
    let own = |at_peak, live| Held { at_peak, live, ..Held::default() };
    let path =
        |caller, function, line, own| CallPath { caller, function, line, is_recursive: false, own };
    let all = vec![
        path(None, 0, 3, own(100, 0)),
        path(Some(0), 1, 8, own(48_000_000, 1000)),
        path(Some(0), 1, 9, own(3_000_000, 24)),
    ];
    for line in snapshot.functions.iter_mut().flat_map(|function| &mut function.lines) {
        let own = all.iter().find(|path| path.line == line.line).map(|path| path.own);
        line.at_peak = own.map(|own| own.at_peak).or(line.ran().then_some(0));
        line.live = own.map(|own| own.live).or(line.ran().then_some(0));
    }
    snapshot.process_bytes = Some(1024);
    let (outside, unattributed) = (own(1_000_000, 0), Held::default());
    snapshot.paths = Some(CallPaths { all, outside, unattributed });
    snapshot
}

#[test]
fn the_summary_comes_first_and_the_hottest_function_after_it() {
    insta::assert_snapshot!(render(&held(), Format::Table, &Style::default()), @r#"
    peak 49.6 MiB after 1.2 s · 1.0 KiB live at the end · resident 60.0 MiB
    at the peak, by line:
      45.8 MiB   92 %  examples/leak.rs:8  let block = vec![0_u8; SIZE];
       2.9 MiB    6 %  examples/leak.rs:9  let sum = rows.iter().map(|row| row.len()).sum();
       0.0 MiB   <1 %  in 1 more line · 1.0 MiB outside of measured functions
    tables: 1 of 2 functions shown (98 % of the peak); all: MEM_PROFILE_TOP=all, or `cargo mem-profile report --top all`

    Filename: examples/leak.rs  Function: leak::build  Peak: 48.000 MiB

    Line #    Mem usage    Increment         Peak      At peak  Share         Live  Allocs  Occurrences   Line Contents
    ===================================================================================================================
         7    1.000 MiB    1.000 MiB    0.000 MiB    0.000 MiB           0.000 MiB       1            1   #[profile]
         8   49.000 MiB   48.000 MiB   48.000 MiB   45.776 MiB   92 %    0.001 MiB       1            1       let block = vec![0_u8; SIZE];
         9   49.000 MiB    0.000 MiB    5.000 MiB    2.861 MiB    6 %    0.000 MiB       1            1       let sum = rows.iter().map(|row| row.len()).sum();
        10                                                                                                    fail("`a`, b");
        11    1.000 MiB  -48.000 MiB    0.000 MiB    0.000 MiB           0.000 MiB       1            1   }

    mem-profile: 2 functions, 4 lines ran, heap
    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen
    At peak and Live are bytes that the line itself allocated; the other columns include what it called
    "#);
    insta::assert_snapshot!(render(&held(), Format::Markdown, &Style::default()), @r#"
    peak 49.6 MiB after 1.2 s · 1.0 KiB live at the end · resident 60.0 MiB

    | At peak | Share | Line | Line Contents |
    | ---: | ---: | :--- | :--- |
    | 45.8 MiB | 92 % | `examples/leak.rs:8` | `let block = vec![0_u8; SIZE];` |
    | 2.9 MiB | 6 % | `examples/leak.rs:9` | `let sum = rows.iter().map(\|row\| row.len()).sum();` |
    | 0.0 MiB | <1 % | in 1 more line | |
    | 1.0 MiB | 2 % | outside of measured functions | |

    tables: 1 of 2 functions shown (98 % of the peak); all: MEM_PROFILE_TOP=all, or `cargo mem-profile report --top all`

    ### `leak::build` in `examples/leak.rs:7`

    Peak: 48.000 MiB

    | Line # | Mem usage | Increment | Peak | At peak | Share | Live | Allocs | Occurrences | Line Contents |
    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | :--- |
    | 7 | 1.000 MiB | 1.000 MiB | 0.000 MiB | 0.000 MiB | | 0.000 MiB | 1 | 1 | `#[profile]` |
    | 8 | 49.000 MiB | 48.000 MiB | 48.000 MiB | 45.776 MiB | 92 % | 0.001 MiB | 1 | 1 | `    let block = vec![0_u8; SIZE];` |
    | 9 | 49.000 MiB | 0.000 MiB | 5.000 MiB | 2.861 MiB | 6 % | 0.000 MiB | 1 | 1 | `    let sum = rows.iter().map(\|row\| row.len()).sum();` |
    | 10 | | | | | | | | | ``    fail("`a`, b");`` |
    | 11 | 1.000 MiB | -48.000 MiB | 0.000 MiB | 0.000 MiB | | 0.000 MiB | 1 | 1 | `}` |

    mem-profile: 2 functions, 4 lines ran, heap

    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen

    At peak and Live are bytes that the line itself allocated; the other columns include what it called
    "#);
}

#[test]
fn the_summary_fits_a_terminal() {
    let mut snapshot = held();
    snapshot.functions[1].file = "a/long/way/to/some/where/leak.rs".into();
    let style = Style { width: Some(72), ..Style::default() };
    let text = render(&snapshot, Format::Table, &style);
    let summary = text.split("\n\n").next().unwrap();
    insta::assert_snapshot!(summary, @"
    peak 49.6 MiB after 1.2 s · 1.0 KiB live at the end · resident 60.0 MiB
    at the peak, by line:
      45.8 MiB   92 %  …y/to/some/where/leak.rs:8  let block = vec![0_u8; S…
       2.9 MiB    6 %  …y/to/some/where/leak.rs:9  let sum = rows.iter().ma…
       0.0 MiB   <1 %  in 1 more line · 1.0 MiB outside of measured functions
    tables: 1 of 2 functions shown (98 % of the peak); all: MEM_PROFILE_TOP=all, or `cargo mem-profile report --top all`
    ");
}

/// The bytes of the rows and of the parts in the list of lines.
fn bytes_of_the_list(text: &str) -> u64 {
    let list = text.split("at the peak, by line:\n").nth(1).unwrap();
    let rows = list.lines().take_while(|line| line.starts_with("  "));
    let bytes = |part: &str| part.trim_start().split_once(" B ").unwrap().0.parse::<u64>().unwrap();
    rows.flat_map(|row| row.split(" · ").map(bytes)).sum()
}

#[test]
fn the_list_of_lines_adds_up_to_the_peak() {
    let style = Style { overview_unit: Unit::Byte, ..Style::default() };
    let peak = |text: &str| {
        text.strip_prefix("peak ").unwrap().split_once(" B").unwrap().0.parse::<u64>().unwrap()
    };
    for (outside, unattributed, lines) in
        [(0, 0, 1), (1_000_000, 0, 3), (7, 9, 40), (1 << 40, 1, 9)]
    {
        let mut snapshot = held();
        let paths = snapshot.paths.as_mut().unwrap();
        (paths.outside.at_peak, paths.unattributed.at_peak) = (outside, unattributed);
        let path = |line| CallPath {
            line,
            own: Held { at_peak: 10_007 * u64::from(line), ..Held::default() },
            ..paths.all[1]
        };
        paths.all = (1..=lines).map(path).collect();
        let total = paths.total().at_peak;
        let text = render(&snapshot, Format::Table, &style);
        assert_eq!((peak(&text), bytes_of_the_list(&text)), (total, total), "{text}");
    }
}

#[test]
fn tables_end_where_enough_of_the_peak_is_accounted_for() {
    let shown = |top| {
        let mut snapshot = held();
        let own = [400, 300, 200, 50, 50];
        let all = own.iter().enumerate();
        snapshot.paths = Some(CallPaths {
            all: all
                .map(|(function, &at_peak)| CallPath {
                    caller: None,
                    function,
                    line: 1,
                    is_recursive: false,
                    own: Held { at_peak, ..Held::default() },
                })
                .collect(),
            ..CallPaths::default()
        });
        let function = |(index, &at_peak): (usize, &u64)| FunctionSnapshot {
            name: format!("f{index}"),
            lines: vec![LineSnapshot {
                line: 1,
                at_peak: Some(at_peak),
                ..LineSnapshot::default()
            }],
            ..FunctionSnapshot::default()
        };
        snapshot.functions = own.iter().enumerate().map(function).collect();
        snapshot.functions.push(FunctionSnapshot::default());
        let text = render(&snapshot, Format::Table, &Style { top, ..Style::default() });
        let line = text.lines().find(|line| line.starts_with("tables: ")).map(str::to_owned);
        (text.matches("Function: ").count(), line)
    };
    let line = |text: &str| {
        Some(format!(
            "tables: {text}; all: MEM_PROFILE_TOP=all, or `cargo mem-profile report --top all`"
        ))
    };
    assert_eq!(shown(Top::Hot), (4, line("4 of 6 functions shown (95 % of the peak)")));
    assert_eq!(shown(Top::First(1)), (1, line("1 of 6 functions shown (40 % of the peak)")));
    assert_eq!(shown(Top::First(0)), (0, line("0 of 6 functions shown (0 % of the peak)")));
    assert_eq!(shown(Top::All), (6, None));
}

#[test]
fn without_live_blocks_the_summary_says_what_is_known() {
    let first = |snapshot: &Snapshot, style: &Style| {
        let text = render(snapshot, Format::Table, style);
        text.split("\n\n").next().unwrap().to_owned()
    };
    let mut snapshot = heap();
    snapshot.process_bytes = Some(512);
    snapshot.resident_peak = Some(20_761_804);
    snapshot.peak =
        Some(ProcessPeak { bytes: 17_700_000, after: Some(35_999_999), uncertainty: 131_072 });
    let style = Style::default();
    insta::assert_snapshot!(first(&snapshot, &style), @"
    peak 16.9 MiB (within 128.0 KiB) after 35 ms · 512 B live at the end · resident 19.8 MiB
    MEM_PROFILE_LIVE=1 shows the lines that held it
    ");
    let mib =
        Style { overview_unit: Unit::MiB, precision: 0, has_ended: false, ..Style::default() };
    insta::assert_snapshot!(first(&snapshot, &mib), @"
    peak 17 MiB (within 0 MiB) after 35 ms · 0 MiB live when reported · resident 20 MiB
    MEM_PROFILE_LIVE=1 shows the lines that held it
    ");
    snapshot.peak = None;
    insta::assert_snapshot!(first(&snapshot, &style), @"512 B live at the end · resident 19.8 MiB");
    snapshot.backend = Backend::Rss;
    insta::assert_snapshot!(first(&snapshot, &style), @"peak 19.8 MiB resident · 512 B resident at the end");
}

#[test]
fn without_live_blocks_the_highest_peak_comes_first() {
    let names = |snapshot: &Snapshot| {
        let Selection { functions, of } = Selection::hottest(snapshot, Top::Hot);
        assert_eq!(functions.len(), of.min(10));
        functions.iter().map(|&index| snapshot.functions[index].name.clone()).collect::<Vec<_>>()
    };
    let mut snapshot = heap();
    assert_eq!(names(&snapshot), ["leak::main", "leak::build"], "equal ones stay as they were");
    snapshot.functions[1].peak = Some(49 * MIB);
    assert_eq!(names(&snapshot), ["leak::build", "leak::main"]);
    snapshot.functions = vec![snapshot.functions[0].clone(); 12];
    assert_eq!(names(&snapshot).len(), 10);
}

#[test]
fn a_number_of_functions_holds_for_every_form() {
    let style = Style { top: Top::First(1), ..Style::default() };
    for format in [Format::Table, Format::Markdown, Format::Csv, Format::Json, Format::Lcov] {
        let text = render(&held(), format, &style);
        let names = ["leak::build", "leak::main"].map(|name| text.contains(name));
        assert_eq!(names, [true, false], "{text}");
    }
}
