//! One crate, tested unchanged and with the attribute.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, mem};

use anyhow::{Result, bail, ensure};
use serde::Serialize;

use crate::cargo::{self, Build, Profile};
use crate::rounds;
use crate::{Arguments, Backend};
use transparency::source::{self, Sources};

/// The results of a crate in both forms.
#[derive(Debug, Serialize)]
pub(crate) struct Trial {
    pub(crate) version: String,
    pub(crate) edition: String,
    /// Annotated functions.
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
    /// The compiler's errors, if it failed.
    pub(crate) errors: String,
    pub(crate) warnings: BTreeSet<String>,
    /// Result by test.
    pub(crate) tests: BTreeMap<String, String>,
    /// User time to build the library in debug, without its dependencies; a median, as the next.
    pub(crate) build_seconds: f64,
    /// CPU time of all test binaries.
    pub(crate) test_seconds: f64,
    /// Size of the library's test binary.
    pub(crate) binary_bytes: u64,
}

/// Tries one crate.
pub(crate) fn run(name: &str, arguments: &Arguments) -> Result<Trial> {
    let sources = source::prepare(name, arguments.backend == Backend::Heap)?;
    let pair = |release| pair(&sources, arguments, release);
    Ok(Trial {
        version: sources.version.clone(),
        edition: sources.edition.clone(),
        functions: sources.functions,
        debug: pair(false)?,
        release: if arguments.debug_only { None } else { Some(pair(true)?) },
    })
}

fn pair(sources: &Sources, arguments: &Arguments, release: bool) -> Result<Pair> {
    let &Arguments { backend, untimed, .. } = arguments;
    let features = sources.features.as_str();
    // One for both forms: their dependencies are built once.
    let target = &source::workspace().join("target");
    let profile = |package| Profile { package, target, release, untimed, features };
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
    // Without a counting allocator, each event would read the resident set from the system.
    let uncounted = if backend == Backend::Heap && sources.has_allocator {
        ("MEM_PROFILE", "off")
    } else {
        setting
    };
    let environments = Environments { library: [setting, quiet], others: [uncounted, quiet] };
    let second = annotated.tests(integration)?;
    let mut first = Form::new(&plain, build, &environments);
    let mut second = Form::new(&annotated, second, &environments);
    if second.run.errors.is_empty() {
        match untimed {
            true => _ = (first.run_tests()?, second.run_tests()?),
            false => measure(&mut first, &mut second)?,
        }
        second.retry(&first.run)?;
        first.retry(&second.run)?;
    }
    Ok(Pair { plain: first.run, annotated: second.run })
}

/// One form of a crate, built.
struct Form<'a> {
    profile: &'a Profile<'a>,
    tests: Vec<cargo::Test>,
    environments: &'a Environments,
    run: Run,
}

fn measure(first: &mut Form<'_>, second: &mut Form<'_>) -> Result<()> {
    first.run.binary_bytes = first.library_bytes()?;
    second.run.binary_bytes = second.library_bytes()?;
    if !first.profile.release {
        let builds = [first.library()?, second.library()?];
        let [plain, annotated] = rounds::medians(|| builds[0].seconds(), || builds[1].seconds())?;
        (first.run.build_seconds, second.run.build_seconds) = (plain, annotated);
    }
    let [plain, annotated] = rounds::medians(|| first.run_tests(), || second.run_tests())?;
    (first.run.test_seconds, second.run.test_seconds) = (plain, annotated);
    Ok(())
}

/// The environment of tests, in the library and in `tests/`.
struct Environments {
    library: [(&'static str, &'static str); 2],
    others: [(&'static str, &'static str); 2],
}

/// The line with the error.
pub(crate) fn first_error(errors: &str) -> &str {
    errors.lines().find(|line| line.starts_with("error")).unwrap_or("no reason given")
}

impl<'a> Form<'a> {
    fn new(profile: &'a Profile<'a>, build: Build, environments: &'a Environments) -> Self {
        let run = Run { errors: build.errors, warnings: build.warnings, ..Run::default() };
        Self { profile, tests: build.tests, environments, run }
    }

    fn library_bytes(&self) -> Result<u64> {
        let test = self.tests.iter().find(|test| test.is_library);
        Ok(test.map(|test| fs::metadata(&test.file)).transpose()?.map_or(0, |file| file.len()))
    }

    fn library(&self) -> Result<cargo::LibraryBuild<'a>> {
        let usual = self.profile.package.join("src/lib.rs");
        ensure!(usual.exists(), "its library is not src/lib.rs");
        self.profile.library(usual)
    }

    /// Runs all tests and returns their CPU time in seconds. The first time counts for the results.
    fn run_tests(&mut self) -> Result<f64> {
        let (mut seconds, mut all) = (0.0, BTreeMap::new());
        for cargo::Test { name, file, is_library } in &self.tests {
            let Environments { library, others } = self.environments;
            let environment = if *is_library { library } else { others };
            let ran = cargo::run_tests(file, self.profile.package, environment)?;
            seconds += ran.seconds;
            let whole = if ran.success { "ok" } else { "failed" };
            all.insert(format!("{name} (the whole binary)"), whole.to_owned());
            let results = cargo::results(&ran.stdout).into_iter();
            all.extend(results.map(|(test, result)| (format!("{name} {test}"), result)));
        }
        if self.run.tests.is_empty() {
            self.run.tests = all;
        }
        Ok(seconds)
    }

    /// Runs tests once more whose result differs from `other`: a test that depends on the clock may fail
    /// by itself, in either form.
    fn retry(&mut self, other: &Run) -> Result<()> {
        let is_other = |(test, result)| self.run.tests.get(test) != Some(result);
        if !other.tests.iter().any(is_other) {
            return Ok(());
        }
        let before = mem::take(&mut self.run.tests);
        self.run_tests()?;
        let again = mem::replace(&mut self.run.tests, before);
        let same = again.into_iter().filter(|(test, result)| other.tests.get(test) == Some(result));
        self.run.tests.extend(same);
        Ok(())
    }
}
