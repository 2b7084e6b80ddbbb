use std::path::Path;
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
    let folder = Folder::with("run.json", &sample::leak());
    let ran = folder.run(&["export", "run.json", "--format", "pprof", "--output", "run.pb"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "wrote: run.pb\n"));
    let Some(held) = pprof(&folder, &["-top", "-lines", "-unit=B", "-nodefraction=0"]) else {
        return;
    };
    insta::assert_snapshot!(held, @"
    Type: inuse_space
    Showing nodes accounting for 100050000B, 99.90% of 100146000B total
          flat  flat%   sum%        cum   cum%
    100000000B 99.85% 99.85% 100000000B 99.85%  leak::process examples/leak.rs:35
        50000B  0.05% 99.90%     50000B  0.05%  leak::process examples/leak.rs:36
        48000B 0.048%   100%     48000B 0.048%  text::parse src/text.rs:6
       -48000B 0.048% 99.90%    -48000B 0.048%  text::parse src/text.rs:8
    ");
    let peak = ["-top", "-unit=B", "-sample_index=peak_space"];
    insta::assert_snapshot!(pprof(&folder, &peak).unwrap(), @"
    Type: peak_space
    Showing nodes accounting for 300000000B, 99.91% of 300272000B total
    Dropped 2 nodes (cum <= 1501360B)
          flat  flat%   sum%        cum   cum%
    300000000B 99.91% 99.91% 300000000B 99.91%  audit::log
    ");
}

#[test]
fn pprof_shows_the_chosen_figure_first() {
    let folder = Folder::with("run.json", &sample::leak());
    let export = ["export", "run.json", "--format=pprof", "--measure=allocations", "-o", "run.pb"];
    assert_eq!(folder.run(&export).code, 0);
    if let Some(text) = pprof(&folder, &["-top"]) {
        assert!(text.starts_with("Type: alloc_objects"), "{text}");
        assert!(text.contains("5000 83.18%"), "{text}");
    }
}

#[test]
fn folded_stacks_and_speedscope_go_through_a_pipe() {
    let folder = Folder::with("run.json", &sample::leak());
    let export = |format| folder.run(&["export", "run.json", "--format", format]);
    let folded = export("folded");
    assert_eq!((folded.code, folded.stdout.lines().count()), (0, 3), "{}", folded.stdout);
    assert!(export("speedscope").stdout.starts_with("{\"$schema\":"));
    assert_eq!(folder.run(&["export", "run.json"]).code, 2);
}

#[test]
fn a_flame_graph_is_a_picture_of_its_own() {
    let folder = Folder::with("run.json", &sample::leak());
    let ran = folder.run(&["flame", "run.json", "--output", "run.svg"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let picture = folder.read("run.svg");
    assert!(picture.starts_with("<?xml") && picture.contains("leak::process"));

    folder.record("rss.json", &sample::resident());
    let nothing = folder.run(&["flame", "rss.json", "--measure", "peak"]);
    assert_eq!(nothing.code, 125);
    let line = "error: no line has any peak: choose another figure with --measure\n";
    assert_eq!((nothing.stdout.as_str(), nothing.stderr.as_str()), ("", line));
    assert!(!Path::new("rss.svg").exists());
}
