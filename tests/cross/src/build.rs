//! Builds a program with the attribute and the probe, and runs it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use transparency::{annotate, source};

use crate::output::Output;
use crate::programs::Program;

/// Runs the program and returns what the probe has written, and the folder of the program's sources.
pub(crate) fn run(program: &Program, is_done: bool) -> Result<(Output, PathBuf)> {
    let folder = source::workspace().join("cross").join(program.name);
    let output = folder.join("cross.txt");
    if !is_done {
        build_and_start(program, &folder, &output)?;
    }
    let text = fs::read_to_string(&output).context("the program has written nothing")?;
    Ok((Output::parse(&text)?, folder))
}

fn build_and_start(program: &Program, folder: &Path, output: &Path) -> Result<()> {
    let package = source::fetch(program.name, Some(program.version).filter(|&any| any != "*"))?;
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap_or_default());
    let published = manifest.parent().context("a manifest lies in a folder")?;
    let _ = fs::remove_dir_all(folder);
    source::copy_tree(published, folder)?;
    let manifest = folder.join("Cargo.toml");
    source::detach(&manifest)?;
    let probe = source::root().join("tests/cross/probe");
    source::depend(&manifest, "mem-profile", source::root())?;
    source::depend(&manifest, "cross-probe", &probe)?;
    annotate::tree(&folder.join("src"))?;
    let main = main_of(&package, program)?;
    install(&folder.join(main.strip_prefix(published)?))?;
    let binary = build(program, folder)?;
    start(program, &binary, published, output)
}

/// The file with `main`.
fn main_of(package: &Value, program: &Program) -> Result<PathBuf> {
    let targets = package["targets"].as_array().context("cargo lists targets")?;
    let is_it = |target: &&Value| target["kind"][0] == "bin" && target["name"] == program.binary;
    let target = targets.iter().find(is_it).context("it has no such program")?;
    Ok(PathBuf::from(target["src_path"].as_str().unwrap_or_default()))
}

/// At the end of the file, so that no line moves. An allocator of the program's own goes.
fn install(main: &Path) -> Result<()> {
    let text = fs::read_to_string(main)?;
    let text = text.replace("#[global_allocator]", "#[allow(dead_code)]")
        + "\n#[global_allocator] static \
        CROSS_PROBE: ::cross_probe::Counting = ::cross_probe::Counting::new();\n";
    Ok(fs::write(main, text)?)
}

fn build(program: &Program, folder: &Path) -> Result<PathBuf> {
    let target = source::workspace().join("cross/target");
    let mut command = Command::new("cargo");
    command.args(["build", "--bin", program.binary, "--message-format=json", "--target-dir"]);
    command.arg(&target).current_dir(folder).env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    for crates in ["mem-profile-runtime", "mem-profile-trace", "gimli", "addr2line", "object"] {
        command.arg("--config").arg(format!("profile.dev.package.{crates}.opt-level=3"));
    }
    command.stdin(Stdio::null());
    let built = command.output().context("cargo cannot be started")?;
    if !built.status.success() {
        bail!("{} cannot be built: {}", program.name, String::from_utf8_lossy(&built.stderr));
    }
    let messages = built.stdout.split(|&byte| byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut executables =
        messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    executables.next_back().context("cargo names no program")
}

fn start(program: &Program, binary: &Path, published: &Path, output: &Path) -> Result<()> {
    let sources = published.join("src");
    let file = largest(&sources)?;
    let fill = |argument: &&str| match *argument {
        "{src}" => sources.display().to_string(),
        "{file}" => copy_of(&file, output).display().to_string(),
        other => other.to_owned(),
    };
    let input = if program.reads_input { File::open(&file)?.into() } else { Stdio::null() };
    let status = Command::new(binary)
        .args(program.arguments.iter().map(fill))
        .envs([("MEM_PROFILE_FORMAT", "none"), ("MEM_PROFILE_BACKEND", "heap")])
        .env("CROSS_OUTPUT", output)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.code().is_some(), "{} was ended by {status}", program.name);
    Ok(())
}

/// The largest source file of a folder: something to work on.
fn largest(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let sized = files.filter_map(|path| {
        Some((fs::metadata(&path).ok().filter(fs::Metadata::is_file)?.len(), path))
    });
    sized.max().map(|(_, path)| path).context("there is no source file")
}

/// Some programs change their file, or write beside it.
fn copy_of(file: &Path, output: &Path) -> PathBuf {
    let copy = output.with_file_name("input.txt");
    let _ = fs::copy(file, &copy);
    copy
}
