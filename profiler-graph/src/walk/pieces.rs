//! Variables in the memory of roots.

use std::sync::Arc;

use super::plan::{Plan, Plans};
use super::scan::{Word, anything, scan};
use crate::image::{Image, RootKind};
use crate::layout::Variable;

/// A variable in a root. A thread-local has one for each thread.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) root: u32,
    pub(crate) start: u64,
    pub(crate) variable: u32,
    pub(crate) plan: Arc<Plan>,
}

/// Where variables are, none over another one, in the order of addresses.
pub(super) fn pieces(image: &Image, variables: &[Variable], plans: &mut Plans<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, variable) in (0_u32..).zip(variables) {
        let plan = plans.of(variable.kind);
        let places = places(image, variable).into_iter();
        pieces.extend(places.filter_map(|(root, start)| {
            let range = &image.roots()[root].range;
            let end = start.checked_add(plan.layout.size)?;
            let is_inside = range.start <= start && start < end && end <= range.end;
            let (root, plan) = (root as u32, plan.clone());
            is_inside.then_some(Piece { root, start, variable: number, plan })
        }));
    }
    pieces.sort_by_key(|piece| (piece.start, std::cmp::Reverse(piece.plan.layout.size)));
    let mut done = 0;
    pieces.retain(|piece| {
        let is_apart = piece.start >= done;
        done = done.max(piece.start + piece.plan.layout.size);
        is_apart
    });
    pieces
}

/// The roots that a variable is in, and where it begins.
fn places(image: &Image, variable: &Variable) -> Vec<(usize, u64)> {
    let roots = image.roots();
    if variable.is_thread_local {
        let of_module = roots.iter().enumerate().filter(|(_, root)| {
            matches!(root.kind, RootKind::ThreadLocal { module, .. } if module == variable.module)
        });
        let start = |(number, root): (usize, &crate::image::Root)| {
            Some((number, root.range.start.checked_add(variable.start)?))
        };
        return of_module.filter_map(start).collect();
    }
    let behind = roots.partition_point(|root| root.range.start <= variable.start);
    let found = behind.checked_sub(1);
    let found = found.filter(|&root| matches!(roots[root].kind, RootKind::Static { .. }));
    found.map(|root| (root, variable.start)).into_iter().collect()
}

/// Gives the words of a root: of variables by their types, and all others between them.
pub(super) fn scan_root<'a>(
    pieces: &'a [Piece],
    image: &Image,
    root: usize,
    mut found: impl FnMut(Word<'a>),
) {
    let start = pieces.partition_point(|piece| (piece.root as usize) < root);
    let end = pieces.partition_point(|piece| piece.root as usize <= root);
    let memory = &image.roots()[root];
    let bytes = image.root_memory(memory);
    let mut done = 0;
    for piece in &pieces[start..end] {
        let start = piece.start - memory.range.start;
        anything(bytes, done, start - done, &mut found);
        scan(&piece.plan.parts, bytes, start, &mut found);
        done = start + piece.plan.layout.size;
    }
    anything(bytes, done, bytes.len() as u64, &mut found);
}
