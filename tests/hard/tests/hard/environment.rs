//! The effects of the `MEM_PROFILE…` variables on a real program.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use mem_profile::recording::Recording;
use tempfile::TempDir;

use crate::run::{Report, bin, json, run, writes};

/// Standard error of a run with these variables, which must end as usual.
fn stderr(variables: &[(&str, &str)]) -> String {
    let ended = run(bin!("counted", "work").envs(variables.iter().copied()));
    assert_eq!(ended.code(), Some(3));
    assert_eq!(ended.stdout, "");
    without_resident_peak(&ended.stderr)
}

/// A report without the figures that differ from run to run.
fn without_resident_peak(report: &str) -> String {
    let mut marks = ["\"resident_peak\":", " · resident "].into_iter();
    let Some((before, after)) = marks.find_map(|mark| report.split_once(mark)) else {
        return report.into();
    };
    let is_size = |sign: char| sign.is_ascii_digit() || ". KMGiB".contains(sign);
    let after = after.trim_start_matches(is_size);
    let after = match after.strip_prefix(",\"resident\":{") {
        Some(set) => set.split_once('}').expect("the end of the resident set").1,
        None => after,
    };
    format!("{before}{after}")
}

#[test]
fn off_means_no_output_and_the_same_exit_code() {
    for value in ["off", "OFF", "0", "false"] {
        assert_eq!(stderr(&[("MEM_PROFILE", value)]), "");
    }
    for value in ["on", "1", "true", ""] {
        assert_eq!(stderr(&[("MEM_PROFILE", value)]), stderr(&[]), "{value}");
    }
    assert_eq!(stderr(&[("MEM_PROFILE_FORMAT", "none")]), "");
}

#[test]
fn without_a_function_that_ran_there_is_no_report() {
    assert_eq!(run(&mut bin!("counted", "nothing")).stderr, "");
}

#[test]
fn the_backend_is_the_best_available_or_the_requested_one() {
    let (_, report) = json(&mut bin!("counted", "work"));
    assert_eq!(report.0.backend, "heap");
    assert_eq!(report.heap("grow", "vec!"), (1 << 20, 1 << 20, 1, 1));

    let (_, report) = json(bin!("counted", "work").env("MEM_PROFILE_BACKEND", "rss"));
    assert_eq!(report.0.backend, "rss");
    assert_eq!(report.line("grow", "vec!").allocations, None);

    let (ended, report) = json(&mut bin!("uncounted", "work"));
    assert_eq!((ended.code(), report.0.backend.as_str()), (Some(3), "rss"));
    let grown = report.line("grow", "vec!").increment.unwrap();
    // The pages of the vector, and of the code and data that run for the first time.
    assert!((16 << 20..(16 << 20) + (1 << 20)).contains(&grown), "{grown}");
}

#[test]
fn the_heap_without_the_allocator_costs_one_warning() {
    let command = &mut bin!("uncounted", "work");
    let ended = run(command.env("MEM_PROFILE_BACKEND", "heap").env("MEM_PROFILE_FORMAT", "json"));
    let (warning, report) = ended.stderr.split_once('\n').unwrap();
    assert!(warning.starts_with("mem-profile: MEM_PROFILE_BACKEND=heap needs"), "{warning}");
    assert!(warning.ends_with("using rss"), "{warning}");
    assert_eq!(Report::parse(report).0.backend, "rss");
    assert_eq!(ended.code(), Some(3));
}

#[test]
fn the_output_goes_to_the_chosen_file() {
    let ended = run(bin!("counted", "work").env("MEM_PROFILE_OUTPUT", "stdout"));
    assert_eq!(without_resident_peak(&ended.stdout), stderr(&[]));
    assert_eq!(ended.stderr, "");
    assert_eq!(stderr(&[("MEM_PROFILE_OUTPUT", "stderr")]), stderr(&[]));
}

#[test]
fn placeholders_in_the_path_are_filled_in() {
    let folder = TempDir::new().unwrap();
    let pattern = folder.path().join("%n-%p-%t-100%%.txt");
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = seconds();
    let mut child = bin!("counted", "work").env("MEM_PROFILE_OUTPUT", pattern).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));

    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    assert_eq!(without_resident_peak(&fs::read_to_string(file.path()).unwrap()), stderr(&[]));
    let name = file.file_name().into_string().unwrap();
    let rest = name.strip_prefix(&format!("counted-{}-", child.id())).expect(&name);
    let time: u64 = rest.strip_suffix("-100%.txt").expect(&name).parse().expect(&name);
    assert!((before..=seconds()).contains(&time), "{name}");
}

#[test]
fn each_format_is_written_alone_and_together() {
    let parts = [
        ("table", "\n\nFilename: tests/hard/src/bin/counted.rs  Function: counted::grow"),
        ("json", "{\"schema_version\":2,\"backend\":\"heap\","),
        ("markdown", "\n\n### `counted::"),
        ("csv", "function,"),
    ];
    for (format, part) in parts {
        let text = stderr(&[("MEM_PROFILE_FORMAT", format)]);
        assert!(text.contains(part), "{format}: {text}");
    }
    let alone = parts.map(|(format, _)| stderr(&[("MEM_PROFILE_FORMAT", format)]));
    let all = [("MEM_PROFILE_FORMAT", "table, json,markdown,CSV")];
    let (_, together) = writes(bin!("counted", "work").envs(all));
    let together: Vec<_> = together.iter().map(|text| without_resident_peak(text)).collect();
    assert_eq!(together, alone);

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report");
    let output = ("MEM_PROFILE_OUTPUT", path.to_str().unwrap());
    assert_eq!(stderr(&[all[0], output]), "");
    let files = ["txt", "json", "md", "csv"].map(|extension| path.with_extension(extension));
    let written = files.map(|file| without_resident_peak(&fs::read_to_string(file).unwrap()));
    assert_eq!(written, alone);
    assert!(!path.exists());
}

#[test]
fn the_filter_chooses_functions() {
    let names = |filter| {
        let (_, report) = json(bin!("counted", "work").env("MEM_PROFILE_FILTER", filter));
        report.names().join(" ")
    };
    for (filter, expected) in [
        ("", "grow shrink"),
        ("grow", "grow"),
        ("counted::s*", "shrink"),
        ("*r?w", "grow"),
        ("!shrink", "grow"),
        ("*,!*::grow", "shrink"),
        ("grow,shrink", "grow shrink"),
    ] {
        assert_eq!(names(filter), expected, "{filter}");
    }
}

#[test]
fn a_filter_that_matches_nothing_costs_one_line() {
    let line = "mem-profile: MEM_PROFILE_FILTER matches none of the functions that were called\n";
    let filter = ("MEM_PROFILE_FILTER", "other::*,grow2");
    assert_eq!(stderr(&[filter]), line);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    assert_eq!(stderr(&[filter, ("MEM_PROFILE_OUTPUT", path.to_str().unwrap())]), line);
    assert_eq!(Recording::open(&path).unwrap().snapshot.functions, []);
    assert_eq!(stderr(&[filter, ("MEM_PROFILE", "off")]), "");
    assert_eq!(run(bin!("counted", "nothing").env(filter.0, filter.1)).stderr, "");
}

#[test]
fn an_unknown_variable_costs_one_line() {
    let text = stderr(&[("MEM_PROFILE_OUTPT", "x.mprof"), ("MEM_PROFILE_FORMAT", "none")]);
    let line = "mem-profile: MEM_PROFILE_OUTPT is not known and has no effect; did you mean \
                MEM_PROFILE_OUTPUT?\n";
    assert_eq!(text, line);
}

#[test]
fn a_trace_that_is_not_available_costs_one_line() {
    let text = stderr(&[("MEM_PROFILE_TRACE", "1"), ("MEM_PROFILE_FORMAT", "none")]);
    // With another package of this workspace, the feature is there.
    let line = "mem-profile: MEM_PROFILE_TRACE=1 has no effect: it needs the feature `trace` of \
                mem-profile\n";
    assert!(text == line || text.contains("size="), "{text}");
}

/// Also where no measured function is ever called.
#[test]
fn a_monitor_that_is_not_available_costs_one_line() {
    let variable = ("MEM_PROFILE_MONITOR", "above");
    let line = "mem-profile: MEM_PROFILE_MONITOR=above has no effect: it needs the feature \
                `monitor` of mem-profile\n";
    let measured = stderr(&[variable, ("MEM_PROFILE_FORMAT", "none")]);
    let unmeasured = run(bin!("counted", "nothing").env(variable.0, variable.1)).stderr;
    for text in [measured, unmeasured] {
        // With another package of this workspace, the feature is there.
        assert!(text == line || text.contains("above= is not an amount"), "{text}");
    }
}

#[test]
fn a_report_has_the_format_of_its_file_name() {
    let folder = TempDir::new().unwrap();
    let written = |name: &str| {
        let path = folder.path().join(name);
        let message = stderr(&[("MEM_PROFILE_OUTPUT", path.to_str().unwrap())]);
        let report = without_resident_peak(&fs::read_to_string(&path).unwrap());
        (report, message.replace(path.to_str().unwrap(), name))
    };
    for (name, format) in [
        ("a.txt", "table"),
        ("a", "table"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("a.csv", "csv"),
        ("a.info", "lcov"),
    ] {
        let expected = stderr(&[("MEM_PROFILE_FORMAT", format)]);
        assert_eq!(written(name), (expected, String::new()), "{name}");
    }
    let line = "mem-profile: a.html becomes a text table: a run writes .txt, .json, .md, .csv and \
                .info; for .html set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile report \
                run.mprof --output a.html`\n";
    assert_eq!(written("a.html"), (stderr(&[]), line.to_owned()));
}

#[test]
fn a_timeline_that_is_not_available_costs_one_line() {
    let quiet = ("MEM_PROFILE_FORMAT", "none");
    let line = "mem-profile: MEM_PROFILE_INTERVAL has no effect without MEM_PROFILE_TIMELINE=on\n";
    assert_eq!(stderr(&[("MEM_PROFILE_INTERVAL", "5ms"), quiet]), line);
    assert_eq!(
        stderr(&[("MEM_PROFILE_INTERVAL", "5ms"), ("MEM_PROFILE_TIMELINE", "on"), quiet]),
        ""
    );
    let json = stderr(&[("MEM_PROFILE_TIMELINE", "on"), ("MEM_PROFILE_FORMAT", "json")]);
    assert!(json.starts_with('{') && json.contains("\"timeline\":{"), "{json}");
}

#[test]
fn unit_and_precision_format_the_sizes() {
    let line = |variables: &[(&str, &str)]| {
        let text = stderr(variables);
        let line = text.lines().find(|line| line.contains("let kept = vec!")).unwrap();
        let cells: Vec<_> = line.split_whitespace().skip(3).take(2).map(str::to_owned).collect();
        cells.join(" ")
    };
    assert_eq!(line(&[]), "1.000 MiB");
    for (unit, expected) in [
        ("B", "1048576 B"),
        ("KiB", "1024.000 KiB"),
        ("MiB", "1.000 MiB"),
        ("gib", "0.001 GiB"),
        ("auto", "1.000 MiB"),
    ] {
        assert_eq!(line(&[("MEM_PROFILE_UNIT", unit)]), expected);
    }
    assert_eq!(line(&[("MEM_PROFILE_PRECISION", "0")]), "1 MiB");
    let both = [("MEM_PROFILE_PRECISION", "9"), ("MEM_PROFILE_UNIT", "GiB")];
    assert_eq!(line(&both), "0.000976562 GiB");
}

#[test]
fn colour_is_on_request() {
    const HOT: &str = "\u{1b}[1;31m";
    assert_eq!(stderr(&[("MEM_PROFILE_COLOR", "always")]).matches(HOT).count(), 2);
    for variables in [
        &[] as &[_],
        &[("MEM_PROFILE_COLOR", "never"), ("CLICOLOR_FORCE", "1")],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
    ] {
        assert!(!stderr(variables).contains('\u{1b}'), "{variables:?}");
    }
    assert_eq!(stderr(&[("CLICOLOR_FORCE", "1")]).matches(HOT).count(), 2);
}

#[test]
fn the_width_cuts_the_source() {
    let widest = |width| {
        let text = stderr(&[("MEM_PROFILE_WIDTH", width), ("MEM_PROFILE_UNIT", "B")]);
        let rows = text.lines().filter(|line| line.contains("vec!") || line.contains('…'));
        rows.map(|line| line.chars().count()).max().unwrap()
    };
    assert_eq!(widest("100"), 100);
    assert_eq!(widest("1000"), widest(""));
    assert!(widest("") > 100);
}

#[test]
fn a_bad_value_costs_one_line_and_is_ignored() {
    let good = stderr(&[]);
    for (name, value) in [
        ("MEM_PROFILE", "maybe"),
        ("MEM_PROFILE_BACKEND", "valgrind"),
        ("MEM_PROFILE_FORMAT", "table,xml"),
        ("MEM_PROFILE_TOP", "some"),
        ("MEM_PROFILE_UNIT", "MB"),
        ("MEM_PROFILE_PRECISION", "ten"),
        ("MEM_PROFILE_COLOR", "blue"),
        ("MEM_PROFILE_WIDTH", "39"),
    ] {
        let text = stderr(&[(name, value)]);
        let (warning, report) = text.split_once('\n').unwrap();
        assert!(warning.starts_with(&format!("mem-profile: {name}={value} is not ")), "{warning}");
        assert!(warning.contains("; using "), "{warning}");
        assert_eq!(report, good, "{name}");
    }
}
