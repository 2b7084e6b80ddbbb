//! Every format, rendered from one hand-made snapshot.

mod summary;

use super::*;
use crate::snapshot::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, LineSnapshot, ProcessPeak, ResidentSet,
    RowKind,
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
    {"schema_version":2,"backend":"heap","process_bytes":51200000,"peak":null,"resident_peak":null,"resident":null,"functions":[
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
