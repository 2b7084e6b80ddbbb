//! Python's own `mprof` and this command read each other's files. `.ci/run python` installs it, and sets
//! `MPROF` to its path.

use std::process::Command;

use crate::recorded::{build, example};
use crate::run::{Folder, Ran, ran};

fn mprof(folder: &Folder, arguments: &[&str]) -> Ran {
    let mut command = Command::new(std::env::var_os("MPROF").expect("MPROF names the program"));
    // Text of pictures stays text.
    folder.write("matplotlibrc", "backend: agg\nsvg.fonttype: none\n");
    command.args(arguments).current_dir(folder.path(""));
    let ran = ran(&command.output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("Traceback"), "{}", ran.stderr);
    ran
}

/// The highest sample, in MiB, as written in the file.
fn highest(text: &str, kind: &str) -> f64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(kind));
    let field = |line: &str| line.split(' ').nth_back(1).unwrap().parse::<f64>().unwrap();
    lines.map(field).fold(0.0, f64::max)
}

/// The texts in a picture drawn by `mprof`.
fn texts(folder: &Folder, file: &str) -> Vec<String> {
    mprof(folder, &["plot", "-o", "plot.svg", file]);
    let picture = folder.read("plot.svg");
    let texts = picture.split("<text").skip(1).map(|it| {
        let it = &it[it.find('>').unwrap() + 1..];
        it[..it.find('<').unwrap()].to_owned()
    });
    texts.collect()
}

#[test]
#[ignore = "needs Python's mprof: `.ci/run python`"]
fn mprof_of_python_reads_these_files() {
    let folder = Folder::new();
    let program = build("leak", &example("leak"));
    let ran = folder.run(&["exec", "-q", "-o", "calls.dat", program.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let peak = mprof(&folder, &["peak", "calls.dat"]).stdout;
    let expected = highest(&folder.read("calls.dat"), "MEM ");
    assert!(expected > 30.0, "{expected}");
    assert!(peak.contains(&format!("calls.dat\t{expected:.3} MiB")), "{peak}");
    // The legend contains the function with its time.
    let calls = texts(&folder, "calls.dat");
    assert!(calls.iter().any(|text| text.starts_with("leak::process ")), "{calls:?}");

    let script = "x=$(head -c 33554432 /dev/zero | tr '\\0' x); \
        while ! grep -q '^CHLD .* [4-9][0-9]\\.' children.dat; do sleep 0.01; done; echo ${#x}";
    let ran = folder.run(&["exec", "-qMo", "children.dat", "sh", "-c", "sh -c \"$0\"; :", script]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "33554432\n"), "{}", ran.stderr);
    let children = texts(&folder, "children.dat");
    assert!(children.iter().any(|text| text.starts_with("child ")), "{children:?}");
}

const SCRIPT: &str = "
import time

@profile
def fill():
    taken = bytearray(32 << 20)
    time.sleep(0.5)
    return taken

taken = fill()
";

#[test]
#[ignore = "needs Python's mprof: `.ci/run python`"]
fn files_of_mprof_are_read() {
    let folder = Folder::new();
    folder.write("script.py", SCRIPT);
    mprof(&folder, &["run", "--interval", "0.01", "-o", "theirs.dat", "script.py"]);
    let theirs = folder.read("theirs.dat");
    assert!(theirs.contains("\nFUNC __main__.fill "), "{theirs}");
    let peak = mprof(&folder, &["peak", "theirs.dat"]).stdout;
    let ours = folder.run(&["peak", "theirs.dat"]);
    assert_eq!((ours.code, ours.stderr.as_str()), (0, ""));
    let line = format!("theirs.dat\t{:.3} MiB\n", highest(&theirs, "MEM "));
    assert!(peak.ends_with(&line) && ours.stdout == line, "{peak}{}", ours.stdout);
    let of_function = folder.run(&["peak", "theirs.dat", "--func", "fill"]).stdout;
    let mib: f64 = of_function.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(mib > 32.0, "{of_function}");
    let plot = folder.run(&["plot", "theirs.dat", "-o", "ours.svg"]);
    assert_eq!(plot.code, 0, "{}", plot.stderr);
    assert!(folder.read("ours.svg").contains("fill"));
}
