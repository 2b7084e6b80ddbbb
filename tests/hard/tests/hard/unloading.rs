//! A shared library with annotated functions is unloaded under a thread that used it.

use std::path::PathBuf;

use crate::run::{Ended, Report, bin, run};

/// The folder of the shared libraries that a package depends on: cargo puts them beside this test.
fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libplugin.so")
}

fn host(function: &str, variables: &[(&str, &str)]) -> Ended {
    let library = library();
    let command = &mut bin!("plugin_host", library.to_str().unwrap(), function);
    run(command.envs(variables.iter().copied()))
}

#[test]
fn the_report_comes_when_the_library_is_unloaded() {
    let ended = host("plugin_measured", &[("MEM_PROFILE_FORMAT", "json")]);
    assert_eq!(
        (ended.code(), ended.stdout.as_str()),
        (Some(0), "1010 unloaded\n"),
        "{}",
        ended.stderr
    );
    let report = Report::parse(&ended.stderr);
    assert_eq!(report.heap("measured", "let block"), (1010, 1000, 2, 2));
    assert_eq!(report.0.functions[0].lines.last().unwrap().increment, Some(-1010));
}

#[test]
fn a_thread_outlives_a_library_that_is_switched_off_or_only_allocates() {
    for (function, variables) in [
        ("plugin_measured", &[("MEM_PROFILE", "off")] as &[_]),
        ("plugin_plain", &[]),
        ("plugin_plain", &[("MEM_PROFILE", "off")]),
    ] {
        let ended = host(function, variables);
        let printed = (ended.stdout.as_str(), ended.stderr.as_str());
        assert_eq!((ended.code(), printed), (Some(0), ("1010 unloaded\n", "")), "{function}");
    }
}

/// Checks the growth of memory by 10,000 loads and unloads, each with this environment.
fn left_behind(function: &str, variables: &[(&str, &str)]) {
    let library = library();
    let command = &mut bin!("plugin_host", library.to_str().unwrap(), function, "10000");
    let ended = run(command.env("MEM_PROFILE_FORMAT", "none").envs(variables.iter().copied()));
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let grown: Vec<usize> = ended.stdout.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [mappings, pages, resident, descriptors] = grown[..] else { panic!("{}", ended.stdout) };
    // The C library may make another heap, of 64 MiB. Leaked records of 64 KiB would be 160,000 pages.
    assert!(mappings <= 8 && pages < 40_000, "{grown:?}");
    assert!(resident < 100 && descriptors == 0, "{grown:?}");
}

#[test]
fn a_library_frees_its_records() {
    left_behind("plugin_measured", &[]);
    left_behind("plugin_plain", &[]);
    left_behind("plugin_measured", &[("MEM_PROFILE", "off")]);
    left_behind("plugin_measured", &[("MEM_PROFILE_BACKEND", "rss")]);
}

#[test]
fn a_library_frees_its_timeline() {
    left_behind("plugin_measured", &[("MEM_PROFILE_TIMELINE", "1")]);
}
