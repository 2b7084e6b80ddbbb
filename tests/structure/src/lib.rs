//! Reads the sources of the workspace and finds the dependencies between files and between crates.
//!
//! | file | what it does |
//! |---|---|
//! | `names` | the names that a module defines, imports and mentions |
//! | `read` | the syntax of a file → its names |
//! | `tree` | the files below a crate's root → modules, and which file defines a name |
//! | `graph` | files and their dependencies → circles, and the edge to blame |
//! | `crates` | the drawing in ARCHITECTURE.md, and the manifests |

pub mod crates;
pub mod graph;
mod names;
mod read;
pub mod tree;

use std::fs;
use std::path::Path;

use self::tree::Tree;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("below the workspace")
}

/// The folders of the crates that users build, by their names in the workspace: `""` is the facade.
pub fn folders() -> Vec<String> {
    let entries = fs::read_dir(root()).expect("the workspace is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut folders: Vec<_> =
        names.flatten().filter(|name| name.starts_with("profiler-")).collect();
    folders.push(String::new());
    folders.sort();
    folders
}

/// The sources of one of these folders.
pub fn sources(folder: &str) -> Tree {
    let folder = root().join(folder);
    let manifest = crates::manifest(&folder);
    let sources = folder.join("src");
    Tree::read(&manifest.name.replace('-', "_"), &|file| {
        fs::read_to_string(sources.join(file)).ok()
    })
}
