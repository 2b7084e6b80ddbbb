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
/// | `{"site":1,"location":…}` | where blocks are allocated |
/// | `{"block":0,"address":…,"size":…,"site":1,"type":…,"class":"named","retained":…,"dominator":…}` | |
/// | `{"holder":…,"to":0}` | a word outside of all blocks that leads to one |
/// | `{"from":0,"offset":8,"label":"next","to":1,"weak":false}` | a word of a block that leads to one; `label` is null where the type is not known |
///
/// # Errors
/// Those of `out`.
pub fn jsonl(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let process = graph.image.process();
    let (id, command, taken) = (process.id, json_string(&process.command), process.taken);
    writeln!(out, "{{\"process\":{id},\"command\":{command},\"taken\":{taken}}}")?;
    for site in 0..graph.image.site_count() as u32 {
        let location = json_string(graph.types.location(site));
        writeln!(out, "{{\"site\":{site},\"location\":{location}}}")?;
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
        for (offset, to, holds) in graph.pointers(from as u32) {
            let label =
                graph.label(from as u32, offset).map_or("null".to_owned(), |it| json_string(&it));
            write!(out, "{{\"from\":{from},\"offset\":{offset},\"label\":{label},")?;
            writeln!(out, "\"to\":{to},\"weak\":{}}}", !holds)?;
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
    let name = json_string(graph.types.name(graph.kind(number)));
    write!(out, "\"type\":{name},\"class\":\"{class}\",\"retained\":{retained},\"dominator\":")?;
    match graph.dominator(number) {
        Some(above) => writeln!(out, "{above}}}"),
        None => writeln!(out, "null}}"),
    }
}
