//! The project, as `cargo metadata` describes it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};

/// A workspace, or a single package.
pub(crate) struct Project {
    /// The folder of the workspace.
    pub(crate) root: PathBuf,
    /// The target folder.
    pub(crate) target: PathBuf,
    /// Crates that can be measured.
    pub(crate) crates: Vec<CrateRoot>,
    /// The package `mem-profile`, if the project depends on it.
    pub(crate) runtime: Option<Dependency>,
}

/// The package `mem-profile` that a project depends on.
pub(crate) struct Dependency {
    pub(crate) folder: PathBuf,
    /// Enabled features, without the default ones.
    pub(crate) features: Vec<String>,
    /// Whether only crates of the workspace use it, so that all can be linked with another build.
    pub(crate) is_replaceable: bool,
}

/// A crate, and the file of its root.
pub(crate) struct CrateRoot {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    /// Name for cargo's options.
    pub(crate) target: String,
    pub(crate) kinds: Vec<TargetKind>,
}

impl Project {
    /// The project of a manifest, or of the current folder. `options` are those of the build.
    pub(crate) fn find(manifest: Option<&Path>, options: &[String]) -> Result<Self> {
        let mut command = MetadataCommand::new();
        // Its output becomes part of a message here.
        command.env("CARGO_TERM_COLOR", "never");
        if let Some(manifest) = manifest {
            command.manifest_path(manifest);
        }
        // A wrong feature is reported by the build.
        let metadata = command.other_options(options).exec();
        let metadata = match metadata.or_else(|_| command.other_options([]).exec()) {
            Ok(metadata) => metadata,
            Err(cargo_metadata::Error::CargoMetadata { stderr }) => {
                bail!("{}", stderr.trim().trim_start_matches("error: "))
            }
            Err(error) => {
                return Err(error).context("cannot read the project with `cargo metadata`");
            }
        };
        Ok(Self {
            runtime: runtime(&metadata),
            crates: crates(&metadata),
            target: metadata.target_directory.into(),
            root: metadata.workspace_root.into(),
        })
    }

    /// Whether a panic aborts in a profile, as far as the manifest and variables say.
    pub(crate) fn aborts(&self, profile: &str) -> bool {
        aborts(&self.manifest(), profile, |name| env::var(name).ok())
    }

    /// The debug information of a profile, as far as the manifest and variables say.
    pub(crate) fn debug_info(&self, profile: &str) -> DebugInfo {
        debug_info(&self.manifest(), profile, |name| env::var(name).ok())
    }

    /// Cargo itself reports an invalid one.
    fn manifest(&self) -> toml::Table {
        let manifest = fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default();
        manifest.parse().unwrap_or_default()
    }
}

/// The target folder of the project in the current folder, if there is one.
pub(crate) fn target_folder() -> Option<PathBuf> {
    let metadata = MetadataCommand::new().no_deps().exec().ok()?;
    Some(metadata.target_directory.into())
}

/// The debug information that a profile leaves in a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DebugInfo {
    /// Whether it has types and the names of fields.
    pub(crate) is_full: bool,
    /// Whether the program is stripped of it.
    pub(crate) is_stripped: bool,
    /// Packages that have a setting of their own, by their names in the manifest.
    pub(crate) packages: Vec<String>,
}

fn aborts(
    manifest: &toml::Table,
    profile: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> bool {
    of_profile(manifest, profile, "panic", variable).is_some_and(|panic| panic == "abort")
}

fn debug_info(
    manifest: &toml::Table,
    profile: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> DebugInfo {
    let of = |name| of_profile(manifest, profile, name, &variable);
    let is_development = profiles(manifest, profile).any(|profile| profile == "dev");
    let own = manifest.get("profile").and_then(|it| it.get(profile)?.get("package")?.as_table());
    let has_own = |settings: &toml::Value| settings.get("debug").is_some();
    let packages = own.into_iter().flatten().filter(|(_, settings)| has_own(settings));
    DebugInfo {
        is_full: match of("debug") {
            Some(debug) => ["2", "true", "full"].contains(&debug.as_str()),
            None => is_development,
        },
        is_stripped: of("strip").is_some_and(|strip| strip != "none" && strip != "false"),
        packages: packages.map(|(name, _)| name.clone()).collect(),
    }
}

/// A setting of a profile, or of the first that it inherits from and that has it.
fn of_profile(
    manifest: &toml::Table,
    profile: &str,
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let text = |profile: &str| match manifest.get("profile")?.get(profile)?.get(name)? {
        toml::Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    };
    let setting = name.to_uppercase();
    profiles(manifest, profile).find_map(|profile| {
        let profile_name = profile.to_uppercase().replace('-', "_");
        variable(&format!("CARGO_PROFILE_{profile_name}_{setting}")).or_else(|| text(&profile))
    })
}

/// A profile, and those that it inherits from.
fn profiles(manifest: &toml::Table, profile: &str) -> impl Iterator<Item = String> {
    /// More profiles than inherit from each other.
    const PROFILES: usize = 16;
    let inherited = |profile: &String| {
        let own = manifest.get("profile").and_then(|it| it.get(profile)?.get("inherits")?.as_str());
        let usual = match profile.as_str() {
            "test" => Some("dev"),
            "bench" => Some("release"),
            _ => None,
        };
        own.or(usual).map(str::to_owned)
    };
    iter::successors(Some(profile.to_owned()), inherited).take(PROFILES)
}

fn runtime(metadata: &Metadata) -> Option<Dependency> {
    let is_ours = |package: &&Package| {
        package.name == "mem-profile"
            && package.dependencies.iter().any(|it| it.name == "mem-profile-runtime")
    };
    let package = metadata.packages.iter().find(is_ours)?;
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let mut users = nodes.clone().filter(|node| node.dependencies.contains(&package.id));
    let default = implied(package, "default");
    let features = nodes.filter(|node| node.id == package.id).flat_map(|node| &node.features);
    let mut features: Vec<_> = features.map(|feature| feature.to_string()).collect();
    features.retain(|feature| !default.contains(feature));
    Some(Dependency {
        folder: package.manifest_path.parent()?.into(),
        features,
        is_replaceable: !metadata.workspace_members.contains(&package.id)
            && users.all(|user| metadata.workspace_members.contains(&user.id)),
    })
}

/// A feature of a package, with all features that it enables.
fn implied(package: &Package, feature: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![feature.to_owned()];
    while let Some(feature) = next.pop() {
        if found.insert(feature.clone()) {
            next.extend(package.features.get(&feature).into_iter().flatten().cloned());
        }
    }
    found
}

fn crates(metadata: &Metadata) -> Vec<CrateRoot> {
    let packages = metadata.workspace_packages();
    let targets = packages.iter().flat_map(|package| &package.targets);
    let is_measured = |kinds: &[TargetKind]| {
        !kinds.iter().any(|kind| matches!(kind, TargetKind::CustomBuild | TargetKind::ProcMacro))
    };
    let measured = targets.filter(|target| is_measured(&target.kind));
    let root = |target: &cargo_metadata::Target| CrateRoot {
        name: target.name.replace('-', "_"),
        root: target.src_path.clone().into(),
        target: target.name.clone(),
        kinds: target.kind.clone(),
    };
    measured.map(root).collect()
}

/// The cargo that started this command, or else the one in the path.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The variable that names a wrapper for crates of the workspace.
pub(crate) const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";

/// The user's own workspace wrapper: from a variable, or from the settings of cargo that apply to the
/// current folder. `cargo metadata` does not report it.
///
/// # Errors
/// If there is no current folder.
pub(crate) fn wrapper() -> Result<Option<PathBuf>> {
    let here = env::current_dir().context("there is no current folder")?;
    let by_variable = [WRAPPER, "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"].into_iter();
    if let Some(wrapper) = by_variable.filter_map(env::var_os).next() {
        // An empty variable disables the wrapper.
        return Ok(Some(wrapper).filter(|it| !it.is_empty()).map(|it| absolute(&here, it.into())));
    }
    let wrapper = |folder: PathBuf| {
        let path = setting_of(&folder, "rustc-workspace-wrapper")?;
        Some(absolute(folder.parent()?, path.into()))
    };
    Ok(settings_folders(&here).filter_map(wrapper).next())
}

/// The target that is built for where no option names one; `None` also if it is described by a file.
pub(crate) fn target() -> Option<String> {
    let here = env::current_dir().ok()?;
    let variable = env::var("CARGO_BUILD_TARGET").ok();
    let found = variable.or_else(|| {
        settings_folders(&here).filter_map(|folder| setting_of(&folder, "target")).next()
    });
    found.filter(|target| !target.is_empty() && !target.ends_with(".json"))
}

/// The folders whose settings of cargo apply to this one, the innermost first.
fn settings_folders(here: &Path) -> impl Iterator<Item = PathBuf> {
    let around = here.ancestors().map(|folder| folder.join(".cargo"));
    around.chain(env::var_os("CARGO_HOME").map(PathBuf::from))
}

/// A setting of the build in one of these folders.
fn setting_of(folder: &Path, name: &str) -> Option<String> {
    let texts = ["config", "config.toml"].map(|name| fs::read_to_string(folder.join(name)));
    // Cargo itself reports invalid settings.
    let settings: toml::Table = texts.into_iter().find_map(Result::ok)?.parse().ok()?;
    Some(settings.get("build")?.get(name)?.as_str()?.to_owned())
}

/// Makes a path absolute. A bare name stays as it is, for the search path.
fn absolute(folder: &Path, path: PathBuf) -> PathBuf {
    if path.components().count() > 1 { folder.join(path) } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_build_are_those_of_the_innermost_folder_that_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        let write = |folder: &Path, text: &str| {
            fs::create_dir_all(folder.join(".cargo")).unwrap();
            fs::write(folder.join(".cargo/config.toml"), text).unwrap();
        };
        write(folder.path(), "[build]\ntarget = \"outer\"\nrustc-workspace-wrapper = \"wrapper\"");
        write(&inner, "[build]\ntarget = \"inner\"");
        let setting = |name| settings_folders(&inner).find_map(|it| setting_of(&it, name)).unwrap();
        assert_eq!(["target", "rustc-workspace-wrapper"].map(setting), ["inner", "wrapper"]);
    }

    #[test]
    fn a_profile_aborts_if_it_says_so_or_one_that_it_inherits_from() {
        let manifest = "[profile.release]\npanic = \"abort\"\n[profile.own]\ninherits = \"release\"\n\
                        [profile.other]\ninherits = \"own\"\npanic = \"unwind\"\n\
                        [profile.loop]\ninherits = \"loop\"\n";
        let manifest: toml::Table = manifest.parse().unwrap();
        let by_manifest = |profile| aborts(&manifest, profile, |_| None);
        let profiles = ["release", "own", "other", "dev", "loop"];
        assert_eq!(profiles.map(by_manifest), [true, true, false, false, false]);
        let unwinds = |name: &str| (name == "CARGO_PROFILE_OWN_PANIC").then(|| "unwind".to_owned());
        assert!(!aborts(&manifest, "own", unwinds));
    }

    #[test]
    fn debug_information_is_full_where_a_profile_or_one_above_says_so() {
        let manifest = "[profile.release]\ndebug = 1\nstrip = true\n[profile.own]\ninherits = \"release\"\n\
                        debug = \"full\"\n[profile.dev.package.\"*\"]\ndebug = false\n[profile.dev.package.a]\n\
                        opt-level = 3\n";
        let manifest: toml::Table = manifest.parse().unwrap();
        let of = |profile| debug_info(&manifest, profile, |_| None);
        let is_full = |profile| of(profile).is_full;
        assert_eq!(
            ["dev", "test", "release", "bench", "own"].map(is_full),
            [true, true, false, false, true]
        );
        assert_eq!(["dev", "own", "bench"].map(|it| of(it).is_stripped), [false, true, true]);
        assert_eq!((of("dev").packages, of("release").packages), (vec!["*".to_owned()], vec![]));
        let variable = |name: &str| (name == "CARGO_PROFILE_DEV_DEBUG").then(|| "1".to_owned());
        assert!(!debug_info(&manifest, "test", variable).is_full);
        assert!(!debug_info(&toml::Table::new(), "release", |_| None).is_full);
    }
}
