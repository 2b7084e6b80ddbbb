use std::process::Command;

use crate::run::Folder;
use crate::sample;

/// The output of `go tool pprof`; `None` if it is not installed.
fn pprof(folder: &Folder, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("go");
    command.args(["tool", "pprof"]).args(arguments).arg(folder.path("run.pb"));
    let Ok(output) = command.env("HOME", folder.path("")).output() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "go has to be installed where everything is tried"
        );
        eprintln!("go is not installed: its pprof was not asked");
        return None;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn go_tool_pprof_reads_an_export() {
    let folder = Folder::with("run.json", &sample::by_line());
    let ran = folder.run(&["export", "run.json", "--format", "pprof", "--output", "run.pb"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "wrote: run.pb\n"));
    let Some(held) = pprof(&folder, &["-top", "-lines", "-unit=B", "-nodefraction=0"]) else {
        return;
    };
    insta::assert_snapshot!(held, @"
    Type: peak_space
    Showing nodes accounting for 400175200B, 100% of 400175200B total
          flat  flat%   sum%        cum   cum%
    300000000B 74.97% 74.97% 300024000B 74.97%  audit::log src/text.rs:21
    100000000B 24.99%   100% 100000000B 24.99%  leak::process examples/leak.rs:35
       100000B 0.025%   100% 300124000B 75.00%  leak::process examples/leak.rs:38
        50000B 0.012%   100%     50000B 0.012%  leak::process examples/leak.rs:36
        24000B 0.006%   100%     24000B 0.006%  text::parse src/text.rs:6
         1200B 0.0003%   100%      1200B 0.0003%  [outside of measured functions]
             0     0%   100%     24000B 0.006%  [recursion]
    ");
    let live = ["-top", "-unit=B", "-sample_index=inuse_space"];
    insta::assert_snapshot!(pprof(&folder, &live).unwrap(), @"
    Type: inuse_space
    Showing nodes accounting for 100050000B, 100% of 100051200B total
    Dropped 1 node (cum <= 500256B)
          flat  flat%   sum%        cum   cum%
    100050000B   100%   100% 100050000B   100%  leak::process
    ");
}

#[test]
fn pprof_shows_the_chosen_figure_first() {
    let folder = Folder::with("run.json", &sample::by_line());
    let export = ["export", "run.json", "--format=pprof", "--measure=allocations", "-o", "run.pb"];
    assert_eq!(folder.run(&export).code, 0);
    if let Some(text) = pprof(&folder, &["-top"]) {
        assert!(text.starts_with("Type: alloc_objects"), "{text}");
        assert!(text.contains("5000 83.02%"), "{text}");
    }
}

#[test]
fn folded_stacks_and_speedscope_go_through_a_pipe() {
    let folder = Folder::with("run.json", &sample::by_line());
    let export = |format| folder.run(&["export", "run.json", "--format", format]);
    let folded = export("folded");
    assert_eq!((folded.code, folded.stdout.lines().count()), (0, 6), "{}", folded.stdout);
    assert!(export("speedscope").stdout.starts_with("{\"$schema\":"));
    assert_eq!(folder.run(&["export", "run.json"]).code, 2);
}

#[test]
fn a_flame_graph_is_a_picture_of_its_own() {
    let folder = Folder::with("run.json", &sample::by_line());
    let ran = folder.run(&["flame", "run.json", "--output", "run.svg"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let picture = folder.read("run.svg");
    assert!(picture.starts_with("<?xml") && picture.contains("leak::process"));

    folder.record("rss.json", &sample::resident());
    folder.record("rows.json", &sample::leak());
    let refused = |file| folder.run(&["flame", file, "--output", "none.svg"]);
    let (rss, rows) = (refused("rss.json"), refused("rows.json"));
    assert_eq!((rss.code, rows.code), (125, 125));
    insta::assert_snapshot!(rss.stderr, @"error: with rss, no line is known to hold memory: use mem_profile::Alloc in the program, and record with MEM_PROFILE_LIVE=1");
    insta::assert_snapshot!(rows.stderr, @"error: the recording does not say which lines hold the memory: record with MEM_PROFILE_LIVE=1");
    assert_eq!(folder.run(&["export", "rows.json", "--format", "folded"]).stderr, rows.stderr);
    assert!(!folder.path("none.svg").exists());
}
