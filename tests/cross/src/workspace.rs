//! A workspace with a program and some of its libraries, with the attribute on every function, and the probe.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};
use transparency::{annotate, source};

use crate::programs::Program;

/// The folder of a program's workspace.
pub(crate) fn folder_of(program: &Program) -> PathBuf {
    source::workspace().join("cross").join(program.name)
}

/// Makes the workspace, and returns the folder of the published sources of the program.
pub(crate) fn make(program: &Program) -> Result<PathBuf> {
    let folder = folder_of(program);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let package = source::fetch(program.name, None)?;
    let published = folder_of_package(&package)?;
    source::copy_tree(&published, &folder.join(program.name))?;
    write_manifest(&folder, program, &[])?;
    let packages = source::metadata(&folder, &[])?;
    for library in program.libraries {
        let package = find(&packages, library)?;
        source::copy_tree(&folder_of_package(package)?, &folder.join(library))?;
        prepare(&folder.join(library), package)?;
    }
    prepare(&folder.join(program.name), &package)?;
    write_manifest(&folder, program, program.libraries)?;
    install(&folder, program, &package)?;
    Ok(published)
}

/// One workspace: file names in tables and in stacks are relative to it, so no two are the same.
fn write_manifest(folder: &Path, program: &Program, libraries: &[&str]) -> Result<()> {
    let mut workspace = Table::new();
    workspace["resolver"] = value("2");
    let members = libraries.iter().chain([&program.name]);
    workspace["members"] = value(members.copied().collect::<Array>());
    let place = |library: &&str| {
        let place = InlineTable::from_iter([("path", *library)]);
        ((*library).to_owned(), value(place))
    };
    let patches: Table = libraries.iter().map(place).collect();
    let mut document = DocumentMut::new();
    document["workspace"] = Item::Table(workspace);
    document["patch"] = Item::Table(Table::from_iter([("crates-io", Item::Table(patches))]));
    Ok(fs::write(folder.join("Cargo.toml"), document.to_string())?)
}

fn find<'a>(packages: &'a Value, name: &str) -> Result<&'a Value> {
    let mut all = packages["packages"].as_array().into_iter().flatten();
    all.find(|package| package["name"] == name)
        .with_context(|| format!("the program does not depend on {name}"))
}

fn folder_of_package(package: &Value) -> Result<PathBuf> {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    manifest.parent().map(Path::to_owned).context("a manifest lies in a folder")
}

/// Puts the attribute on all functions of the library and the programs of a package.
fn prepare(copy: &Path, package: &Value) -> Result<()> {
    let manifest = copy.join("Cargo.toml");
    source::depend(&manifest, "mem-profile", source::root())?;
    source::edit(&manifest, without_tests)?;
    let mut folders = BTreeSet::new();
    for root in roots_of(package)? {
        let root = copy.join(root);
        if package["edition"] == "2015" {
            append(&root, "#[allow(unused_extern_crates)] extern crate mem_profile;")?;
        }
        folders.insert(root.parent().context("a file lies in a folder")?.to_owned());
    }
    let is_inner = |inner: &Path| folders.iter().any(|it| it != inner && inner.starts_with(it));
    for folder in folders.iter().filter(|folder| !is_inner(folder)) {
        annotate::tree(folder)?;
    }
    Ok(())
}

/// The root files of its library and its programs.
fn roots_of(package: &Value) -> Result<BTreeSet<PathBuf>> {
    let published = folder_of_package(package)?;
    let targets = package["targets"].as_array().into_iter().flatten();
    let is_built = |target: &&Value| {
        let kind = target["kind"][0].as_str().unwrap_or_default();
        kind == "bin" || kind.ends_with("lib")
    };
    let root = |target: &Value| {
        let root = Path::new(target["src_path"].as_str().unwrap_or_default());
        Ok(root.strip_prefix(&published)?.to_owned())
    };
    targets.filter(is_built).map(root).collect()
}

/// At the end of a file, so that no line moves.
fn append(file: &Path, text: &str) -> Result<()> {
    let before = fs::read_to_string(file)?;
    Ok(fs::write(file, format!("{before}\n{text}\n"))?)
}

/// Removes what only tests need: it may not be available.
fn without_tests(manifest: &mut DocumentMut) {
    manifest.remove("dev-dependencies");
    let targets = manifest.get_mut("target").and_then(Item::as_table_like_mut);
    for (_, target) in targets.into_iter().flat_map(|targets| targets.iter_mut()) {
        target.as_table_like_mut().and_then(|target| target.remove("dev-dependencies"));
    }
}

/// Puts the probe into the file with `main`. An allocator of the program's own goes.
fn install(folder: &Path, program: &Program, package: &Value) -> Result<()> {
    let member = folder.join(program.name);
    let probe = source::root().join("tests/cross/probe");
    source::depend(&member.join("Cargo.toml"), "cross-probe", &probe)?;
    let targets = package["targets"].as_array().context("cargo lists targets")?;
    let is_it = |target: &&Value| target["kind"][0] == "bin" && target["name"] == program.binary;
    let target = targets.iter().find(is_it).context("it has no such program")?;
    let main = Path::new(target["src_path"].as_str().unwrap_or_default());
    let main = member.join(main.strip_prefix(folder_of_package(package)?)?);
    let text = fs::read_to_string(&main)?;
    fs::write(&main, text.replace("#[global_allocator]", "#[allow(dead_code)]"))?;
    append(&main, ALLOCATOR)
}

const ALLOCATOR: &str = "extern crate cross_probe; #[global_allocator] \
    static CROSS_PROBE: cross_probe::Counting = cross_probe::Counting::new();";
