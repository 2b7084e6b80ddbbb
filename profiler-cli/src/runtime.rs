//! The runtime that measured crates are linked with, built once for a toolchain and a target.
//!
//! It is optimised in every profile, keeps bitcode for programs that optimise at link time, and
//! exists once per target and panic strategy. Its own `-C metadata` keeps its dependencies apart
//! from the same ones in the program. If the project depends on `mem-profile`, that package is used
//! with the same features: one runtime for the whole program. If a crate outside of the workspace
//! depends on it, only crates that do are measured, by their own. The runtime is built with the
//! project's settings of cargo or, where that fails, with the user's.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message};
use serde::{Deserialize, Serialize};

/// The source of the runtime, and the package that builds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Folder of the package that depends on the runtime.
    folder: PathBuf,
    /// Whether the tracer is included.
    trace: bool,
}

/// Properties in which runtime and program must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Variant {
    /// Whether a panic aborts.
    pub(crate) aborts: bool,
    pub(crate) target: Option<String>,
}

/// A compiled runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Built {
    pub(crate) variant: Variant,
    pub(crate) library: PathBuf,
    /// Folders with the libraries that it depends on.
    folders: Vec<PathBuf>,
}

/// The sources from which this command was built, if they still exist.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

impl Source {
    /// Writes the package that builds the runtime to `folder`. The sources are those at `path`, or
    /// those from which this command was built, or else the published ones. `features` are added to
    /// the default features.
    pub(crate) fn prepare(
        folder: PathBuf,
        path: Option<&Path>,
        features: &[String],
        trace: bool,
    ) -> Result<Self> {
        let path = path.or_else(|| {
            let repository = Path::new(REPOSITORY);
            repository.join("profiler-runtime/Cargo.toml").exists().then_some(repository)
        });
        let mut dependency = toml::Table::new();
        match path {
            Some(path) => {
                let path = fs::canonicalize(path);
                let path = path.context("--runtime does not name a folder")?;
                let own_lock = folder.join("Cargo.lock");
                if let (false, Ok(lock)) =
                    (own_lock.exists(), fs::read_to_string(path.join("Cargo.lock")))
                {
                    write(&own_lock, &lock)?;
                }
                dependency.insert("path".to_owned(), path.display().to_string().into());
            }
            None => {
                let version = format!("={}", env!("CARGO_PKG_VERSION"));
                dependency.insert("version".to_owned(), version.into());
            }
        }
        if !features.is_empty() {
            dependency.insert("features".to_owned(), toml::Value::from(features.to_vec()));
        }
        let manifest = MANIFEST.replace("{dependency}", dependency.to_string().trim_end());
        write(&folder.join("Cargo.toml"), manifest.trim_end())?;
        write(&folder.join("lib.rs"), "")?;
        Ok(Self { folder, trace })
    }

    /// Builds it, unless it is up to date; calls `progress` with the number of crates that are done, and of
    /// all, where that is known.
    pub(crate) fn build(
        &self,
        variant: &Variant,
        progress: impl Fn(usize, Option<usize>),
    ) -> Result<Built> {
        let all = OnceCell::new();
        // Asked for only if something is built.
        let progress = |done| progress(done, *all.get_or_init(|| self.crates(variant)));
        let mut command = self.command("build", variant);
        command.args(["--release", "--message-format=json"]);
        build(&mut command, variant, &progress).or_else(|error| {
            // The project may vendor its crates, without those of the runtime.
            self.leave_project(&mut command)?;
            build(&mut command, variant, &progress).map_err(|_| error)
        })
    }

    /// The number of crates that it consists of.
    fn crates(&self, variant: &Variant) -> Option<usize> {
        let mut command = self.command("tree", variant);
        command.args(["--edges=no-dev", "--prefix=none"]).stderr(Stdio::null());
        let output = command.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // `syn v3.0.9 (proc-macro) (*)`: a crate stands there once for each that depends on it.
        let name = |line: &str| line.split(" (").next().map(str::to_owned);
        Some(text.lines().filter_map(name).collect::<BTreeSet<_>>().len())
    }

    /// Makes cargo use only the user's settings, but the compiler of the project.
    fn leave_project(&self, command: &mut Command) -> Result<()> {
        if env::var_os("RUSTC").is_none() {
            let output = Command::new("rustc").args(["--print", "sysroot"]).output();
            let output = output.context("cannot run rustc")?;
            let sysroot = String::from_utf8_lossy(&output.stdout);
            let rustc = Path::new(sysroot.trim()).join("bin/rustc");
            command.env("RUSTC", rustc.with_extension(env::consts::EXE_EXTENSION));
        }
        command.current_dir(self.folder.ancestors().last().unwrap_or(&self.folder));
        Ok(())
    }

    fn command(&self, subcommand: &str, variant: &Variant) -> Command {
        let mut command = crate::project::cargo();
        let aborts = format!("profile.release.panic=\"{}\"", variant.panic());
        command.args([subcommand, "--config", &aborts]);
        command.arg("--manifest-path").arg(self.folder.join("Cargo.toml"));
        if self.trace {
            command.args(["--features", "trace"]);
        }
        if let Some(target) = &variant.target {
            command.args(["--target", target]);
        }
        // Settings of the program's build do not apply here. Of its flags, only those of the
        // environment are meant for everything that is compiled.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let starts = ["CARGO_PROFILE_", "CARGO_BUILD_", "MEM_PROFILE"];
            if starts.iter().any(|start| text.starts_with(start)) {
                command.env_remove(&name);
            }
        }
        command.env_remove("RUSTC_WORKSPACE_WRAPPER");
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        command.env("CARGO_ENCODED_RUSTFLAGS", flags());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

fn build(command: &mut Command, variant: &Variant, progress: &impl Fn(usize)) -> Result<Built> {
    let mut cargo = command.spawn().context("cannot start cargo")?;
    let errors = cargo.stderr.take();
    let errors = std::thread::spawn(move || errors.map(std::io::read_to_string));
    let mut built = Built { variant: variant.clone(), library: PathBuf::new(), folders: vec![] };
    let messages = cargo.stdout.take().context("cargo has no standard output")?;
    let mut done = BTreeSet::new();
    for message in Message::parse_stream(BufReader::new(messages)) {
        if let Message::CompilerArtifact(artifact) = message? {
            built.add(&artifact);
            if !artifact.target.is_custom_build() {
                done.insert(artifact.package_id);
            }
            if !artifact.fresh {
                progress(done.len());
            }
        }
    }
    built.folders.sort();
    if !cargo.wait()?.success() || built.library.as_os_str().is_empty() {
        let errors = errors.join().ok().flatten().and_then(Result::ok).unwrap_or_default();
        bail!("cannot build the runtime: {}", errors.trim());
    }
    Ok(built)
}

impl Variant {
    fn panic(&self) -> &'static str {
        if self.aborts { "abort" } else { "unwind" }
    }
}

impl Built {
    /// Adds the files of a finished target, unless it is a build script.
    fn add(&mut self, artifact: &Artifact) {
        if artifact.target.is_custom_build() {
            return;
        }
        for file in artifact.filenames.iter().map(|file| file.as_std_path()) {
            let folder = file.parent().unwrap_or(Path::new(""));
            if !self.folders.iter().any(|known| known == folder) {
                self.folders.push(folder.to_owned());
            }
            let is_library = file.extension().is_some_and(|extension| extension == "rlib");
            if is_library && artifact.target.name == "mem_profile" {
                file.clone_into(&mut self.library);
            }
        }
    }

    /// Adds the options that a crate needs if it uses a measured one.
    pub(crate) fn find(&self, command: &mut Command) {
        for folder in &self.folders {
            command.arg("-L").arg(joined("dependency=", folder));
        }
    }
}

/// These keep the crates of the runtime apart from the same ones in the program, and keep the bitcode
/// for programs that optimise at link time.
const OWN_FLAGS: [&str; 2] = ["-Cmetadata=mem-profile-run", "-Cembed-bitcode=yes"];

const MANIFEST: &str = r#"[package]
name = "mem-profile-run"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
path = "lib.rs"

[features]
trace = ["mem-profile/trace"]

[dependencies.mem-profile]
{dependency}

[profile.release]
debug = false
lto = false

[workspace]
"#;

fn flags() -> String {
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let words = |flags: String| flags.split_whitespace().collect::<Vec<_>>().join("\u{1f}");
    let plain = || env::var("RUSTFLAGS").ok().map(words);
    let of_user = encoded.or_else(plain).filter(|flags| !flags.is_empty());
    of_user.into_iter().chain(OWN_FLAGS.map(str::to_owned)).collect::<Vec<_>>().join("\u{1f}")
}

fn joined(start: &str, path: &Path) -> std::ffi::OsString {
    let mut joined = std::ffi::OsString::from(start);
    joined.push(path);
    joined
}

/// Writes a file unless it already has this text: cargo goes by its modification time.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = path.parent().context("a file has no parent folder")?;
    // Renamed into place, since other processes may build at the same time.
    let whole = path.with_extension(std::process::id().to_string());
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&whole, text));
    let written = written.and_then(|()| fs::rename(&whole, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
