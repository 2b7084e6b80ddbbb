//! The report as a page with a treemap. It fetches nothing, and no text of a capture becomes markup: a content
//! security policy allows the page's own style and script alone.

mod tables;

use mem_profile_format::report::{Page, markup};

use self::tables::{classes, list, notes, suspects, types};
use super::Report;
use super::tree::{RetainedTree, TreeKind, TreeNode};
use crate::export::{Strings, json_string};
use crate::text::{count, name, size};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 4] = [
    include_str!("script/words.js"),
    include_str!("script/squares.js"),
    include_str!("script/treemap.js"),
    include_str!("script/page.js"),
];

impl Report {
    /// The report as a page, with a treemap of who alone holds what.
    #[must_use]
    pub fn html(&self, tree: &RetainedTree) -> String {
        let data = data(tree);
        let page = Page { template: PAGE, style: STYLE, scripts: &SCRIPTS, data: &data };
        page.render(|part| match part {
            "command" => markup(&name(&self.command)),
            "process" => self.process.to_string(),
            "bytes" => size(self.bytes),
            "blocks" => count(self.blocks, "block"),
            "notes" => notes(&self.notes),
            "suspects" => suspects(self),
            "classes" => classes(self),
            "types" => types(&self.types),
            "retainers" => list(&self.retainers),
            "leaks" => list(&self.leaks),
            "cycles" => list(&self.cycles),
            "markdown" => markup(&self.markdown()),
            _ => String::new(),
        })
    }
}

/// The tree as JSON: its strings, each once, and of each node `[above, kind, name, field, location, address, blocks,
/// bytes, retained]`.
fn data(tree: &RetainedTree) -> String {
    let mut strings = Strings::default();
    let mut node = |node: &TreeNode| {
        let kind = match node.kind {
            TreeKind::Heap => 0,
            TreeKind::Holder => 1,
            TreeKind::Lost => 2,
            TreeKind::Blocks => 3,
            TreeKind::Rest => 4,
        };
        let TreeNode { above, address, blocks, bytes, retained, .. } = node;
        let [name, field, location] =
            [&node.name, &node.field, &node.location].map(|text| strings.place(text));
        // A script's numbers have 53 bits.
        let address = json_string(&format!("{address:#x}"));
        format!("[{above},{kind},{name},{field},{location},{address},{blocks},{bytes},{retained}]")
    };
    let nodes = tree.nodes.iter().map(&mut node).collect::<Vec<_>>().join(",\n");
    let strings = strings.json().collect::<Vec<_>>().join(",\n");
    format!("{{\"strings\":[{strings}],\n\"nodes\":[{nodes}]}}")
}
