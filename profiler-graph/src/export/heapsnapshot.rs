//! `.heapsnapshot`, which the memory panel of Chrome and `memlab` read.
//!
//! The viewer works out distances and retained sizes itself. The order of keys, 32-bit numbers and edges in the order
//! of nodes are what its loader insists on.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::strings::Strings;
use crate::ask::thread_name;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::heap::{Entry, Holder};
use crate::image::RootKind;

const META: &str = r#"{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"trace_function_info_fields":[],"trace_node_fields":[],"sample_fields":[],"location_fields":[]}"#;

const NODE_FIELDS: u32 = 5;
const OBJECT: u32 = 3;
const SYNTHETIC: u32 = 9;
const ELEMENT: u32 = 1;
const PROPERTY: u32 = 2;
/// Sizes have 32 bits; the rest of a larger block is in nodes of its own.
const LARGEST: u64 = 0xffff_fff0;

/// Statics, a thread or the like, which hold blocks from outside: a node of the viewer, below the root.
#[derive(Default)]
struct Group {
    name: String,
    /// The type of the edge, its name or index, and the block.
    edges: Vec<(u32, u32, u32)>,
}

struct Writer<'a, W> {
    graph: &'a HeapGraph,
    out: &'a mut W,
    strings: Strings,
    groups: Vec<Group>,
    ids: HashSet<u32>,
    /// Where the next part of a large block is.
    next_part: u32,
}

/// Writes a captured heap for the memory panel of Chrome.
///
/// A block is an object of its type. What is lost hangs below `(lost)`, and a stack holds only what no static reaches.
///
/// # Errors
/// Those of `out`, or if there are more nodes and edges than the format can number.
pub fn heapsnapshot(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let (ids, mut strings) = Default::default();
    let groups = groups(graph, &mut strings);
    let mut writer = Writer { graph, out, strings, groups, ids, next_part: 0 };
    writer.write()
}

/// How many nodes a block takes beside its first.
fn parts(size: u64) -> u64 {
    size.saturating_sub(1) / LARGEST
}

impl<W: Write> Writer<'_, W> {
    fn write(&mut self) -> io::Result<()> {
        let blocks = self.graph.image.block_count();
        let parts: u64 = self.graph.image.blocks().map(|block| parts(block.size)).sum();
        let entries: usize = self.groups.iter().map(|group| group.edges.len()).sum();
        let nodes = (1 + self.groups.len() + blocks) as u64 + parts;
        let edges = (self.groups.len() + entries + self.graph.edges.between.edges()) as u64 + parts;
        if nodes * u64::from(NODE_FIELDS) > u32::MAX.into() {
            return Err(io::Error::other("there are more blocks than a .heapsnapshot can number"));
        }
        write!(
            self.out,
            "{{\"snapshot\":{{\"meta\":{META},\"node_count\":{nodes},\"edge_count\":{edges},"
        )?;
        write!(
            self.out,
            "\"trace_function_count\":0,\"root_index\":0,\"extra_native_bytes\":0}},\n\"nodes\":["
        )?;
        self.write_nodes()?;
        write!(self.out, "],\n\"edges\":[")?;
        self.write_edges()?;
        write!(self.out, "],\n\"strings\":[")?;
        for (place, text) in self.strings.json().enumerate() {
            let comma = if place == 0 { "" } else { ",\n" };
            write!(self.out, "{comma}{text}")?;
        }
        writeln!(self.out, "]}}")
    }

    fn write_nodes(&mut self) -> io::Result<()> {
        let root = self.strings.place("");
        write!(self.out, "{SYNTHETIC},{root},1,0,{}", self.groups.len())?;
        for number in 0..self.groups.len() {
            let (name, edges) = (&self.groups[number].name, self.groups[number].edges.len());
            let (name, id) = (self.strings.place(name), 3 + 2 * number);
            self.ids.insert(id as u32);
            write!(self.out, "\n,{SYNTHETIC},{name},{id},0,{edges}")?;
        }
        for (number, block) in (0_u32..).zip(self.graph.image.blocks()) {
            let name = self.name(block.site);
            let id = self.id(block.start, block.site);
            let (size, parts) = (block.size.min(LARGEST), parts(block.size));
            let edges = self.graph.edges.between.of(number).len() as u64 + parts;
            write!(self.out, "\n,{OBJECT},{name},{id},{size},{edges}")?;
        }
        for block in self.graph.image.blocks().filter(|block| parts(block.size) > 0) {
            let name = self.name(block.site);
            for part in 1..=parts(block.size) {
                let id = self.id(block.start + part, block.site);
                let size = LARGEST.min(block.size - part * LARGEST);
                write!(self.out, "\n,{OBJECT},{name},{id},{size},0")?;
            }
        }
        Ok(())
    }

    fn write_edges(&mut self) -> io::Result<()> {
        let first_block = 1 + self.groups.len() as u32;
        self.next_part = first_block + self.graph.image.block_count() as u32;
        let mut comma = "";
        for number in 0..self.groups.len() as u32 {
            let to = (1 + number) * NODE_FIELDS;
            write!(self.out, "{comma}{ELEMENT},{number},{to}")?;
            comma = "\n,";
        }
        for &(kind, name, block) in self.groups.iter().flat_map(|group| &group.edges) {
            write!(self.out, "{comma}{kind},{name},{}", (first_block + block) * NODE_FIELDS)?;
        }
        for (number, block) in (0_u32..).zip(self.graph.image.blocks()) {
            for (offset, to) in self.graph.pointers(number) {
                let (index, to) = (offset as u32, (first_block + to) * NODE_FIELDS);
                write!(self.out, "{comma}{ELEMENT},{index},{to}")?;
            }
            for part in 0..parts(block.size) {
                write!(self.out, "{comma}{ELEMENT},{part},{}", self.next_part * NODE_FIELDS)?;
                self.next_part += 1;
            }
        }
        Ok(())
    }

    fn name(&mut self, site: u32) -> u32 {
        let graph = self.graph;
        self.strings.place(graph.types.name(graph.types.kind(site)))
    }

    /// An odd number that is the same for an address and site in each capture of a process, but for collisions.
    fn id(&mut self, address: u64, site: u32) -> u32 {
        let mut hash = address ^ u64::from(site) << 48;
        loop {
            hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let id = (hash >> 32) as u32 | 1;
            if self.ids.insert(id) {
                return id;
            }
        }
    }
}

/// The groups that hold blocks from outside, without those that hold none.
fn groups(graph: &HeapGraph, strings: &mut Strings) -> Vec<Group> {
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
