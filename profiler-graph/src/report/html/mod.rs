//! The report as a page with a treemap. It fetches nothing, and no text of a capture becomes markup: a content
//! security policy allows the page's own style and script alone.

mod tables;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mem_profile_format::report::json_printable;

use self::tables::{classes, list, notes, suspects, types};
use super::Report;
use super::tree::{RetainedTree, TreeKind, TreeNode};
use crate::export::{Strings, json_string};
use crate::text::{count, name, size};
use crate::view::escaped;

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
        let script = format!("\"use strict\";\n{{\n{}}}\n", SCRIPTS.concat());
        fill(PAGE, |part| match part {
            "style" => STYLE.to_owned(),
            "style-hash" => hash(STYLE),
            "script-hash" => hash(&script),
            "script" => script.clone(),
            // Only a `<` could end a script element.
            "data" => json_printable(&data(tree).replace('<', "\\u003c")),
            "command" => escaped(&name(&self.command)),
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
            "markdown" => escaped(&self.markdown()),
            _ => String::new(),
        })
    }
}

/// Allows exactly this style or script: whatever else got into the page would not run.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())))
}

/// Replaces every `{{name}}` of a template.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        text.push_str(&value(name));
        text.push_str(rest);
    }
    text
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
