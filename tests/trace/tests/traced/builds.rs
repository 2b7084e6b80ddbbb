//! Programs built in other ways than the rest: stripped, without lines, with `panic = "abort"`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{folder, printed, report, run, text};

/// The program `shapes`, compiled with these flags.
fn compiled(name: &str, flags: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/shapes.rs");
    compiled_from(&source, name, flags)
}

/// A program, compiled by `rustc` with the libraries that cargo has built for this package.
fn compiled_from(source: &Path, name: &str, flags: &[&str]) -> PathBuf {
    let program = folder("builds").join(name);
    let mut rustc = Command::new("rustc");
    rustc.arg(source).args(["--edition", "2024", "-Copt-level=3"]).args(flags);
    rustc.arg("-o").arg(&program).args(libraries());
    printed(&mut rustc);
    program
}

/// The compiler's arguments to find `mem_profile`, which lies beside this test.
fn libraries() -> [String; 4] {
    let own = std::env::current_exe().expect("the path of this test");
    let profile = own.ancestors().nth(2).expect("<target>/<profile>/deps");
    let mut cargo = Command::new(env!("CARGO"));
    // As this test is built: for the library alone other features would be chosen, and all of it built again.
    cargo.args(["test", "--no-run", "--package", "traced", "--message-format", "json"]);
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("--target-dir")
        .arg(profile.parent().expect("target"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = printed(&mut cargo);
    let messages = output.lines().filter_map(|line| serde_json::from_str(line).ok());
    let library =
        messages.filter(|message: &serde_json::Value| message["target"]["name"] == "mem_profile");
    let mut files =
        library.map(|message| message["filenames"][0].as_str().expect("a path").to_owned());
    let file = files.next_back().expect("cargo names the library");
    let dependencies = format!("dependency={}", profile.join("deps").display());
    ["--extern".into(), format!("mem_profile={file}"), "-L".into(), dependencies]
}

/// The program's output about its seven blocks.
fn said(program: &Path, arguments: &[&str]) -> String {
    printed(Command::new(program).args(arguments))
}

fn saved(name: &str) -> String {
    folder("builds").join(name).with_extension("saved").to_str().expect("a path").to_owned()
}

#[test]
fn a_stripped_program_gives_addresses_and_with_the_unstripped_file_names() {
    let whole = compiled("whole", &["-Cdebuginfo=1"]);
    let stripped = folder("builds").join("stripped");
    printed(Command::new("strip").arg("--strip-all").arg("-o").arg(&stripped).arg(&whole));
    let file = saved("stripped");
    let bare = said(&stripped, &["save", &file]);
    let stack = bare.lines().find(|line| line.starts_with("stack ")).expect("the seven blocks");
    assert!(stack.contains(" stripped+0x") && !stack.contains("::"), "{stack}");
    assert!(!bare.contains("shapes.rs"), "{bare}");
    by_the_callers(&bare);
    assert!(bare.contains("note: names are missing: the program is stripped"), "{bare}");
    // In a file that was saved, names are looked up where it is read.
    let named = said(&whole, &["load", &file, whole.to_str().expect("a path")]);
    assert!(named.contains("shapes.rs:10: size=868 B, count=8, average=108 B"), "{named}");
    assert!(!named.contains("note: "), "{named}");
    let other = compiled("other", &["-Cdebuginfo=0"]);
    let ended = run(Command::new(&whole).args(["load", &file]).arg(&other));
    assert!(text(&ended.stderr).contains("nothing in the snapshot has the build id"));
}

#[test]
fn a_program_whose_segments_leave_a_hole_has_stacks() {
    let flags = ["-Cdebuginfo=1", "-Clink-arg=-Wl,--section-start=.text=0x200000"];
    let named = said(&compiled("hole", &flags), &["save", &saved("hole")]);
    assert!(named.contains("shapes.rs:10: size=868 B, count=8"), "{named}");
}

#[test]
fn a_program_that_was_rebuilt_gives_no_names_rather_than_wrong_ones() {
    let file = saved("anew");
    let named = said(&compiled("anew", &["-Cdebuginfo=1"]), &["save", &file]);
    assert!(named.contains("shapes.rs:10: "), "{named}");
    let anew = compiled("anew", &["-Cdebuginfo=1", "-Cforce-frame-pointers"]);
    let bare = said(&anew, &["load", &file]);
    assert!(!bare.contains("shapes.rs") && bare.contains(" anew+0x"), "{bare}");
    assert!(bare.contains("its file is gone or was rebuilt"), "{bare}");
}

/// The seven blocks and the one that lists them are said of two addresses in `keeps`, where the
/// allocator has one for both.
fn by_the_callers(report: &str) {
    let alive = report.split("\n\n").find(|part| part.starts_with("Alive, by line\n"));
    let lines: Vec<_> = alive.expect("a section").lines().skip(1).collect();
    let [seven, one] = lines[..] else { panic!("{report}") };
    for (line, figures) in [(seven, "size=700 B, count=7,"), (one, "size=168 B, count=1,")] {
        assert!(line.starts_with("  stripped+0x") && line.contains(figures), "{report}");
    }
}

#[test]
fn without_lines_functions_are_named_and_the_setting_that_brings_lines() {
    let text = said(&compiled("unlined", &["-Cdebuginfo=0"]), &["save", &saved("unlined")]);
    assert!(text.contains("shapes::keeps: size=868 B, count=8"), "{text}");
    let note = "note: lines of your code are missing: `debug = 1` under `[profile.release]` in \
                Cargo.toml brings them\n";
    assert_eq!(text.matches(note).count(), 1, "{text}");
}

#[test]
fn the_leak_is_named_by_line_and_count() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
    let example = workspace.join("examples/trace_leak.rs");
    let expected = [24, 25].map(|line| {
        format!(
            "examples/trace_leak.rs:{line}: size=47.7 MiB (+47.7 MiB), count=500 (+500), \
             average=97.7 KiB"
        )
    });
    let guide = std::fs::read_to_string(workspace.join("docs/trace.md")).expect("the guide");
    let shown = format!("\n```text\n{}\n```\n", expected.join("\n"));
    assert!(guide.contains(&shown), "the guide does not show:{shown}");
    // Line tables alone have no functions; what was inlined has names without a path.
    let tables = "-Cdebuginfo=line-tables-only";
    for flags in [&["-Cdebuginfo=1"][..], &[tables], &[tables, "-Copt-level=0"]] {
        let text = said(&compiled_from(&example, "trace_leak", flags), &[]);
        let lines: Vec<_> = text.lines().take(2).collect();
        assert_eq!(lines, expected, "{flags:?}: {text}");
    }
}

const MANIFEST: &str = r#"
[package]
name = "shapes"
version = "1.0.0"
edition = "2024"

[dependencies]
mem-profile = { path = "{workspace}", features = ["trace"] }

[profile.dev]
panic = "abort"
strip = true

[workspace]
"#;

#[test]
fn cargo_builds_it_stripped_and_with_panics_that_abort() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace");
    let package = folder("shapes");
    let manifest = MANIFEST.replace("{workspace}", workspace.to_str().expect("a path"));
    std::fs::create_dir_all(package.join("src")).expect("a folder");
    std::fs::write(package.join("Cargo.toml"), manifest).expect("a file");
    std::fs::write(package.join("src/main.rs"), include_str!("../programs/shapes.rs"))
        .expect("a file");
    std::fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).expect("a copy");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("build").current_dir(&package).env("CARGO_TARGET_DIR", package.join("target"));
    printed(&mut cargo);
    let program = package.join("target/debug/shapes");
    let bare = said(&program, &["save", &saved("aborts")]);
    assert!(bare.contains("note: names are missing: the program is stripped"), "{bare}");
    assert_eq!(bare.lines().filter(|line| line.starts_with("stack ")).count(), 1, "{bare}");
    // A panic that aborts is the end of the program, too.
    let ended = run(Command::new(&program).arg("panic").env("MEM_PROFILE_TRACE", "1"));
    let error = report(&ended);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(libc::SIGABRT));
    assert!(error.contains("on purpose, with 7 blocks"), "{error}");
    assert_eq!(error.matches("mem-profile trace: ").count(), 1, "{error}");
}
