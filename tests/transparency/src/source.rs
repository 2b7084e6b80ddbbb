//! The published source of a crate, fetched by cargo, as two packages that build by themselves: unchanged,
//! and with the attribute.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use crate::annotate;

/// A crate, ready to be built twice.
pub struct Sources {
    /// Its version.
    pub version: String,
    /// Its edition.
    pub edition: String,
    /// The folder of the unchanged package.
    pub plain: PathBuf,
    /// The folder of the one with the attribute.
    pub annotated: PathBuf,
    /// The number of annotated functions.
    pub functions: usize,
    /// Features to enable, if a crate has one for all others, or for tests.
    pub features: String,
    /// Whether a test in `tests/` has an allocator of its own, so that the profiler's is only in the library's
    /// own tests.
    pub has_allocator: bool,
}

/// The root of this repository.
pub fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap_or(Path::new("."))
}

/// The folder of all packages: `target/transparency`.
pub fn workspace() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| root().join("target")).join("transparency")
}

/// Fetches `name` or `name@version` and makes both packages, with the profiler's allocator in the annotated one
/// if `with_allocator`.
pub fn prepare(name: &str, with_allocator: bool) -> Result<Sources> {
    let (name, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v)));
    let package = fetch(name, version)?;
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text("manifest_path"));
    let published = manifest.parent().context("a manifest lies in a folder")?;
    let folder = workspace().join(format!("{name}-{}", text("version")));
    let sources = Sources {
        version: text("version"),
        edition: text("edition"),
        plain: folder.join("plain"),
        annotated: folder.join("annotated"),
        functions: 0,
        features: offered(&package["features"]),
        has_allocator: installs_one(published)?,
    };
    let _ = fs::remove_dir_all(&folder);
    for copy in [&sources.plain, &sources.annotated] {
        copy_tree(published, copy)?;
        detach(&copy.join("Cargo.toml"))?;
    }
    depend(&sources.annotated.join("Cargo.toml"), "mem-profile", root())?;
    let functions = annotate::tree(&sources.annotated.join("src"))?;
    let library = library_of(&package)?;
    let file = Path::new(library["src_path"].as_str().unwrap_or_default());
    if with_allocator {
        let copy = sources.annotated.join(file.strip_prefix(published)?);
        install_allocator(&copy, sources.has_allocator)?;
        if !sources.has_allocator {
            let name = library["name"].as_str().unwrap_or_default().replace('-', "_");
            link_library(&sources.annotated.join("tests"), &name)?;
        }
    }
    Ok(Sources { functions, ..sources })
}

fn offered(features: &Value) -> String {
    let names = ["full", "test-util"];
    let offered: Vec<_> = names.into_iter().filter(|name| features.get(name).is_some()).collect();
    offered.join(",")
}

/// Cargo's metadata of the published package.
pub fn fetch(name: &str, version: Option<&str>) -> Result<Value> {
    let scratch = workspace().join("scratch").join(name);
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    let version = version.map_or_else(|| "*".to_owned(), |version| format!("={version}"));
    let manifest = format!(
        "[package]\nname = \"scratch\"\nedition = \"2021\"\n\n[dependencies]\n\
         {name} = \"{version}\"\n\n[workspace]\n"
    );
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    let metadata = metadata(&scratch, &[])?;
    let packages = metadata["packages"].as_array().context("cargo lists packages")?;
    let root = &metadata["resolve"]["nodes"];
    let direct = root
        .as_array()
        .into_iter()
        .flatten()
        .find(|node| node["id"] == metadata["resolve"]["root"])
        .and_then(|node| node["dependencies"].get(0));
    match direct {
        Some(direct) => packages.iter().find(|package| &package["id"] == direct).cloned(),
        // A package without a library is fetched, but nothing can depend on it.
        None => Some(metadata_of_fetched(&scratch, name)?["packages"][0].clone()),
    }
    .context("cargo knows it")
}

/// The metadata of the package in `folder`.
pub fn metadata(folder: &Path, options: &[&str]) -> Result<Value> {
    let metadata = Command::new("cargo")
        .args(["metadata", "--format-version", "1"])
        .args(options)
        .current_dir(folder)
        .output()?;
    if !metadata.status.success() {
        bail!("cargo cannot fetch it: {}", String::from_utf8_lossy(&metadata.stderr).trim());
    }
    Ok(serde_json::from_slice(&metadata.stdout)?)
}

/// The metadata of a package in the lock file of `scratch`, where cargo has unpacked it.
fn metadata_of_fetched(scratch: &Path, name: &str) -> Result<Value> {
    let lock: DocumentMut = fs::read_to_string(scratch.join("Cargo.lock"))?.parse()?;
    let packages = lock["package"].as_array_of_tables().context("a lock file lists packages")?;
    let package = packages.iter().find(|package| package["name"].as_str() == Some(name));
    let version = package.and_then(|it| it["version"].as_str()).context("cargo locks it")?;
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("no home folder")?;
    for registry in fs::read_dir(home.join("registry/src"))? {
        let folder = registry?.path().join(format!("{name}-{version}"));
        if folder.join("Cargo.toml").is_file() {
            return metadata(&folder, &["--no-deps"]);
        }
    }
    bail!("cargo has not unpacked {name} {version}")
}

/// Copies a package, without its lock file.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // A lock file may name versions that are not available any more.
        if entry.file_name() == "Cargo.lock" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Changes a manifest.
pub fn edit(manifest: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<()> {
    let mut document: DocumentMut = fs::read_to_string(manifest)?.parse()?;
    change(&mut document);
    fs::write(manifest, document.to_string())?;
    Ok(())
}

/// Makes the package its own workspace, so that it does not join this one.
pub fn detach(manifest: &Path) -> Result<()> {
    edit(manifest, |document| {
        document.entry("workspace").or_insert(Item::Table(Table::new()));
    })
}

/// Has the package depend on another one, in this folder.
pub fn depend(manifest: &Path, name: &str, folder: &Path) -> Result<()> {
    edit(manifest, |document| {
        let mut place = InlineTable::new();
        place.insert("path", folder.display().to_string().into());
        let dependencies = document.entry("dependencies").or_insert(Item::Table(Table::new()));
        dependencies[name] = value(place);
    })
}

/// The library's target.
fn library_of(package: &Value) -> Result<&Value> {
    let is_library = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.filter_map(Value::as_str).any(|kind| kind.ends_with("lib"))
    };
    let targets = package["targets"].as_array().context("cargo lists targets")?;
    targets.iter().find(is_library).context("it has no library")
}

/// Whether a test of the package has an allocator of its own.
fn installs_one(package: &Path) -> Result<bool> {
    let tests = package.join("tests");
    if !tests.is_dir() {
        return Ok(false);
    }
    for entry in fs::read_dir(tests)? {
        let path = entry?.path();
        if path.is_file() && fs::read(&path)?.windows(16).any(|text| text == b"global_allocator") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A test in `tests/` that includes files of the library instead of using it has only the library's
/// allocator, which has to be in the program for that.
fn link_library(tests: &Path, name: &str) -> Result<()> {
    for entry in fs::read_dir(tests).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let mut text = fs::read_to_string(&path)?;
            text.push_str(&format!("\n#[allow(unused_extern_crates)] extern crate {name} as _;\n"));
            fs::write(&path, text)?;
        }
    }
    Ok(())
}

/// At the end of the file, so that no line moves. If a test in `tests/` has an allocator of its own, only
/// the library's own tests get the profiler's.
fn install_allocator(library: &Path, only_own_tests: bool) -> Result<()> {
    let mut text = fs::read_to_string(library)?;
    let condition = if only_own_tests { "#[cfg(test)] " } else { "" };
    text.push_str(&format!(
        "\n{condition}#[global_allocator] static MEM_PROFILE_ALLOC: ::mem_profile::Alloc = \
         ::mem_profile::Alloc::new();\n",
    ));
    fs::write(library, text)?;
    Ok(())
}
