//! From a file to a graph.

use std::collections::HashMap;
use std::path::Path;

use crate::debug::{DebugFiles, Store};
use crate::graph::{HeapGraph, Parts};
use crate::heap::Index;
use crate::image::{Image, LoadError};
use crate::options::Options;
use crate::places::Places;
use crate::types::{Sites, Types};
use crate::walk::Typed;

impl HeapGraph {
    /// Reads a capture and finds its edges. The file must not be changed while the graph is in use.
    ///
    /// # Errors
    /// As for [`Image::open`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load_with(path, &Options::default())
    }

    /// Reads a capture in a chosen way.
    ///
    /// # Errors
    /// As for [`Image::open`].
    pub fn load_with(path: impl AsRef<Path>, options: &Options) -> Result<Self, LoadError> {
        let image = Image::open(path)?;
        let store = Store::default();
        let files = options.symbols.then(|| DebugFiles::new(&image, &store));
        let mut parts = Parts::new(&image, &Index::new(&image), Typed::default())?;
        if let Some(files) = &files {
            let sites = Sites::new(files);
            parts.types = Types::new(&image, &sites.of_image(&image));
            parts.functions = functions(&image, &sites, &parts.reach.heads);
            parts.places = Places::new(&image, files, &parts.edges);
            parts.notes_of_lines = files.notes();
        }
        drop(files);
        parts.suppressions = options.suppressions.clone();
        let mut graph = Self::of(image, parts);
        graph.has_symbols = options.symbols;
        Ok(graph)
    }
}

/// The functions on the stacks of lost blocks, by sites.
fn functions(image: &Image, sites: &Sites<'_, '_>, lost: &[u32]) -> HashMap<u32, Vec<String>> {
    let mut functions = HashMap::new();
    for block in lost.iter().filter_map(|&block| image.block(block as usize)) {
        functions.entry(block.site).or_insert_with(|| {
            let site = image.site(block.site);
            site.map_or_else(Vec::new, |site| sites.functions_of(&site))
        });
    }
    functions
}
