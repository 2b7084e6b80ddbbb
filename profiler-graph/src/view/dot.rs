//! A picture for Graphviz.

use std::fmt::Write;

use super::picture::{NodeKind, Picture};

impl Picture {
    /// The picture in the language of Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = String::from(
            "digraph heap {\n  rankdir=LR;\n  node [shape=box, style=\"rounded\", fontname=\"monospace\", \
             fontsize=11];\n  edge [fontname=\"monospace\", fontsize=10];\n",
        );
        // Writing to a string cannot fail.
        for (number, node) in self.nodes.iter().enumerate() {
            let style = match node.kind {
                NodeKind::Asked => ", penwidth=2",
                NodeKind::Blocks => "",
                NodeKind::Holder => ", shape=ellipse",
                NodeKind::Rest => ", style=\"dashed\"",
            };
            let name = quoted(&node.name);
            let detail = if node.detail.is_empty() { "" } else { "\\n" };
            let _ = writeln!(
                out,
                "  n{number} [label=\"{name}{detail}{}\"{style}];",
                quoted(&node.detail)
            );
        }
        for arrow in &self.arrows {
            let label = quoted(&arrow.label());
            let label = if label.is_empty() { label } else { format!("label=\"{label}\"") };
            let style = if arrow.holds { "" } else { "style=dashed" };
            let comma = if label.is_empty() || style.is_empty() { "" } else { ", " };
            let list = match format!("{label}{comma}{style}") {
                list if list.is_empty() => list,
                list => format!(" [{list}]"),
            };
            let _ = writeln!(out, "  n{} -> n{}{list};", arrow.from, arrow.to);
        }
        out.push_str("}\n");
        out
    }
}

/// A text within quotes of the language, where a backslash begins an escape.
pub(crate) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
