//! From a file to a graph.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::debug::{DebugFiles, Store, TypeEntry};
use crate::graph::HeapGraph;
use crate::heap::Index;
use crate::image::{Image, LoadError};
use crate::layout::{DwarfLayouts, Layouts};
use crate::options::Options;
use crate::places::Places;
use crate::types::{SiteFacts, Sites, Types};
use crate::walk::{How, Typed, walk};

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
        let image = Arc::new(Image::open(path)?);
        let store = Store::default();
        let files = options.symbols.then(|| DebugFiles::new(&image, &store));
        let sites = files.as_ref().map(Sites::new);
        let facts = sites.as_ref().map_or_else(Vec::new, |sites| sites.of_image(&image));
        let index = Index::new(&image);
        let (typed, notes) = match &files {
            Some(files) if !options.conservative => types_of(&image, &index, files, &facts),
            _ => Default::default(),
        };
        let mut graph = Self::of(image.clone(), &index, typed)?;
        if let (Some(files), Some(sites)) = (&files, &sites) {
            graph.set_types(Types::new(&image, &facts));
            graph.functions = functions(&image, sites, &graph.reach.heads);
            graph.places = Places::new(&image, files, &graph.edges);
            graph.notes_of_lines = [files.notes(), notes].concat();
        }
        graph.suppressions = options.suppressions.clone();
        graph.has_symbols = options.symbols;
        Ok(graph)
    }
}

/// The types of blocks by variables, vtables and the stacks of sites; and what could not be understood.
fn types_of(
    image: &Image,
    index: &Index,
    files: &DebugFiles<'_>,
    facts: &[SiteFacts],
) -> (Typed, Vec<String>) {
    let mut layouts = DwarfLayouts::new(files);
    let mut of_values = |(entry, how): (TypeEntry, How)| (layouts.type_at(entry), how);
    let kinds: Vec<_> = facts.iter().map(|facts| facts.values.map(&mut of_values)).collect();
    let of_site = |site: u32| kinds.get(site as usize).copied().flatten();
    let typed = walk(image, index, &mut layouts, &of_site);
    (typed, layouts.notes())
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
