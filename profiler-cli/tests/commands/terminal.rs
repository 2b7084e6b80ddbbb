//! The commands in a terminal, created by `script` of util-linux.

#[cfg(feature = "tui")]
use std::io::Read;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use crate::run::{COMMAND, Folder, Ran, ran, wait_for};

/// Runs a command in a terminal of 60 columns. No shell remains above it, since Ctrl-C may end that too
/// and lose the exit code. Signals that the tests ignore have their default action there.
pub(crate) fn in_terminal(folder: &Folder, line: &str) -> Child {
    let line = line.replace("MEM", COMMAND);
    let line = format!("stty cols 60 rows 24; exec env --default-signal {line}");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.current_dir(folder.path("")).env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command.env("SHELL", "/bin/sh");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("script, of bsdutils")
}

fn ended(child: Child) -> Ran {
    ran(&child.wait_with_output().unwrap())
}

#[test]
fn a_program_that_handles_ctrl_c_is_sampled_further() {
    let folder = Folder::new();
    let script = "trap 'echo got it; touch got' INT; touch ready; \
        while [ ! -e stop ]; do sleep 0.02; done; exit 5";
    let mut child = in_terminal(&folder, &format!("MEM exec -o a.dat sh -c \"{script}\""));
    wait_for(|| folder.path("ready").exists());
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    wait_for(|| folder.path("got").exists());
    let samples = || folder.read("a.dat").matches("\nMEM ").count();
    let until_then = samples();
    wait_for(|| samples() > until_then);
    folder.write("stop", "");
    let ran = ended(child);
    drop(keys);
    assert_eq!(ran.code, 5, "{}", ran.stdout);
    assert!(ran.stdout.contains("got it") && ran.stdout.contains("peak:"), "{}", ran.stdout);
}

#[test]
fn a_program_that_ctrl_c_ends_ends_with_130() {
    let folder = Folder::new();
    let mut child = in_terminal(&folder, "MEM exec -q -o a.dat sh -c 'touch ready; sleep 60'");
    let mut keys = child.stdin.take().unwrap();
    wait_for(|| folder.path("ready").exists() && folder.has_samples());
    keys.write_all(b"\x03").unwrap();
    assert_eq!(ended(child).code, 130);
    assert!(folder.read("a.dat").contains("\nPEAK "));
}

#[test]
fn a_plot_has_the_colours_and_the_width_of_the_terminal() {
    let folder = Folder::new();
    let samples = (0..100).map(|index| format!("MEM {index}.000000 {index}.0000\n"));
    let calls = "FUNC app.load 10.0000 1.0000 30.0000 2.0000 0\n";
    folder.write("a.dat", &(samples.collect::<String>() + calls));
    let ran = ended(in_terminal(&folder, "MEM plot a.dat"));
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("\u{1b}["), "{}", ran.stdout);
    let plain = anstream::adapter::strip_str(&ran.stdout).to_string();
    let widths = plain.lines().map(|line| line.trim_end().chars().count());
    assert_eq!(widths.max(), Some(60), "{plain}");
}

#[cfg(not(feature = "tui"))]
#[test]
fn without_its_feature_top_says_how_to_get_it() {
    let ran = Folder::new().run(&["top", "run.mprof"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: this build has no `top`: install the command with `--features tui`");
}

#[cfg(feature = "tui")]
#[test]
fn top_shows_the_hottest_lines_until_q() {
    let folder = Folder::with("run.json", &crate::sample::leak());
    let ran = folder.run(&["top", "run.json"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: `top` needs a terminal: use `report` to print the figures once");
    let ran = folder.run(&["top", &std::process::id().to_string()]);
    assert!(
        ran.stderr.contains("writes no recording: run it with MEM_PROFILE_OUTPUT"),
        "{}",
        ran.stderr
    );

    let mut child = in_terminal(&folder, "MEM top run.json");
    let mut keys = child.stdin.take().unwrap();
    // It reads keys after it has drawn.
    let (mut output, mut drawn) = (child.stdout.take().unwrap(), Vec::new());
    while !String::from_utf8_lossy(&drawn).contains("leak::process:35") {
        let mut more = [0; 1024];
        let length = output.read(&mut more).unwrap();
        assert_ne!(length, 0, "{}", String::from_utf8_lossy(&drawn));
        drawn.extend(&more[..length]);
    }
    keys.write_all(b"jq").unwrap();
    std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert_eq!(ended(child).code, 0);
}
