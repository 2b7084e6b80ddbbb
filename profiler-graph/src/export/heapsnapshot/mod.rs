//! `.heapsnapshot`, which the memory panel of Chrome and `memlab` read.
//!
//! The viewer works out distances and retained sizes itself. The order of keys, 32-bit numbers and edges in the order
//! of nodes are what its loader insists on.

mod calls;
mod groups;
mod ids;
mod kinds;
mod stacks;
mod trace;

use std::io::{self, Write};

use self::groups::{Group, groups};
use self::ids::Ids;
use self::kinds::{ELEMENT, OBJECT, PROPERTY, SYNTHETIC, WEAK, kind_of};
use self::stacks::Stacks;
use super::strings::Strings;
use crate::graph::HeapGraph;

const META: &str = r#"{"node_fields":["type","name","id","self_size","edge_count","trace_node_id"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"trace_node_fields":["id","function_info_index","count","size","children"],"sample_fields":[],"location_fields":[]}"#;

const NODE_FIELDS: u32 = 6;
/// Sizes have 32 bits; the rest of a larger block is in nodes of its own.
const LARGEST: u64 = 0xffff_fff0;

struct Writer<'a, W> {
    graph: &'a HeapGraph,
    out: &'a mut W,
    strings: Strings,
    groups: Vec<Group>,
    stacks: Stacks,
    ids: Ids,
    /// How many edges each block has.
    edges: Vec<u32>,
    /// Where the next part of a large block is.
    next_part: u32,
}

/// Writes a captured heap for the memory panel of Chrome.
///
/// A block is an object of its type; rows of values are arrays, texts are strings. What is lost hangs below `(lost)`,
/// and a stack holds only what no static reaches. Weak pointers are weak, and so are those of lost blocks to others. A
/// block has the stack at which it was
/// allocated, with names and lines where they are known.
///
/// # Errors
/// Those of `out`, or if there are more nodes and edges than the format can number.
pub fn heapsnapshot(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let mut strings = Strings::default();
    let groups = groups(graph, &mut strings);
    let blocks = 0..graph.image.block_count() as u32;
    let edges = blocks.map(|block| graph.pointers(block).len() as u32).collect();
    let (stacks, ids) = (Stacks::new(graph), Ids::new(graph));
    let mut writer = Writer { graph, out, strings, groups, stacks, ids, edges, next_part: 0 };
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
        let pointers: u64 = self.edges.iter().copied().map(u64::from).sum();
        let nodes = (1 + self.groups.len() + blocks) as u64 + parts;
        let edges = (self.groups.len() + entries) as u64 + pointers + parts;
        if nodes * u64::from(NODE_FIELDS) > u32::MAX.into() {
            return Err(io::Error::other("there are more blocks than a .heapsnapshot can number"));
        }
        write!(
            self.out,
            "{{\"snapshot\":{{\"meta\":{META},\"node_count\":{nodes},\"edge_count\":{edges},"
        )?;
        let functions = self.stacks.functions.len();
        write!(
            self.out,
            "\"trace_function_count\":{functions},\"root_index\":0,\"extra_native_bytes\":0}},\n\"nodes\":["
        )?;
        self.write_nodes()?;
        write!(self.out, "],\n\"edges\":[")?;
        self.write_edges()?;
        write!(self.out, "],\n\"trace_function_infos\":[")?;
        trace::write_functions(&self.stacks, &mut self.strings, self.out)?;
        write!(self.out, "],\n\"trace_tree\":")?;
        trace::write_tree(&self.stacks, self.out)?;
        write!(self.out, ",\n\"samples\":[],\"locations\":[],\n\"strings\":[")?;
        for (place, text) in self.strings.json().enumerate() {
            let comma = if place == 0 { "" } else { ",\n" };
            write!(self.out, "{comma}{text}")?;
        }
        writeln!(self.out, "]}}")
    }

    fn write_nodes(&mut self) -> io::Result<()> {
        let root = self.strings.place("");
        let groups = self.groups.len();
        write!(self.out, "{SYNTHETIC},{root},{},0,{groups},0", self.ids.of_root())?;
        for number in 0..groups {
            let Group { name, edges } = &self.groups[number];
            let (id, edges) = (self.ids.of_group(name), edges.len());
            let name = self.strings.place(name);
            write!(self.out, "\n,{SYNTHETIC},{name},{id},0,{edges},0")?;
        }
        for (number, block) in (0_u32..).zip(self.graph.image.blocks()) {
            let (kind, name) = self.kind(number);
            let (id, stack) = (self.ids.of_block(block, 0), self.stacks.of_site(block.site));
            let (size, parts) = (block.size.min(LARGEST), parts(block.size));
            let edges = u64::from(self.edges[number as usize]) + parts;
            write!(self.out, "\n,{kind},{name},{id},{size},{edges},{stack}")?;
        }
        for (number, block) in (0_u32..).zip(self.graph.image.blocks()) {
            for part in 1..=parts(block.size) {
                let ((_, name), id) = (self.kind(number), self.ids.of_block(block, part));
                let size = LARGEST.min(block.size - part * LARGEST);
                write!(self.out, "\n,{OBJECT},{name},{id},{size},0,0")?;
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
            for (offset, to, holds) in self.graph.pointers(number) {
                // As in our own dominators, no block is held by what is itself held by less, such as a lost one.
                let holds = holds && self.graph.class(number) <= self.graph.class(to);
                let (kind, name) = self.edge(number, offset, holds);
                let to = (first_block + to) * NODE_FIELDS;
                write!(self.out, "{comma}{kind},{name},{to}")?;
            }
            for part in 0..parts(block.size) {
                write!(self.out, "{comma}{ELEMENT},{part},{}", self.next_part * NODE_FIELDS)?;
                self.next_part += 1;
            }
        }
        Ok(())
    }

    /// The type of a block, and its name.
    fn kind(&mut self, block: u32) -> (u32, u32) {
        let graph = self.graph;
        let name = graph.types.name(graph.kind(block));
        (kind_of(name), self.strings.place(name))
    }

    /// The type of the edge of a word, and its name or index: its field, else its offset.
    fn edge(&mut self, block: u32, offset: u64, holds: bool) -> (u32, u32) {
        let label = self.graph.label(block, offset).unwrap_or_default();
        let index = label.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.parse().ok());
        match (holds, index) {
            (true, Some(index)) => (ELEMENT, index),
            (true, None) if label.is_empty() => (ELEMENT, offset as u32),
            (true, None) => (PROPERTY, self.strings.place(&label)),
            (false, _) if label.is_empty() => (WEAK, self.strings.place(&format!("+{offset}"))),
            (false, _) => (WEAK, self.strings.place(&label)),
        }
    }
}
