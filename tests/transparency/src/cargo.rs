//! Runs cargo and test binaries, and reads their output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// A build of a package's tests.
#[derive(Default)]
pub(crate) struct Build {
    /// The compiler's errors, if it failed.
    pub(crate) errors: String,
    /// Code, location and text of each warning about the package itself.
    pub(crate) warnings: BTreeSet<String>,
    pub(crate) tests: Vec<Test>,
}

/// A test binary.
pub(crate) struct Test {
    /// The name of its target.
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// Whether it is the unit tests of the library itself.
    pub(crate) is_library: bool,
}

impl Build {
    pub(crate) fn succeeded(&self) -> bool {
        self.errors.is_empty()
    }
}

/// How to build a package.
pub(crate) struct Profile<'a> {
    pub(crate) package: &'a Path,
    pub(crate) target: &'a Path,
    pub(crate) release: bool,
    /// Whether it only matters what the tests say.
    pub(crate) untimed: bool,
    /// Separated by commas.
    pub(crate) features: &'a str,
}

impl Profile<'_> {
    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new("cargo");
        command.arg(subcommand).current_dir(self.package);
        command.arg("--target-dir").arg(self.target);
        command.env("CARGO_PROFILE_RELEASE_STRIP", "true").env_remove("CARGO_TARGET_DIR");
        // Warnings of the package count; those of its dependencies do not.
        command.env_remove("RUSTFLAGS");
        if !self.untimed {
            // As the README recommends. An unknown package in a profile is not an error, so both builds
            // get the same arguments.
            for setting in ["package.mem-profile-runtime.opt-level=3", "build-override.opt-level=3"]
            {
                command.arg("--config").arg(format!("profile.dev.{setting}"));
            }
        }
        if self.release {
            command.arg("--release");
        }
        command.args(["--features", self.features]);
        command
    }

    /// Builds the tests of the library and, with `integration`, of `tests/`.
    pub(crate) fn tests(&self, integration: bool) -> Result<Build> {
        let mut command = self.command("test");
        command.args(["--no-run", "--message-format=json", "--lib"]);
        if integration {
            command.arg("--tests");
        }
        let output = command.stdin(Stdio::null()).output().context("cargo cannot be started")?;
        let mut build = Build::default();
        for line in output.stdout.split(|&byte| byte == b'\n') {
            if let Ok(message) = serde_json::from_slice::<Value>(line) {
                self.read(&message, &mut build);
            }
        }
        if !output.status.success() && build.errors.is_empty() {
            build.errors = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        Ok(build)
    }

    fn read(&self, message: &Value, build: &mut Build) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let inside = Path::new(message["manifest_path"].as_str().unwrap_or_default())
            .starts_with(self.package);
        let compiler = &message["message"];
        match (message["reason"].as_str(), compiler["level"].as_str()) {
            (Some("compiler-artifact"), _) if message["executable"].is_string() => {
                // Examples may have tests as well.
                let is_other = |kind: &Value| kind == "test" || kind == "example" || kind == "bin";
                build.tests.push(Test {
                    name: text(&message["target"]["name"]),
                    file: PathBuf::from(text(&message["executable"])),
                    is_library: !is_other(&message["target"]["kind"][0]),
                });
            }
            (Some("compiler-message"), Some("error")) => {
                build.errors.push_str(&text(&compiler["rendered"]));
            }
            (Some("compiler-message"), Some("warning")) if inside => {
                build.warnings.extend(warning(compiler));
            }
            _ => {}
        }
    }

    /// The library alone in `file`, with its dependencies already built.
    pub(crate) fn library(&self, file: PathBuf) -> Result<LibraryBuild<'_>> {
        let build = LibraryBuild { profile: self, file };
        build.seconds()?;
        Ok(build)
    }
}

/// A library that is built repeatedly.
pub(crate) struct LibraryBuild<'a> {
    profile: &'a Profile<'a>,
    file: PathBuf,
}

impl LibraryBuild<'_> {
    /// Seconds of user time that it takes.
    pub(crate) fn seconds(&self) -> Result<f64> {
        // The same text with a new time: a complete new build.
        let text = fs::read(&self.file)?;
        fs::write(&self.file, text)?;
        let mut command = self.profile.command("build");
        Ok(measured(command.arg("--lib").env("CARGO_INCREMENTAL", "0"), None)?.user_seconds)
    }
}

/// Code, location and text of a warning; `None` for a summary without a location.
fn warning(message: &Value) -> Option<String> {
    let spans = message["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let code = message["code"]["code"].as_str().unwrap_or("warning");
    Some(format!("{code} {}:{} {}", span["file_name"], span["line_start"], message["message"]))
}

/// The result of a process.
pub(crate) struct Ran {
    pub(crate) success: bool,
    pub(crate) user_seconds: f64,
    /// User and system time.
    pub(crate) seconds: f64,
    pub(crate) stdout: String,
}

/// Runs a command to its end and reads its own and its children's CPU time.
fn measured(command: &mut Command, output: Option<fs::File>) -> Result<Ran> {
    let mut stdout = output;
    let sink = match &stdout {
        Some(file) => Stdio::from(file.try_clone()?),
        None => Stdio::null(),
    };
    command.stdin(Stdio::null()).stdout(sink).stderr(Stdio::null());
    let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let (status, usage) = wait(child.id())?;
    let mut text = Vec::new();
    if let Some(file) = &mut stdout {
        file.rewind()?;
        file.read_to_end(&mut text)?;
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(Ran {
        success: status == 0,
        user_seconds: seconds(usage.ru_utime),
        seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        stdout: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// Waits for a child, which the standard library does without its CPU time.
fn wait(process: u32) -> Result<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: all zeroes is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are ours and live through the call.
    let waited = unsafe { libc::wait4(process.cast_signed(), &raw mut status, 0, &raw mut usage) };
    anyhow::ensure!(waited > 0, "cannot wait for process {process}");
    Ok((status, usage))
}

/// Runs a test binary.
pub(crate) fn run_tests(
    binary: &Path,
    package: &Path,
    environment: &[(&str, &str)],
) -> Result<Ran> {
    let output = tempfile()?;
    let mut command = Command::new(binary);
    command.current_dir(package).env("CARGO_MANIFEST_DIR", package);
    command.envs(environment.iter().copied());
    measured(&mut command, Some(output))
}

/// A file without a name.
fn tempfile() -> Result<fs::File> {
    let folder = transparency::source::workspace();
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("output-{:?}", std::thread::current().id()));
    let file =
        fs::File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}

/// The result of each test in the output of the harness.
pub(crate) fn results(stdout: &str) -> BTreeMap<String, String> {
    let mut results = BTreeMap::new();
    for line in stdout.lines() {
        let test = line.strip_prefix("test ").and_then(|test| test.rsplit_once(" ... "));
        if let Some((name, result)) = test {
            let result = result.split(',').next().unwrap_or(result);
            results.insert(name.to_owned(), result.trim().to_owned());
        }
    }
    results
}
