//! Files and their dependencies → circles, and the edge to blame.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

type Edge = (usize, usize);

/// The dependencies between files, with the lines that make them.
#[derive(Default)]
pub struct Graph {
    files: Vec<PathBuf>,
    /// Lines of the first file, and the items of the second that they name.
    edges: BTreeMap<Edge, BTreeSet<(usize, String)>>,
}

impl Graph {
    pub(crate) fn add(&mut self, from: &Path, to: &Path, line: usize, item: &str) {
        if from != to {
            let edge = (self.number(from), self.number(to));
            self.edges.entry(edge).or_default().insert((line, item.to_owned()));
        }
    }

    fn number(&mut self, file: &Path) -> usize {
        self.files.iter().position(|other| other == file).unwrap_or_else(|| {
            self.files.push(file.to_owned());
            self.files.len() - 1
        })
    }

    /// The edges, as `from → to`.
    pub fn edges(&self) -> Vec<String> {
        let mut edges: Vec<_> = self.edges.keys().map(|edge| self.arrow(*edge)).collect();
        edges.sort();
        edges
    }

    fn arrow(&self, (from, to): Edge) -> String {
        format!("{} → {}", self.files[from].display(), self.files[to].display())
    }

    /// Groups of files in which each one leads to each other.
    fn components(&self) -> Vec<BTreeSet<usize>> {
        let mut used = vec![Vec::new(); self.files.len()];
        for (from, to) in self.edges.keys() {
            used[*from].push(*to);
        }
        let reached: Vec<_> = (0..used.len()).map(|file| reached_from(file, &used)).collect();
        let groups = (0..used.len()).filter(|file| reached[*file].contains(file)).map(|file| {
            let leads_back = |other: &&usize| reached[**other].contains(&file);
            reached[file].iter().filter(leads_back).copied().collect::<BTreeSet<_>>()
        });
        groups.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The edge of a component whose removal leaves the fewest files in circles; of several, the one
    /// that is used least.
    fn edge_to_blame(&self, component: &BTreeSet<usize>) -> Edge {
        let is_inside = |(from, to): &Edge| component.contains(from) && component.contains(to);
        let inside = self.edges.keys().copied().filter(is_inside).collect::<Vec<_>>();
        let left_without = |edge: &Edge| {
            let others = inside.iter().filter(|other| *other != edge);
            let edges = others.map(|edge| (*edge, BTreeSet::new())).collect();
            let rest = Self { files: self.files.clone(), edges };
            rest.components().iter().map(BTreeSet::len).sum::<usize>()
        };
        let rating = |edge: &&Edge| (left_without(edge), self.edges[edge].len());
        *inside.iter().min_by_key(rating).expect("a circle has edges")
    }

    /// Every component, with the edge to blame and its uses.
    pub fn circles(&self) -> Vec<String> {
        let describe = |component: &BTreeSet<usize>| {
            let names = component.iter().map(|file| self.files[*file].display().to_string());
            let names: BTreeSet<_> = names.collect();
            let mut text = format!("{} files depend on each other:\n", names.len());
            for name in &names {
                writeln!(text, "    {name}").unwrap();
            }
            let edge = self.edge_to_blame(component);
            writeln!(text, "  the edge to blame is {}:", self.arrow(edge)).unwrap();
            for (line, item) in &self.edges[&edge] {
                writeln!(text, "    {}:{line} uses {item}", self.files[edge.0].display()).unwrap();
            }
            text
        };
        self.components().iter().map(describe).collect()
    }

    /// Edges whose removal leaves no circle, the one to blame first.
    pub fn edges_to_cut(mut self) -> Vec<String> {
        let mut cut = Vec::new();
        while let Some(component) = self.components().first() {
            let edge = self.edge_to_blame(component);
            let uses = self.edges.remove(&edge).expect("an edge of the graph");
            let items: BTreeSet<_> = uses.into_iter().map(|(_, item)| item).collect();
            let items = items.into_iter().collect::<Vec<_>>().join(", ");
            cut.push(format!("{} ({items})", self.arrow(edge)));
        }
        cut
    }
}

fn reached_from(file: usize, used: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        open.extend(used[file].iter().filter(|to| reached.insert(**to)));
    }
    reached
}
