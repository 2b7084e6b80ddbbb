//! `exec` and `attach`: samples of all kinds of programs.
#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::fs;
use std::process::{Command, Stdio};

use crate::run::{COMMAND, Folder, Ran, ran, wait_for};

/// The sample file of a run, and its lines.
fn left(folder: &Folder) -> (String, Vec<String>) {
    let listed = folder.run(&["list"]).stdout;
    let name = listed.split_whitespace().nth(1).expect("a file").to_owned();
    let lines = folder.read(&name).lines().map(str::to_owned).collect();
    (name, lines)
}

fn exec(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&["exec"], arguments].concat())
}

fn of_kind<'a>(lines: &'a [String], kind: &str) -> Vec<Vec<&'a str>> {
    let fields = lines.iter().map(|line| line.split(' ').collect::<Vec<_>>());
    fields.filter(|fields| fields[0] == kind).collect()
}

fn mib(fields: &[&str]) -> f64 {
    fields[fields.len() - 2].parse().unwrap()
}

/// A script that waits for the first sample.
const SAMPLED: &str = "while ! grep -q ^MEM *.dat; do sleep 0.01; done";

#[test]
fn a_run_has_samples_the_peak_of_the_system_and_unchanged_output() {
    let folder = Folder::new();
    let script = "echo out; echo err >&2; cat; \
        while [ $(grep -c ^MEM *.dat) -lt 4 ]; do sleep 0.01; done; exit 3";
    let ran = exec(&folder, &["sh", "-c", script, "a b"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, "out\n"));
    let (name, lines) = left(&folder);
    let command = shlex::split(lines[0].strip_prefix("CMDLINE ").unwrap()).unwrap();
    assert_eq!(command, ["sh", "-c", script, "a b"]);
    let samples = of_kind(&lines, "MEM");
    let peak = of_kind(&lines, "PEAK");
    assert!(samples.len() > 3, "a short run has samples too: {lines:?}");
    assert!(peak.len() == 1 && samples.iter().all(|it| mib(it) <= mib(&peak[0])));
    let said: Vec<_> = ran.stderr.lines().collect();
    assert_eq!((said.len(), said[0]), (2, "err"));
    let end = format!("as reported by the system; {name} has {} samples", samples.len());
    assert!(said[1].starts_with("peak: ") && said[1].ends_with(&end), "{said:?}");
}

#[test]
fn a_program_that_cannot_run_ends_as_in_a_shell_and_leaves_no_file() {
    let folder = Folder::new();
    let missing = exec(&folder, &["no-such-program"]);
    assert_eq!(missing.code, 127);
    insta::assert_snapshot!(missing.stderr, @"error: cannot run no-such-program: No such file or directory (os error 2)");
    folder.write("plain", "no program");
    for path in ["./plain", "."] {
        let ran = exec(&folder, &[path]);
        assert_eq!(ran.code, 126, "{}", ran.stderr);
    }
    assert_eq!(folder.run(&["list"]).stdout, "");
    assert_eq!(exec(&folder, &[]).code, 2);
    let nowhere = exec(&folder, &["-o", "no/such/folder.dat", "sh", "-c", "touch ran"]);
    assert_eq!((nowhere.code, folder.path("ran").exists()), (125, false));
    insta::assert_snapshot!(nowhere.stderr, @"error: cannot write no/such/folder.dat: name another file with --output: No such file or directory (os error 2)");
}

#[test]
fn a_killed_program_ends_with_its_signal() {
    let folder = Folder::new();
    for (signal, code) in [("KILL", 137), ("TERM", 143), ("ABRT", 134)] {
        assert_eq!(exec(&folder, &["-q", "sh", "-c", &format!("kill -{signal} $$")]).code, code);
    }
}

#[test]
fn sent_signals_are_forwarded() {
    for (signal, code) in [("INT", 42), ("TERM", 43), ("HUP", 44), ("USR1", 45)] {
        let folder = Folder::new();
        let script =
            format!("trap 'exit {code}' {signal}; touch ready; while :; do sleep 0.02; done");
        let mut command = folder.command(&["exec", "-o", "a.dat", "sh", "-c", &script]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(|| folder.path("ready").exists() && folder.has_samples());
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        let ran = ran(&child.wait_with_output().unwrap());
        assert_eq!(ran.code, code, "{signal}");
    }
}

#[test]
fn ignored_signals_stay_ignored() {
    let folder = Folder::new();
    let script = format!("trap '' INT; '{COMMAND}' exec -q sh -c 'kill -INT $$; exit 6'");
    let status = Command::new("sh").args(["-c", &script]).current_dir(folder.path("")).status();
    assert_eq!(status.unwrap().code(), Some(6));
}

#[test]
fn a_child_that_forks_and_exits_is_not_waited_for_longer() {
    let folder = Folder::new();
    let child = "for i in $(seq 6000); do [ -e stop ] && exit; sleep 0.02; done; touch over";
    let ran = exec(&folder, &["sh", "-c", &format!("({child}) >&- 2>&- & {SAMPLED}; exit 4")]);
    let is_over = folder.path("over").exists();
    folder.write("stop", "");
    assert_eq!((ran.code, is_over), (4, false));
    assert!(!of_kind(&left(&folder).1, "MEM").is_empty());
}

/// Allocates 32 MiB in a grandchild whose parent has ended. `looks` waits until all processes have been
/// sampled once more.
const ORPHAN: &str = r#"
    looks() { n=$(grep -c ^MEM a.dat); while [ $(grep -c ^MEM a.dat) -lt $((n + 2)) ]; do sleep 0.01; done; }
    child() {
        looks; touch seen
        while [ ! -e orphaned ]; do sleep 0.01; done
        x=$(head -c 33554432 /dev/zero | tr "\0" x)
        looks; echo ${#x} >size
    }
    (child & while [ ! -e seen ]; do sleep 0.01; done)
    touch orphaned
    while [ ! -s size ]; do sleep 0.02; done
"#;

#[test]
fn children_are_added_or_have_lines_of_their_own() {
    let orphan = ["-T", "10ms", "-o", "a.dat", "sh", "-c", ORPHAN];
    let lines = |children| {
        let folder = Folder::new();
        assert_eq!(exec(&folder, &[&[children], &orphan[..]].concat()).code, 0);
        folder.read("a.dat").lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let highest =
        |lines: &[String], kind| of_kind(lines, kind).iter().map(|it| mib(it)).fold(0.0, f64::max);
    let sums = lines("-C");
    assert!(of_kind(&sums, "CHLD").is_empty() && of_kind(&sums, "PEAK").is_empty());
    assert!(highest(&sums, "MEM") > 32.0, "{sums:?}");

    let separate = lines("-M");
    assert!(highest(&separate, "CHLD") > 32.0, "{separate:?}");
    assert!(highest(&separate, "MEM") < 32.0, "{separate:?}");
    // Each child has the name of its program, before its first sample.
    let known: HashSet<_> = of_kind(&separate, "NAME").into_iter().map(|it| it[1]).collect();
    let sampled: HashSet<_> = of_kind(&separate, "CHLD").into_iter().map(|it| it[1]).collect();
    assert!(!known.is_empty() && known == sampled, "{separate:?}");
    let first = |kind| separate.iter().position(|line| line.starts_with(kind));
    assert!(first("NAME") < first("CHLD"), "{separate:?}");
}

/// Two children that have 32 MiB each at the same time, until they have been sampled.
const PAIR: &str = r#"
    child() {
        x=$(head -c 33554432 /dev/zero | tr "\0" x)
        touch $1
        while [ ! -e a ] || [ ! -e b ]; do sleep 0.01; done
        n=$(grep -c ^MEM a.dat)
        while [ $(grep -c ^MEM a.dat) -lt $((n + 3)) ]; do sleep 0.01; done
        echo ${#x} >>sizes
    }
    child a & child b & wait
"#;

#[test]
fn the_headline_is_about_all_processes() {
    let said = |options: &[&str]| {
        let folder = Folder::new();
        let program = ["-T", "10ms", "-o", "a.dat", "sh", "-c", PAIR];
        let ran = exec(&folder, &[options, &program[..]].concat());
        assert_eq!((ran.code, folder.read("sizes")), (0, "33554432\n33554432\n".into()));
        ran.stderr.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let size = |text: &str| text.split(' ').next().unwrap().parse::<f64>().unwrap();
    let peak = |line: &str| size(line.strip_prefix("peak: ").unwrap());
    let lines = said(&["-M"]);
    assert!(peak(&lines[0]) > 64.0, "{lines:?}");
    assert!(lines[0].contains(" processes at one time, memory that they share counted in each"));
    assert_eq!(lines[1], "each process at its own peak:");
    for line in &lines[2..4] {
        let own = size(line.trim_start());
        assert!(own > 32.0 && line.contains(" MiB  sh ("), "{lines:?}");
    }
    let itself = lines.last().unwrap().trim_start();
    assert!(itself.ends_with("sh, the program itself") && size(itself) < 32.0, "{lines:?}");

    let lines = said(&["-C"]);
    assert!(peak(&lines[0]) > 64.0 && lines[0].contains(" processes at one time"), "{lines:?}");
    assert_eq!(lines.len(), 1);

    let lines = said(&[]);
    assert!(peak(&lines[0]) < 32.0, "{lines:?}");
    let largest = lines[1].strip_prefix("note: the largest of all its processes took ").unwrap();
    assert!(size(largest) > 32.0 && largest.ends_with(": see each with --multiprocess"));
}

#[test]
fn after_the_timeout_the_program_runs_on() {
    let folder = Folder::new();
    let ran = exec(&folder, &["-t", "1ms", "sh", "-c", "sleep 0.3; echo done; exit 9"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (9, "done\n"));
    // Samples are at least 1 ms apart; without a timeout there would be dozens.
    let samples = of_kind(&left(&folder).1, "MEM").len();
    assert!((1..=2).contains(&samples), "{samples}");
}

#[test]
fn only_rss_has_a_peak_of_the_system() {
    for backend in ["pss", "uss"] {
        let folder = Folder::new();
        let ran = exec(&folder, &["--backend", backend, "sh", "-c", SAMPLED]);
        assert_eq!(ran.code, 0);
        assert!(ran.stderr.contains("the highest sample"), "{}", ran.stderr);
        assert!(of_kind(&left(&folder).1, "PEAK").is_empty());
    }
}

#[test]
fn two_runs_in_a_second_have_files_of_their_own() {
    let folder = Folder::new();
    for _ in 0..3 {
        assert_eq!(exec(&folder, &["-q", "true"]).code, 0);
    }
    assert_eq!(folder.run(&["list"]).stdout.lines().count(), 3);
}

/// The output of a script as root of a namespace with its own mounts, after a line `ok`; `None`, with a
/// message, if the system allows no such namespace.
fn in_namespace(folder: &Folder, options: &[&str], script: &str) -> Option<Ran> {
    let mut command = Command::new("unshare");
    command.args(options).args(["--mount", "sh", "-c", script]).current_dir(folder.path(""));
    let ran = ran(&command.output().expect("unshare, of util-linux"));
    if !ran.stderr.starts_with("ok\n") {
        println!("skipped: /proc cannot be hidden here: {}", ran.stderr);
        return None;
    }
    Some(ran)
}

#[test]
fn an_unreadable_proc_is_a_warning_and_the_program_runs() {
    let folder = Folder::new();
    let script = format!(
        "mount -t tmpfs none /proc && echo ok >&2 && '{COMMAND}' exec -q -o a.dat sh -c 'exit 4'"
    );
    let Some(ran) = in_namespace(&folder, &["--map-root-user"], &script) else { return };
    assert_eq!(ran.code, 4);
    insta::assert_snapshot!(ran.stderr, @r"
    ok
    warning: a.dat has no samples: /proc cannot be read here: No such file or directory (os error 2)
    ");
}

#[test]
fn a_hidden_process_cannot_be_attached_to_but_a_child_is_sampled() {
    let folder = Folder::new();
    let nobody = format!("setpriv --reuid=65534 --regid=65534 --clear-groups '{COMMAND}'");
    let script = format!(
        "mount -t proc -o hidepid=2 proc /proc && chmod 777 . && {nobody} --version >/dev/null && \
         echo ok >&2 && {nobody} attach $$ && exit 1; \
         {nobody} exec -q -o a.dat sh -c 'while ! grep -q ^MEM a.dat; do sleep 0.01; done; exit 4'"
    );
    let Some(ran) = in_namespace(&folder, &[], &script) else { return };
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let said: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    let start = "error: cannot read the memory of process ";
    let end = ": No such file or directory (os error 2)";
    assert!(said[1].starts_with(start) && said[1].ends_with(end), "{said:?}");
}

/// A package with a failing test, and a test that keeps 40 MiB until it was sampled twice, which it sees
/// by the read count of its parent.
fn package(folder: &Folder) {
    let manifest = "[package]\nname = \"my-app\"\nedition = \"2024\"\n[workspace]\n";
    fs::create_dir_all(folder.path("src")).unwrap();
    fs::create_dir_all(folder.path("tests")).unwrap();
    folder.write("Cargo.toml", manifest);
    folder.write(
        "src/lib.rs",
        r#"
        #[test]
        fn large() {
            let taken = std::hint::black_box(vec![1u8; 40 << 20]);
            let reads = || -> u64 {
                let path = format!("/proc/{}/io", std::os::unix::process::parent_id());
                let text = std::fs::read_to_string(path).unwrap();
                let count = text.lines().find_map(|line| line.strip_prefix("syscr: "));
                count.unwrap().parse().unwrap()
            };
            let before = reads();
            while reads() < before + 2 {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            drop(taken);
        }
        "#,
    );
    folder.write("tests/it.rs", "#[test] fn fails() -> Result<(), ()> { Err(()) }");
}

#[test]
fn tests_have_the_peaks_of_their_binaries() {
    let folder = Folder::new();
    package(&folder);
    let ran = folder.run(&["test", "--no-fail-fast"]);
    assert_eq!(ran.code, 101, "{}", ran.stderr);
    let rows: Vec<_> = ran.stdout.lines().rev().take(3).collect();
    assert!(rows[2].trim_start().starts_with("Peak  Test"), "{rows:?}");
    let large = rows[1].trim_start();
    assert!(large.starts_with("4") && large.ends_with(" MiB  my_app"), "{rows:?}");
    // It may end before `exec`, or before the first sample.
    let failing = rows[0].strip_suffix("  my-app it (exit code 101)");
    let is_peak = |peak: &str| peak.ends_with("iB") || peak == "too short";
    assert!(failing.is_some_and(is_peak), "{rows:?}");
    assert_eq!(folder.run(&["list"]).stdout, "");
    let refused = folder.run(&["test", "--no-such-option"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("no test binary was measured"), "{}", refused.stderr);
}

#[test]
fn a_runner_of_cargo_ends_as_the_program() {
    let folder = Folder::new();
    package(&folder);
    folder.write(
        "src/main.rs",
        r#"
        fn main() {
            println!("ran");
            while !std::fs::read_to_string("a.dat").is_ok_and(|text| text.contains("\nMEM ")) {
                std::thread::yield_now();
            }
            std::process::exit(7)
        }
        "#,
    );
    let runner = format!("target.'cfg(all())'.runner=['{COMMAND}', 'exec', '-o', 'a.dat']");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--config", &runner]).current_dir(folder.path(""));
    cargo.env_remove("CARGO_TARGET_DIR");
    let ran = ran(&cargo.output().unwrap());
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "ran\n"), "{}", ran.stderr);
    assert!(folder.read("a.dat").starts_with("CMDLINE target/debug/my-app\nMEM "));
}

#[test]
fn a_running_program_is_sampled_until_it_ends() {
    let folder = Folder::new();
    // `cat` runs until its input is closed.
    let mut program = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let id = program.id().to_string();
    // Until then it is a copy of this process.
    wait_for(|| fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|it| it == b"cat\0"));
    let mut command = folder.command(&["attach", &id, "--interval", "5ms", "-o", "a.dat"]);
    let attached = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    wait_for(|| fs::read_to_string(folder.path("a.dat")).is_ok_and(|it| it.lines().count() > 5));
    drop(program.stdin.take());
    let ran = ran(&attached.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(program.wait().unwrap().success());
    let text = folder.read("a.dat");
    assert!(text.starts_with("CMDLINE cat\nMEM ") && text.contains("\nPEAK "), "{text}");
}

#[test]
fn ctrl_c_ends_the_sampling_and_not_the_program() {
    let folder = Folder::new();
    let mut program = Command::new("sleep").arg("60").spawn().unwrap();
    let id = program.id().to_string();
    let mut command = folder.command(&["attach", &id, "--interval", "5ms", "-o", "a.dat"]);
    let attached = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let has_samples =
        || fs::read_to_string(folder.path("a.dat")).is_ok_and(|it| it.lines().count() > 5);
    wait_for(has_samples);
    Command::new("kill").args(["-s", "INT", &attached.id().to_string()]).status().unwrap();
    let ran = ran(&attached.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(program.try_wait().unwrap().is_none(), "it still runs");
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(ran.stderr.contains("peak: "), "{}", ran.stderr);
}

#[test]
fn a_missing_process_cannot_be_attached_to() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.run(&["attach", "no-such-name"]).stderr, @"error: no visible process is named no-such-name: use its id");
    insta::assert_snapshot!(folder.run(&["attach", "4194999"]).stderr, @"error: cannot read the memory of process 4194999: No such file or directory (os error 2)");
    assert_eq!(folder.run(&["attach", "4194999"]).code, 125);
    assert_eq!(folder.run(&["list"]).stdout, "");
}
