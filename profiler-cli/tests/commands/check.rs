use mem_profile_format::Snapshot;

use crate::run::{Folder, Ran, ran};
use crate::sample;

/// The sample with a line that leaks ten times as much.
fn leaking() -> Snapshot {
    let mut after = sample::leak();
    after.functions[0].lines[4].increment = Some(1_000_000_000);
    after
}

fn folder() -> Folder {
    let folder = Folder::with("base.json", &sample::leak());
    folder.record("leaking.json", &leaking());
    folder
}

fn check(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&["check"], arguments].concat())
}

#[test]
fn a_run_within_its_limits_passes() {
    let ran = check(&folder(), &["base.json", "--baseline", "base.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout, @"mem-profile: all 28 figures are within their limits");
}

#[test]
fn an_exceeded_limit_exits_with_3_and_names_the_line() {
    let ran = check(&folder(), &["leaking.json", "--baseline", "base.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    insta::assert_snapshot!(ran.stdout, @r#"
    exceeded: examples/leak.rs:35 in leak::process: increment 953.7 MiB, limit 104.9 MiB, baseline 95.4 MiB
        let text = "x".repeat(100_000);
    mem-profile: 1 of 27 figures is over its limit
    "#);
}

#[test]
fn growth_and_slack_can_be_allowed() {
    let allow = |growth| check(&folder(), &["leaking.json", "--baseline=base.json", growth]).code;
    assert_eq!(allow("--growth=899%"), 3);
    assert_eq!(allow("--growth=900%"), 0);
    assert_eq!(allow("--slack=899999999"), 3);
    assert_eq!(allow("--slack=900 MB"), 0);
    assert_eq!(allow("--growth=ten"), 2);
    assert_eq!(allow("--slack=much"), 2);
}

#[test]
fn a_file_can_hold_limits_and_name_a_baseline_beside_it() {
    let folder = folder();
    std::fs::create_dir(folder.path("ci")).unwrap();
    folder.record("ci/main.json", &sample::leak());
    folder.write(
        "ci/limits.toml",
        "baseline = 'main.json'\n[[limit]]\nfunction = 'parse'\npeak = '30 KiB'\n",
    );
    let ran = check(&folder, &["leaking.json", "--baseline", "ci/limits.toml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    insta::assert_snapshot!(ran.stdout, @r#"
    exceeded: examples/leak.rs:35 in leak::process: increment 953.7 MiB, limit 104.9 MiB, baseline 95.4 MiB
        let text = "x".repeat(100_000);
    exceeded: src/text.rs:6 in text::parse: peak 31.2 KiB, limit 30.0 KiB
        let words: Vec<&str> = text.split(' ').collect();
    mem-profile: 2 of 28 figures are over their limits
    "#);
}

#[test]
fn a_limit_that_cannot_be_judged_fails() {
    let folder = folder();
    folder.write(
        "cut.json",
        &folder.read("base.json").replacen(
            '{',
            r#"{"incomplete":{"reason":"the program was killed","lossy":false},"#,
            1,
        ),
    );
    folder.write("empty.toml", "");
    folder.write("stale.toml", "baseline = 'gone.json'");
    folder.write("stranger.toml", "[[limit]]\nfunction = 'stranger'\npeak = 1");
    let refusal = |arguments: &[&str]| {
        let ran = check(&folder, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (125, ""), "{arguments:?}");
        ran.stderr
    };
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "none.json"]), @"error: cannot read none.json: No such file or directory (os error 2)");
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "none.toml"]), @"error: cannot read none.toml: No such file or directory (os error 2)");
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "stale.toml"]), @"error: cannot read gone.json: No such file or directory (os error 2)");
    insta::assert_snapshot!(refusal(&["cut.json", "--baseline", "base.json"]), @"error: cut.json is incomplete: the program was killed; record a whole run");
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "cut.json"]), @"error: cut.json is incomplete: the program was killed; record a whole run");
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "empty.toml"]), @"error: cannot use empty.toml: it contains no limit: add a `baseline` or a `[[limit]]`");
    insta::assert_snapshot!(refusal(&["base.json", "--baseline", "stranger.toml"]), @"
    error: no function that ran matches the limit on `stranger`: correct the pattern, or remove the limit
    ");
    assert_eq!(check(&folder, &["base.json"]).code, 2);
}

#[test]
fn a_function_that_did_not_run_is_a_warning() {
    let folder = folder();
    let mut fewer = sample::leak();
    fewer.functions.pop();
    folder.record("fewer.json", &fewer);
    let ran = check(&folder, &["fewer.json", "--baseline", "base.json"]);
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.stderr, @"warning: audit::log is in the baseline but did not run");
}

#[test]
fn github_marks_the_line_and_gets_a_summary() {
    let folder = folder();
    folder.write("summary.md", "what other steps said\n");
    let mut command = folder.command(&["check", "leaking.json", "--baseline", "base.json"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path("summary.md"));
    let ran = ran(&command.output().unwrap());
    assert_eq!(ran.code, 3);
    insta::assert_snapshot!(ran.stderr, @"
    ::error file=examples/leak.rs,line=35,title=mem-profile%3A increment exceeded::leak::process: increment 953.7 MiB, limit 104.9 MiB, baseline 95.4 MiB
    ");
    insta::assert_snapshot!(folder.read("summary.md"), @r#"
    what other steps said
    ### mem-profile: 1 of 27 figures is over its limit

    | Line | Function | Figure | Limit | Line Contents |
    | :--- | :--- | ---: | ---: | :--- |
    | `examples/leak.rs:35` | `leak::process` | increment 953.7 MiB | 104.9 MiB | `let text = "x".repeat(100_000);` |

    | Growth | Before | After | Line | Function | Line Contents |
    | ---: | ---: | ---: | :--- | :--- | :--- |
    | +858.3 MiB | 95.4 MiB | 953.7 MiB | `examples/leak.rs:35` | `leak::process` | `let text = "x".repeat(100_000);` |

    mem-profile: by increment, 1 grew, 0 shrank and 11 did not change
    "#);
}

#[test]
fn a_summary_that_cannot_be_written_is_a_failure() {
    let folder = folder();
    let mut command = folder.command(&["check", "base.json", "--baseline", "base.json"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path("no/where"));
    let ran = ran(&command.output().unwrap());
    assert_eq!(ran.code, 125);
    assert!(ran.stderr.starts_with("error: cannot write the summary to "), "{}", ran.stderr);
}
