//! The holders of blocks, for `go tool pprof` and other readers of its format.

use std::io::{self, Write};

use mem_profile_pprof::{Builder, Line, Location, Sample};

use crate::graph::HeapGraph;
use crate::report::{TreeKind, TreeNode};

/// Writes who alone holds what as a profile. A stack begins with a static or another holder; each call in it is a block
/// with the field by which it alone holds the next, and the innermost is a type, with the blocks and bytes of its own.
///
/// So the sum of a call and all below it is what the block retains, and the flat sums are those of types: `inuse_space`
/// is both. Equal blocks are one, and so are those of a list or a tree.
///
/// # Errors
/// Those of `out`.
pub fn pprof(graph: &HeapGraph, out: &mut impl Write) -> io::Result<()> {
    let mut builder = Builder::new();
    let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
    builder.profile.sample_type = types.map(|(kind, unit)| builder.value_type(kind, unit)).into();
    builder.profile.default_sample_type = builder.string("inuse_space");
    builder.profile.time_nanos = graph.image.process().taken as i64;
    let tree = graph.retained_tree(usize::MAX);
    let mut locations = Locations { builder, known: Vec::new() };
    for node in tree.nodes.iter().filter(|node| node.bytes > 0) {
        let mut location_id = vec![locations.of(&node.name)];
        let mut below = node;
        while below.above != 0 {
            let above = &tree.nodes[below.above];
            location_id.push(locations.of(&holder(above, &below.field)));
            below = above;
        }
        let value = vec![node.blocks as i64, node.bytes as i64];
        locations.builder.profile.sample.push(Sample { location_id, value });
    }
    out.write_all(&locations.builder.encode())
}

/// A node with the field by which it holds another one: `Box<Listener>.payload.vec`.
fn holder(node: &TreeNode, field: &str) -> String {
    match node.kind {
        TreeKind::Blocks if field.starts_with('[') => format!("{}{field}", node.name),
        TreeKind::Blocks if !field.is_empty() => format!("{}.{field}", node.name),
        _ => node.name.clone(),
    }
}

/// One location for each name.
struct Locations {
    builder: Builder,
    /// For each function, whether it has a location.
    known: Vec<bool>,
}

impl Locations {
    fn of(&mut self, name: &str) -> u64 {
        let line: Line = self.builder.line(name, "", 0);
        let id = line.function_id;
        let place = id as usize - 1;
        if self.known.len() <= place {
            self.known.resize(place + 1, false);
        }
        if !std::mem::replace(&mut self.known[place], true) {
            let line = vec![line];
            self.builder.profile.location.push(Location { id, mapping_id: 0, address: 0, line });
        }
        id
    }
}
