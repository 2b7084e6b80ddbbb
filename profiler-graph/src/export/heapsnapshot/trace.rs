//! Writes the stacks at which blocks were allocated.

use std::collections::HashMap;
use std::io::{self, Write};

use super::stacks::Stacks;
use crate::export::strings::Strings;

/// `[function_id, name, script_name, script_id, line, column]` of each function. A file has a number of its own.
pub(super) fn write_functions(
    stacks: &Stacks,
    strings: &mut Strings,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut scripts: HashMap<&str, usize> = HashMap::from([("", 0)]);
    for (number, call) in stacks.functions.iter().enumerate() {
        let (name, file) = (strings.place(&call.function), strings.place(&call.file));
        let next = scripts.len();
        let script = *scripts.entry(&call.file).or_insert(next);
        let comma = if number == 0 { "" } else { "\n," };
        let id = number + 1;
        write!(out, "{comma}{id},{name},{file},{script},{},{}", call.line, call.column)?;
    }
    Ok(())
}

/// `[id, function_info_index, count, size, [children]]`, without recursion.
pub(super) fn write_tree(stacks: &Stacks, out: &mut impl Write) -> io::Result<()> {
    // A node, and its next child.
    let mut open = vec![(0_u32, 0_usize)];
    write!(out, "[")?;
    write_head(stacks, 0, out)?;
    while let Some((node, next)) = open.last_mut() {
        let Some(&below) = stacks.nodes[*node as usize].below.get(*next) else {
            write!(out, "]")?;
            open.pop();
            continue;
        };
        let comma = if *next == 0 { "" } else { "," };
        *next += 1;
        writeln!(out, "{comma}")?;
        write_head(stacks, below, out)?;
        open.push((below, 0));
    }
    write!(out, "]")
}

fn write_head(stacks: &Stacks, number: u32, out: &mut impl Write) -> io::Result<()> {
    let node = &stacks.nodes[number as usize];
    write!(out, "{},{},{},{},[", number + 1, node.function, node.blocks, node.bytes)
}
