//! Puts the attribute on every function of a source tree, on the line where the function is, as
//! `cargo mem-profile run` does.

#[path = "../../../profiler-cli/src/rewrite/attribute.rs"]
#[allow(dead_code)]
mod attribute;
#[path = "../../../profiler-cli/src/rewrite/function.rs"]
#[allow(dead_code)]
mod function;
#[path = "../../../profiler-cli/src/rewrite/insert.rs"]
#[allow(dead_code)]
mod insert;
#[path = "../../../profiler-cli/src/rewrite/item.rs"]
#[allow(dead_code)]
mod item;
#[path = "../../../profiler-cli/src/rewrite/text.rs"]
#[allow(dead_code)]
mod text;
#[path = "../../../profiler-cli/src/rewrite/trivial.rs"]
mod trivial;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::insert::{ATTRIBUTE, Insertion};

/// Annotates all `.rs` files below `folder` and returns how many functions that made.
pub(crate) fn tree(folder: &Path) -> Result<usize> {
    let mut functions = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            functions += tree(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            functions += file(&path)?;
        }
    }
    Ok(functions)
}

fn file(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path)?;
    // Not every file in a source tree is Rust by itself: some are included as expressions.
    if syn::parse_file(&text).is_err() {
        return Ok(0);
    }
    let Ok(tokens) = text::read(&text) else { return Ok(0) };
    let functions = function::functions(&tokens);
    let attribute = |function: &function::Function| Insertion::new(function.start, ATTRIBUTE);
    let bare = functions.iter().filter(|function| function.measured_if.is_empty());
    let insertions: Vec<_> = bare.map(attribute).collect();
    fs::write(path, insert::insert(&text, &insertions))?;
    Ok(insertions.len())
}
