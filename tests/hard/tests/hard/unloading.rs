//! A shared library with annotated functions is unloaded under a thread that used it.

use std::path::PathBuf;

use crate::run::{Ended, Report, bin, run};

/// Where cargo puts shared libraries that a package depends on: beside this test.
fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libplugin.so")
}

fn host(function: &str, variables: &[(&str, &str)]) -> Ended {
    let library = library();
    let command = &mut bin!("plugin_host", library.to_str().unwrap(), function);
    run(command.envs(variables.iter().copied()))
}

#[test]
fn the_report_comes_when_the_library_goes() {
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
