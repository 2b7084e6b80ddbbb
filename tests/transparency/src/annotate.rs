//! Puts the attribute on every function of a source tree, on the line of the function, as
//! `cargo mem-profile run` does.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Annotates all `.rs` files below `folder` and returns the number of annotated functions.
pub fn tree(folder: &Path) -> Result<usize> {
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
    let Ok((annotated, functions)) = mem_profile_rewrite::annotated(&text) else { return Ok(0) };
    fs::write(path, annotated)?;
    Ok(functions)
}
