//! The drawing in ARCHITECTURE.md, and the manifests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The parts of a `Cargo.toml` that the tests read.
pub struct Manifest {
    /// Of the package.
    pub name: String,
    /// The packages that its code is built with, for any system and with any feature.
    pub dependencies: BTreeSet<String>,
}

/// Reads the manifest of a folder.
pub fn manifest(folder: &Path) -> Manifest {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    parse_manifest(&text)
}

fn parse_manifest(text: &str) -> Manifest {
    let table: Table = text.parse().expect("a manifest is TOML");
    let name = table["package"]["name"].as_str().expect("a package has a name").to_owned();
    let targets = table.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.as_table()).chain([&table]);
    let kinds = ["dependencies", "build-dependencies"];
    let lists = tables.flat_map(|table| kinds.map(|kind| table.get(kind))).flatten();
    let dependencies = lists.filter_map(Value::as_table).flat_map(Table::keys).cloned().collect();
    Manifest { name, dependencies }
}

/// The crates of the drawing, each with those that it may use, from the top down. A line of it is a
/// name, what it is, and its arrows: `mem-profile   the facade   ─▶ mem-profile-macro, …`.
pub fn drawing(architecture: &str) -> Vec<(String, BTreeSet<String>)> {
    let (_, after) =
        architecture.split_once("<!-- crates -->\n```text\n").expect("a drawing of crates");
    let (lines, _) = after.split_once("```").expect("the end of the drawing");
    let read = |line: &str| {
        let (start, arrows) = line.split_once("─▶").unwrap_or((line, ""));
        let name = start.split_whitespace().next().expect("a line begins with a crate").to_owned();
        let used = arrows.split(',').map(str::trim).filter(|used| !used.is_empty());
        (name, used.map(str::to_owned).collect())
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
}

/// The arrows that do not point down, as `from ─▶ to`.
pub fn arrows_up(drawing: &[(String, BTreeSet<String>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (height, (from, used)) in drawing.iter().enumerate() {
        let below: BTreeSet<_> = drawing[height + 1..].iter().map(|(name, _)| name).collect();
        let up = used.iter().filter(|to| !below.contains(to));
        wrong.extend(up.map(|to| format!("{from} ─▶ {to}")));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_drawing_is_read_from_the_top_down() {
        let text =
            "# A\n<!-- crates -->\n```text\n\n a   the top     ─▶ b-b, c\n b-b\n c  ─▶ b-b\n```\n";
        let drawing = drawing(text);
        let expected = [("a", &["b-b", "c"][..]), ("b-b", &[]), ("c", &["b-b"])];
        assert_eq!(drawing, expected.map(|(name, used)| (name.to_owned(), names(used))));
        assert_eq!(arrows_up(&drawing), ["c ─▶ b-b"]);
    }

    #[test]
    fn dependencies_for_some_systems_count_and_those_of_tests_do_not() {
        let manifest = parse_manifest(
            "[package]\nname = \"a\"\n[dependencies]\nb = \"1\"\nc.workspace = true\n\
             [target.'cfg(unix)'.dependencies.d]\npath = \"d\"\n[dev-dependencies]\ne = \"1\"\n",
        );
        assert_eq!((&*manifest.name, manifest.dependencies), ("a", names(&["b", "c", "d"])));
    }
}
