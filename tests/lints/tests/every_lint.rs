//! Every lint of the compiler and of clippy at once, over this crate with the attribute and without it:
//! generated code triggers none of them.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lints that report less about annotated functions.
const SILENT: [&str; 5] = [
    // It ignores the code around the body of an `async fn` or a closure.
    "clippy::implicit_return",
    // A function that is measured cannot be `const`.
    "clippy::missing_const_for_fn",
    "clippy::semicolon_outside_block",
    "clippy::single_match_else",
    // The body of each contains an `.await`.
    "clippy::unused_async",
];

/// A lint, its message, and the location.
type Message = [String; 3];

/// `clippy-driver`, in the folder of the compiler.
fn clippy() -> PathBuf {
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = compiler.args(["--print", "sysroot"]).output().expect("the compiler runs");
    let root = String::from_utf8(output.stdout).expect("a path");
    let clippy = Path::new(root.trim()).join("bin/clippy-driver");
    assert!(clippy.exists(), "clippy is not there: `rustup component add clippy`");
    clippy
}

/// All lints, from the tables of `-W help`.
fn lints(clippy: &Path) -> Vec<String> {
    let help = Command::new(clippy).args(["-W", "help"]).output().expect("clippy runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let lint = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, level) = (words.next()?, words.next()?);
        ["allow", "warn", "deny"].contains(&level).then(|| name.to_owned())
    };
    help.lines().filter_map(lint).collect()
}

/// This crate's sources, or the same with another attribute, in a folder of their own.
fn sources(name: &str, attribute: impl Fn(&str) -> String) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every_lint").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).expect("the sources") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("text");
        let copy = folder.join(path.file_name().expect("a name"));
        fs::write(copy, attribute(&text)).expect("the file can be written");
    }
    folder
}

/// The libraries that this test may have been linked with, newest first.
fn libraries(dependencies: &Path) -> Vec<PathBuf> {
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("libmem_profile-") && name.ends_with(".rlib")
    };
    let files = fs::read_dir(dependencies).expect("the folder of this test");
    let mut found: Vec<_> =
        files.map(|file| file.expect("a file").path()).filter(is_ours).collect();
    found.sort_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).expect("a time"));
    found.reverse();
    found
}

/// The messages of all lints about the crate in `folder`.
fn messages(clippy: &Path, lints: &[String], folder: &Path) -> BTreeSet<Message> {
    let test = std::env::current_exe().expect("this test");
    let dependencies = test.parent().expect("its folder");
    let check = |library: &PathBuf| {
        let mut command = Command::new(clippy);
        command.args([
            "--edition=2024",
            "--crate-type=lib",
            "--crate-name=lints",
            "--emit=metadata",
        ]);
        command.args(["--error-format=json", "--cap-lints=warn", "lib.rs", "--out-dir=."]);
        command.args(lints.iter().flat_map(|lint| ["-W", lint]));
        command.args(["-A", "unknown_lints", "-A", "unused_crate_dependencies"]);
        command.arg("--extern").arg(format!("mem_profile={}", library.display()));
        command.arg("-L").arg(format!("dependency={}", dependencies.display()));
        let output = command.current_dir(folder).output().expect("clippy runs");
        output.status.success().then(|| String::from_utf8(output.stderr).expect("text"))
    };
    let output = libraries(dependencies).iter().find_map(check).expect("the crate compiles");
    output.lines().filter_map(message).collect()
}

fn message(line: &str) -> Option<Message> {
    let message: Value = serde_json::from_str(line).ok()?;
    let place = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    let place = format!("{}:{}", place["file_name"].as_str()?, place["line_start"]);
    let text = message["message"].as_str()?.to_owned();
    Some([message["code"]["code"].as_str()?.to_owned(), text, place])
}

#[test]
fn no_lint_reports_generated_code() {
    let clippy = clippy();
    let lints = lints(&clippy);
    assert!(lints.len() > 900, "only {} lints", lints.len());
    let with = sources("with", str::to_owned);
    let skipped = |text: &str| text.replace("#[mem_profile]", "#[mem_profile(skip)]");
    let without = sources("without", skipped);
    let [with, without] = [with, without].map(|folder| messages(&clippy, &lints, &folder));
    assert!(without.len() > 100, "only {} messages", without.len());

    // If a block is put around a value that is not returned, this lint points to the attribute.
    let is_moved = |[lint, _, place]: &Message| {
        lint == "clippy::implicit_return" && !place.starts_with("returns.rs")
    };
    let added: Vec<_> = with.difference(&without).filter(|message| !is_moved(message)).collect();
    assert!(added.is_empty(), "{added:#?}");
    let silent: BTreeSet<_> = without.difference(&with).map(|[lint, ..]| lint.as_str()).collect();
    assert_eq!(silent, BTreeSet::from(SILENT));
}
