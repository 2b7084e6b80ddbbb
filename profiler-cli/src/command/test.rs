//! `test`: runs tests, and prints the peak of every test binary or of every test.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::process::signals;
use crate::project;
use crate::timeline::Peak;
use crate::view::peaks::{self, Tested};

/// Run tests with cargo, and print the peak of every test binary
///
/// With --nextest, which runs each test in its own process, print the peak of every test.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Run `cargo nextest run` instead of `cargo test`
    #[arg(long)]
    nextest: bool,
    /// Arguments for cargo: packages, features, filters
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile test
  cargo mem-profile test --package app -- parse::
  cargo mem-profile test --nextest --workspace";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let folder = TempDir::with_prefix("mem-profile-").context("cannot make a temporary folder")?;
    let path = folder.path().join("peaks");
    let code = run_cargo(arguments, &path)?;
    let lines = fs::read_to_string(&path).unwrap_or_default();
    let mut tested: Vec<Tested> =
        lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if tested.is_empty() {
        let why = "no test binary was measured: check that the tests build, and that the \
                   configuration of cargo sets no runner for this target";
        output::status("note", why);
    }
    tested.sort_by_key(|it| Reverse(it.peak));
    Target::Stdout.write_text(&peaks::text(&tested))?;
    Ok(Outcome::Program(code))
}

fn run_cargo(arguments: &Arguments, peaks: &Path) -> Result<u8> {
    let itself = std::env::current_exe().context("cannot find this command")?;
    let text =
        |path: &Path| path.to_str().map(str::to_owned).context("a path is not valid Unicode");
    let runner = [&text(&itself)?, "exec", "--quiet", "--peaks", &text(peaks)?, "--"];
    // A list of strings is written the same in JSON and TOML.
    let runner = serde_json::to_string(&runner)?;
    let words: &[&str] = if arguments.nextest { &["nextest", "run"] } else { &["test"] };
    let mut command = project::cargo();
    command.args(words).arg("--config");
    command.arg(format!("target.{}.runner={runner}", target(&arguments.arguments)?));
    // Cargo handles Ctrl-C itself.
    signals::receive(|_| true);
    let status = command.args(&arguments.arguments).status().context("cannot run cargo")?;
    Ok(signals::exit_code(status))
}

/// The target triple of the build: the given one, or the host.
fn target(arguments: &[String]) -> Result<String> {
    let named = |(index, argument): (usize, &String)| match argument.strip_prefix("--target=") {
        Some(target) => Some(target.to_owned()),
        None if argument == "--target" => arguments.get(index + 1).cloned(),
        None => None,
    };
    let own = arguments.iter().take_while(|it| *it != "--").enumerate().find_map(named);
    if let Some(target) = own.or_else(|| std::env::var("CARGO_BUILD_TARGET").ok()) {
        return Ok(target);
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output().context("cannot run rustc")?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    match version.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc does not print its host: use --target"),
    }
}

/// Appends the peak of a test binary to the list, unless it only listed its tests.
pub(super) fn note(list: &Path, words: &[String], peak: Option<Peak>, code: u8) -> Result<()> {
    if words.iter().any(|word| word == "--list") {
        return Ok(());
    }
    let only = words.iter().position(|word| word == "--exact");
    let tested = Tested {
        package: std::env::var("CARGO_PKG_NAME").unwrap_or_default(),
        binary: binary(&words[0]),
        test: only.and_then(|at| words.get(at + 1)).filter(|it| !it.starts_with('-')).cloned(),
        peak: peak.map(|peak| peak.at.bytes),
        code,
    };
    let line = serde_json::to_string(&tested)? + "\n";
    let file = File::options().append(true).create(true).open(list);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.with_context(|| format!("cannot write to {}", list.display()))
}

/// The name of a program, without its folder and the hash that cargo adds.
fn binary(path: &str) -> String {
    let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match name.rsplit_once('-') {
        Some((name, number)) if number.len() == 16 => name.to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_the_one_given_to_cargo() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            target(&words("--target x86_64-pc-windows-msvc")).unwrap(),
            "x86_64-pc-windows-msvc"
        );
        assert_eq!(target(&words("-p a --target=wasm32-wasip1 --")).unwrap(), "wasm32-wasip1");
        assert!(!target(&words("-- --target=other")).unwrap().contains("other"));
    }

    #[test]
    fn a_test_that_runs_alone_is_named_and_listing_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peaks");
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let at = crate::timeline::Sample { time: 1.0, bytes: 4096 };
        let peak = Some(Peak::of_system(at));
        note(&path, &words("deps/it-0123456789abcdef --list --format terse"), peak, 0).unwrap();
        note(&path, &words("deps/it-0123456789abcdef --exact a::b --nocapture"), peak, 0).unwrap();
        note(&path, &words("deps/it-0123456789abcdef a::b --exact"), None, 101).unwrap();
        let lines = fs::read_to_string(&path).unwrap();
        let tested = lines.lines().map(|line| serde_json::from_str::<Tested>(line).unwrap());
        let tested = tested.map(|it| (it.binary, it.test, it.peak, it.code));
        let it = || "it".to_owned();
        let expected = [(it(), Some("a::b".into()), Some(4096), 0), (it(), None, None, 101)];
        assert_eq!(tested.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_binary_is_named_without_its_hash() {
        assert_eq!(binary("/t/debug/deps/loom-0123456789abcdef"), "loom");
        assert_eq!(binary("target/my-app"), "my-app");
    }
}
