//! One crate, tested as it is and with the attribute.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::Backend;
use crate::cargo::{self, Build, Profile};
use crate::source::{self, Sources};

/// What a crate did in both forms.
#[derive(Debug, Serialize)]
pub(crate) struct Trial {
    pub(crate) version: String,
    pub(crate) edition: String,
    /// Functions that carry the attribute.
    pub(crate) functions: usize,
    pub(crate) debug: Pair,
    pub(crate) release: Option<Pair>,
}

/// The same tests in both forms.
#[derive(Debug, Serialize)]
pub(crate) struct Pair {
    pub(crate) plain: Run,
    pub(crate) annotated: Run,
}

/// One form in one profile.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Run {
    /// What the compiler said, if it failed.
    pub(crate) errors: String,
    pub(crate) warnings: BTreeSet<String>,
    /// Result by test.
    pub(crate) tests: BTreeMap<String, String>,
    /// User time to build the library, without what it depends on.
    pub(crate) build_seconds: f64,
    /// CPU time of all test binaries.
    pub(crate) test_seconds: f64,
    /// Size of the library's test binary.
    pub(crate) binary_bytes: u64,
}

/// Tries one crate.
pub(crate) fn run(name: &str, backend: Backend, release: bool) -> Result<Trial> {
    let sources = source::prepare(name, backend == Backend::Heap)?;
    Ok(Trial {
        version: sources.version.clone(),
        edition: sources.edition.clone(),
        functions: sources.functions,
        debug: pair(&sources, backend, false)?,
        release: if release { Some(pair(&sources, backend, true)?) } else { None },
    })
}

fn pair(sources: &Sources, backend: Backend, release: bool) -> Result<Pair> {
    let features = sources.features.as_str();
    // One for both forms: what they depend on is built once.
    let target = &source::workspace().join("target");
    let profile = |package| Profile { package, target, release, features };
    let plain = profile(&sources.plain);
    let mut integration = true;
    let mut build = plain.tests(integration)?;
    if !build.succeeded() {
        integration = false;
        build = plain.tests(integration)?;
    }
    if !build.succeeded() {
        bail!("it cannot be built here: {}", first_error(&build.errors));
    }
    let annotated = profile(&sources.annotated);
    let setting = match backend {
        Backend::Heap => ("MEM_PROFILE_BACKEND", "heap"),
        Backend::Rss => ("MEM_PROFILE_BACKEND", "rss"),
        Backend::Off => ("MEM_PROFILE", "off"),
    };
    let quiet = ("MEM_PROFILE_FORMAT", "none");
    // Without an allocator that counts, each event would ask the system for a reading.
    let uncounted = if backend == Backend::Heap && sources.has_allocator {
        ("MEM_PROFILE", "off")
    } else {
        setting
    };
    let environments = Environments { library: [setting, quiet], others: [uncounted, quiet] };
    let mut first = measure(&plain, build, &environments)?;
    let build = annotated.tests(integration)?;
    let mut second = measure(&annotated, build, &environments)?;
    retry(&first, &mut second, &annotated, integration, &environments)?;
    retry(&second, &mut first, &plain, integration, &environments)?;
    Ok(Pair { plain: first, annotated: second })
}

/// What tests are told, those of the library and those in `tests/`.
struct Environments {
    library: [(&'static str, &'static str); 2],
    others: [(&'static str, &'static str); 2],
}

/// The line that says what is wrong.
pub(crate) fn first_error(errors: &str) -> &str {
    errors.lines().find(|line| line.starts_with("error")).unwrap_or("no reason given")
}

fn measure(profile: &Profile, build: Build, environments: &Environments) -> Result<Run> {
    let mut run = Run { errors: build.errors, warnings: build.warnings, ..Run::default() };
    if !run.errors.is_empty() {
        return Ok(run);
    }
    run.build_seconds = profile.library_seconds(&library(profile.package)?)?;
    for cargo::Test { name, file, is_library } in &build.tests {
        let environment = if *is_library { &environments.library } else { &environments.others };
        let ran = cargo::run_tests(file, profile.package, environment)?;
        run.test_seconds += ran.seconds;
        if *is_library {
            run.binary_bytes = fs::metadata(file)?.len();
        }
        let results = cargo::results(&ran.stdout);
        let whole = if ran.success { "ok" } else { "failed" };
        run.tests.insert(format!("{name} (the whole binary)"), whole.to_owned());
        run.tests
            .extend(results.into_iter().map(|(test, result)| (format!("{name} {test}"), result)));
    }
    Ok(run)
}

fn library(package: &Path) -> Result<PathBuf> {
    let usual = package.join("src/lib.rs");
    anyhow::ensure!(usual.exists(), "its library is not src/lib.rs");
    Ok(usual)
}

/// Runs once more what came out differently from `other`: a test that depends on the clock may fail
/// by itself, in either form.
fn retry(
    other: &Run,
    run: &mut Run,
    profile: &Profile,
    integration: bool,
    environments: &Environments,
) -> Result<()> {
    let different = other.tests.iter().any(|(test, result)| run.tests.get(test) != Some(result));
    if !run.errors.is_empty() || !other.errors.is_empty() || !different {
        return Ok(());
    }
    let build = profile.tests(integration).context("it was built before")?;
    let again = measure(profile, build, environments)?;
    for (test, result) in again.tests {
        if other.tests.get(&test) == Some(&result) {
            run.tests.insert(test, result);
        }
    }
    Ok(())
}
