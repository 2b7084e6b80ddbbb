//! The holders of blocks from outside, as nodes below the root.

use std::collections::HashMap;

use super::kinds::{ELEMENT, PROPERTY};
use crate::ask::thread_name;
use crate::class::Class;
use crate::export::strings::Strings;
use crate::graph::HeapGraph;
use crate::heap::{Entry, Holder};
use crate::image::RootKind;

/// Statics, a thread or the like.
#[derive(Default)]
pub(super) struct Group {
    pub(super) name: String,
    /// The type of the edge, its name or index, and the block.
    pub(super) edges: Vec<(u32, u32, u32)>,
}

/// The groups that hold blocks from outside, without those that hold none.
pub(super) fn groups(graph: &HeapGraph, strings: &mut Strings) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known = HashMap::new();
    let mut add = |name: String, edge: (u32, u32, u32)| {
        let number = *known.entry(name.clone()).or_insert(groups.len());
        if number == groups.len() {
            groups.push(Group { name, edges: Vec::new() });
        }
        groups[number].edges.push(edge);
    };
    for class in Class::ALL {
        let entries =
            graph.entries(class).iter().filter(|entry| graph.class(entry.target) == class);
        for (index, entry) in (0..).zip(entries) {
            let edge = match entry.holder {
                Holder::Unseen => (ELEMENT, index, entry.target),
                _ => (PROPERTY, strings.place(&graph.holder_name(entry)), entry.target),
            };
            add(group_of(graph, entry), edge);
        }
    }
    for (index, &head) in (0..).zip(&graph.reach.heads) {
        add("(lost)".to_owned(), (ELEMENT, index, head));
    }
    groups
}

fn group_of(graph: &HeapGraph, entry: &Entry) -> String {
    let stack =
        |thread: usize| format!("(stack of {})", thread_name(&graph.image.threads()[thread]));
    match entry.holder {
        Holder::Root(root) => match graph.image.roots()[root as usize].kind {
            RootKind::Static { .. } => "(statics)".to_owned(),
            RootKind::ThreadLocal { .. } => "(thread locals)".to_owned(),
            RootKind::ThreadRecord { .. } => "(records of threads)".to_owned(),
            RootKind::Stack { thread } => stack(thread),
        },
        Holder::Register(thread) => stack(thread as usize),
        Holder::Unseen => "(not seen)".to_owned(),
    }
}
