//! Functions that are measured only in part: every view says so.

use crate::run::Folder;
use crate::sample;

const NOTE: &str = "measured in part: it ran on a coroutine";

/// The first function has the note, the others have not.
fn folder() -> Folder {
    let mut snapshot = sample::leak();
    let folder = Folder::with("before.json", &snapshot);
    snapshot.functions[0].note = Some(NOTE.into());
    snapshot.functions[0].lines[4].increment = Some(1);
    folder.record("run.json", &snapshot);
    folder
}

#[test]
fn a_function_that_ran_on_a_coroutine_says_so_in_every_view() {
    let folder = folder();
    for view in [
        "report run.json",
        "report run.json --format markdown",
        "report run.json --format csv",
        "report run.json --format json",
        "report run.json --format lcov",
        "report run.json --format html",
        "diff before.json run.json",
        "diff run.json before.json --by function",
        "diff before.json run.json --format markdown",
        "diff before.json run.json --format csv",
        "diff before.json run.json --format json",
        "check run.json --baseline before.json",
    ] {
        let ran = folder.run(&view.split(' ').collect::<Vec<_>>());
        assert!(ran.stdout.contains(NOTE), "{view}: {ran:?}");
        let clean =
            folder.run(&view.replace("run.json", "before.json").split(' ').collect::<Vec<_>>());
        assert!(!clean.stdout.contains(NOTE), "{view}: {clean:?}");
    }
}

/// These formats have room for figures only.
#[test]
fn pictures_and_exports_say_so_on_standard_error() {
    let mut snapshot = sample::by_line();
    snapshot.functions[0].note = Some(NOTE.into());
    let folder = Folder::with("run.json", &snapshot);
    for view in [
        "flame run.json",
        "export run.json --format folded",
        "export run.json --format speedscope",
        "export run.json --format pprof --output run.pb",
    ] {
        let ran = folder.run(&view.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, 0);
        let said = ran.stderr.lines().next();
        assert_eq!(said, Some(&*format!("note: leak::process: {NOTE}")), "{view}");
    }
}

#[test]
fn the_summary_of_a_step_says_so() {
    let folder = folder();
    let mut check = folder.command(&["check", "run.json", "--baseline", "before.json"]);
    check.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path("summary.md"));
    check.output().unwrap();
    assert!(folder.read("summary.md").contains(NOTE));
}
