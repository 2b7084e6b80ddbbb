//! Selects and builds a target of a project: cargo's own options, passed on.

use std::path::{Path, PathBuf};

use cargo_metadata::TargetKind;
use clap::Args;

use crate::project::CrateRoot;

#[derive(Args)]
#[command(next_help_heading = "Target and build, as for cargo")]
pub(super) struct Selection {
    /// Run this package
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,
    /// Run this binary
    #[arg(long, value_name = "NAME", group = "what")]
    bin: Option<String>,
    /// Run this example
    #[arg(long, value_name = "NAME", group = "what")]
    example: Option<String>,
    /// Run this integration test
    #[arg(long, value_name = "NAME", group = "what")]
    test: Option<String>,
    /// Run this benchmark
    #[arg(long, value_name = "NAME", group = "what")]
    bench: Option<String>,
    /// Run the unit tests of the library
    #[arg(long, group = "what")]
    lib: bool,
    /// Build with optimisations
    #[arg(short, long, conflicts_with = "profile")]
    release: bool,
    /// Build with this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Features to activate; separate several with commas
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// Activate all features
    #[arg(long)]
    all_features: bool,
    /// Do not activate the `default` feature
    #[arg(long)]
    no_default_features: bool,
    /// Build for this target triple
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Path to the Cargo.toml of the project
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Number of parallel build jobs
    #[arg(short, long, value_name = "NUMBER")]
    jobs: Option<String>,
    /// Fail if Cargo.lock would change
    #[arg(long)]
    locked: bool,
    /// Do not access the network
    #[arg(long)]
    offline: bool,
    /// Print neither progress nor cargo's log messages
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl Selection {
    pub(super) fn manifest_path(&self) -> Option<&Path> {
        self.manifest_path.as_deref()
    }

    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The profile of the build.
    pub(super) fn profile(&self) -> &str {
        let given = self.profile.as_deref().or(self.release.then_some("release"));
        given.unwrap_or(match self.subcommand() {
            "run" => "dev",
            other => other,
        })
    }

    /// A name for the target, for files of its own. `programs` are the crates that may be it.
    pub(super) fn name(&self, programs: &[&CrateRoot]) -> String {
        let named = [
            ("bin", &self.bin),
            ("example", &self.example),
            ("test", &self.test),
            ("bench", &self.bench),
        ];
        let named = named.into_iter().find_map(|(kind, name)| Some((kind, name.as_ref()?)));
        let (kind, name) = match (named, programs) {
            (Some((kind, name)), _) => (kind, name.as_str()),
            (None, [only]) => (if self.lib { "lib" } else { "bin" }, only.target.as_str()),
            (None, _) => (if self.lib { "lib" } else { "bin" }, "any"),
        };
        let package = self.package.as_ref().map_or_else(String::new, |it| format!("{it}-"));
        let name = format!("{}-{package}{kind}-{name}", self.profile());
        // A package can be given as an address.
        let is_kept = |it: char| it.is_alphanumeric() || it == '-' || it == '_';
        name.replace(|it| !is_kept(it), "_")
    }

    /// Whether cargo makes a program whose panics may abort: those of tests and benchmarks never do.
    pub(super) fn may_abort(&self) -> bool {
        self.subcommand() == "run"
    }

    /// Whether a crate may be the program to run.
    pub(super) fn is_program(&self, root: &CrateRoot) -> bool {
        let is = |kind| root.kinds.contains(&kind);
        let named = [
            (&self.bin, TargetKind::Bin),
            (&self.example, TargetKind::Example),
            (&self.test, TargetKind::Test),
            (&self.bench, TargetKind::Bench),
        ];
        match named.into_iter().find_map(|(name, kind)| Some((name.as_ref()?, kind))) {
            Some((name, kind)) => is(kind) && root.target == *name,
            None if self.lib => ![TargetKind::Bin, TargetKind::Test].into_iter().any(is),
            None => is(TargetKind::Bin),
        }
    }

    /// The arguments that select the crates of the project.
    pub(super) fn resolving(&self) -> Vec<String> {
        let features = self.features.iter().flat_map(|it| ["--features".to_owned(), it.clone()]);
        let switches = [
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--locked", self.locked),
            ("--offline", self.offline),
        ];
        let given = switches.iter().filter(|switch| switch.1);
        features.chain(given.map(|switch| switch.0.to_owned())).collect()
    }

    fn subcommand(&self) -> &'static str {
        match (&self.bench, self.lib || self.test.is_some()) {
            (Some(_), _) => "bench",
            (None, true) => "test",
            (None, false) => "run",
        }
    }

    /// The arguments for cargo that build and run the target.
    pub(super) fn cargo(&self) -> Vec<String> {
        let mut arguments = vec![self.subcommand().to_owned()];
        let manifest = self.manifest_path.as_ref().map(|path| path.display().to_string());
        let values = [
            ("--package", &self.package),
            ("--bin", &self.bin),
            ("--example", &self.example),
            ("--test", &self.test),
            ("--bench", &self.bench),
            ("--profile", &self.profile),
            ("--target", &self.target),
            ("--manifest-path", &manifest),
            ("--jobs", &self.jobs),
        ];
        for (name, value) in values {
            arguments.extend(value.iter().flat_map(|value| [name.to_owned(), value.clone()]));
        }
        for features in &self.features {
            arguments.extend(["--features".to_owned(), features.clone()]);
        }
        let switches = [
            ("--lib", self.lib),
            // `cargo bench` has no such option, and always optimises.
            ("--release", self.release && self.bench.is_none()),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--quiet", self.quiet),
        ];
        let given = switches.iter().filter(|switch| switch.1);
        arguments.extend(given.map(|switch| switch.0.to_owned()));
        arguments
    }
}
