//! Reports of recordings that say which lines hold the memory, and of those that do not.

use super::*;

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
    snapshot.peak = Some(ProcessPeak { bytes: 16_384, after: None, uncertainty: 131_072 });
    let first_line = first(&snapshot, &style);
    let first_line = first_line.lines().next().unwrap();
    insta::assert_snapshot!(first_line, @"peak 16.0 KiB (at most 144.0 KiB) · 512 B live at the end · resident 19.8 MiB");
    snapshot.peak = Some(ProcessPeak { bytes: 16_384, after: Some(9_999_999), uncertainty: 0 });
    assert!(first(&snapshot, &style).starts_with("peak 16.0 KiB after less than 10 ms · "));
    snapshot.peak = None;
    insta::assert_snapshot!(first(&snapshot, &style), @"512 B live at the end · resident 19.8 MiB");
    snapshot.backend = Backend::Rss;
    insta::assert_snapshot!(first(&snapshot, &style), @"peak 19.8 MiB resident · 512 B resident at the end");
}

#[test]
fn a_peak_above_the_resident_set_was_partly_untouched() {
    let first = |resident: u64, uncertainty| {
        let mut snapshot = held();
        snapshot.resident_peak = Some(resident);
        snapshot.peak.as_mut().unwrap().uncertainty = uncertainty;
        let text = render(&snapshot, Format::Table, &Style::default());
        text.lines().next().unwrap().split(" · ").last().unwrap().to_owned()
    };
    let peak = 52_000_100;
    assert_eq!(first(peak, 0), "resident 49.6 MiB");
    assert_eq!(first(peak - peak / 100, 0), "resident 49.1 MiB");
    let untouched = "resident 19.6 MiB, so at least 30.0 MiB of the peak was untouched";
    assert_eq!(first(peak - 30 * MIB, 0), untouched);
    assert_eq!(first(peak - 30 * MIB - 2000, 2000), untouched);
    assert_eq!(first(peak - 30 * MIB, 30 * MIB), "resident 19.6 MiB");
}

#[test]
fn a_resident_set_is_explained_if_much_of_it_is_not_live() {
    let mut snapshot = heap();
    let line = |snapshot: &Snapshot, style: &Style| {
        let text = render(snapshot, Format::Table, style);
        let line = text.lines().find(|line| line.starts_with("resident set "));
        let markdown = render(snapshot, Format::Markdown, style);
        assert_eq!(line.is_some(), line.is_some_and(|line| markdown.contains(line)), "{markdown}");
        line.map(str::to_owned)
    };
    let style = Style::default();
    assert_eq!(line(&snapshot, &style), None, "it is not known");
    let mib = |tenths: u64| tenths * MIB / 10;
    let set = ResidentSet { bytes: mib(2474), files: mib(23), profiler: mib(8) };
    (snapshot.resident, snapshot.process_bytes) = (Some(set), Some(mib(127)));
    insta::assert_snapshot!(
        line(&snapshot, &style).unwrap(),
        @"resident set 247.4 MiB at the end: live blocks at most 12.7, code and files 2.3, the profiler itself 0.8, free and other at least 231.6"
    );
    let running =
        Style { overview_unit: Unit::KiB, precision: 0, has_ended: false, ..Style::default() };
    insta::assert_snapshot!(
        line(&snapshot, &running).unwrap(),
        @"resident set 253338 KiB when reported: live blocks at most 13005, code and files 2355, the profiler itself 819, free and other at least 237158"
    );
    // A quarter of it, and 16 MiB.
    let with_rest = |bytes, rest| {
        let set = ResidentSet { bytes, files: 0, profiler: 0 };
        Snapshot { resident: Some(set), process_bytes: Some(bytes - rest), ..heap() }
    };
    for (bytes, rest, is_shown) in [
        (64 * MIB, 16 * MIB, true),
        (64 * MIB, 16 * MIB - 1, false),
        (16 * MIB, 16 * MIB, true),
        (4000 * MIB, 1000 * MIB, true),
        (4000 * MIB, 1000 * MIB - 1, false),
    ] {
        assert_eq!(line(&with_rest(bytes, rest), &style).is_some(), is_shown, "{bytes} {rest}");
    }
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
