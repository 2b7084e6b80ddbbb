//! JSON lines: one for the process, one for each type, block, holder and pointer, for whoever wants to query them.

use std::io::{self, Write};

use super::strings::json_string;
use crate::class::Class;
use crate::graph::HeapGraph;

/// Writes a captured heap as JSON lines.
///
/// | line | |
/// |---|---|
/// | `{"process":7,"command":…,"taken":…}` | the first; `taken` in nanoseconds since 1970 |
/// | `{"site":1,"type":…,"location":…}` | where blocks are allocated, and the type of these |
/// | `{"block":0,"address":…,"size":…,"site":1,"class":"named","retained":…,"dominator":…}` | |
/// | `{"holder":…,"to":0}` | a word outside of all blocks that leads to one |
/// | `{"from":0,"offset":8,"to":1}` | a word of a block that leads to one |
///
/// # Errors
/// Those of `out`.
pub fn jsonl(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let process = graph.image.process();
    let (id, command, taken) = (process.id, json_string(&process.command), process.taken);
    writeln!(out, "{{\"process\":{id},\"command\":{command},\"taken\":{taken}}}")?;
    for site in 0..graph.image.site_count() as u32 {
        let name = json_string(graph.types.name(graph.types.kind(site)));
        let location = json_string(graph.types.location(site));
        writeln!(out, "{{\"site\":{site},\"type\":{name},\"location\":{location}}}")?;
    }
    for number in 0..graph.image.block_count() as u32 {
        write_block(graph, number, out)?;
    }
    for class in Class::ALL {
        for entry in graph.entries(class) {
            let (holder, to) = (json_string(&graph.holder_name(entry)), entry.target);
            writeln!(out, "{{\"holder\":{holder},\"to\":{to}}}")?;
        }
    }
    for from in graph.image.holders() {
        for (offset, to) in graph.pointers(from as u32) {
            writeln!(out, "{{\"from\":{from},\"offset\":{offset},\"to\":{to}}}")?;
        }
    }
    Ok(())
}

fn write_block(graph: &HeapGraph, number: u32, out: &mut impl Write) -> io::Result<()> {
    let block = graph.block(number);
    let class = match graph.class(number) {
        Class::Named => "named",
        Class::Stack => "stack",
        Class::Unseen => "unseen",
        Class::Lost => "lost",
    };
    let (address, size, site) = (block.start, block.size, block.site);
    let retained = graph.retained_by(number);
    write!(out, "{{\"block\":{number},\"address\":{address},\"size\":{size},\"site\":{site},")?;
    write!(out, "\"class\":\"{class}\",\"retained\":{retained},\"dominator\":")?;
    match graph.dominator(number) {
        Some(above) => writeln!(out, "{above}}}"),
        None => writeln!(out, "null}}"),
    }
}
