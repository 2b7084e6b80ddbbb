//! Cycles that nobody holds, though a stale word leads to them.
//!
//! A cycle is lost if all strong counts in it are explained by pointers from inside, and all else in it that a word
//! from outside leads to has its owner inside: no `Rc` is left anywhere that would ever drop it.

use std::collections::{HashMap, HashSet};

use super::edges::{Edges, Entry};
use crate::arrays::{Components, Csr, Reach};
use crate::image::Image;
use crate::layout::{Holds, Pointer};
use crate::walk::{Means, Trust, Typed};

struct Search<'a> {
    edges: &'a Edges,
    image: &'a Image,
    typed: &'a Typed,
    reach: &'a Reach,
    backward: Option<Csr>,
    /// How many pointers of lost blocks share each of these.
    shared: HashMap<u32, u64>,
    lost: HashSet<u32>,
}

/// Takes out what leads from outside into cycles that nobody holds. False if there are none.
pub(crate) fn release(edges: &mut Edges, image: &Image, typed: &Typed, reach: &Reach) -> bool {
    let (backward, shared, lost) = Default::default();
    let mut search = Search { edges, image, typed, reach, backward, shared, lost };
    search.find();
    let lost = search.lost;
    let is_held = |entry: &Entry| !lost.contains(&entry.target);
    edges.stack.retain(is_held);
    edges.unseen.retain(is_held);
    let is_outside = |from: u32| !lost.contains(&from) && is_questionable(reach, from);
    let cut = edges.between.take(|from, to| lost.contains(&to) && is_outside(from));
    edges.weak.extend(cut);
    edges.weak.sort_by_key(|&(from, _)| from);
    edges.unheld = lost.len() as u64;
    !lost.is_empty()
}

/// Whether a block is held by stacks or memory that was not seen alone.
fn is_questionable(reach: &Reach, block: u32) -> bool {
    (1..3).contains(&reach.class(reach.number[block as usize]))
}

impl<'a> Search<'a> {
    fn find(&mut self) {
        let is_candidate = |block: &u32| {
            is_questionable(self.reach, *block)
                && self.typed.form(*block).is_some_and(|form| form.counts().is_some())
        };
        if !(0..self.typed.blocks()).any(|block| is_candidate(&block)) {
            return;
        }
        let components = Components::new(&self.edges.between);
        for members in components.iter() {
            if members.iter().any(is_candidate) && self.is_unheld(members) {
                self.lose(members);
            }
        }
    }

    fn is_unheld(&mut self, members: &[u32]) -> bool {
        let inside: HashSet<u32> = members.iter().copied().collect();
        let (mut owned, mut shared) = (HashSet::new(), HashMap::new());
        for &member in members {
            self.pointers(member, |to, is_shared| {
                if !inside.contains(&to) {
                } else if is_shared {
                    *shared.entry(to).or_insert(0) += 1;
                } else {
                    owned.insert(to);
                }
            });
        }
        members.iter().all(|&member| match self.typed.form(member).and_then(|form| form.counts()) {
            Some(_) => self.typed.strong(self.image, member) == shared.get(&member).copied(),
            None => owned.contains(&member) || !self.is_entered(member, &inside),
        })
    }

    /// Whether something outside of the cycle leads to a block of it.
    fn is_entered(&mut self, block: u32, inside: &HashSet<u32>) -> bool {
        let edges = self.edges;
        let has =
            |entries: &[Entry]| entries.binary_search_by_key(&block, |entry| entry.target).is_ok();
        let backward = self.backward.get_or_insert_with(|| edges.between.reversed());
        let is_outside = |from: &u32| {
            !inside.contains(from) && self.reach.class(self.reach.number[*from as usize]) < 3
        };
        has(&edges.stack) || has(&edges.unseen) || backward.of(block).iter().any(is_outside)
    }

    /// Loses some blocks, and all that they alone own.
    fn lose(&mut self, members: &[u32]) {
        self.lost.extend(members);
        let mut open = members.to_vec();
        while let Some(block) = open.pop() {
            let mut owned = Vec::new();
            self.pointers(block, |to, is_shared| owned.push((to, is_shared)));
            for (to, is_shared) in owned {
                let is_last = !is_shared || {
                    let known = self.shared.entry(to).or_insert(0);
                    *known += 1;
                    self.typed.strong(self.image, to) == Some(*known)
                };
                if is_last && is_questionable(self.reach, to) && self.lost.insert(to) {
                    open.push(to);
                }
            }
        }
    }

    /// Gives the blocks that a block owns, and with true those that it shares.
    fn pointers(&self, block: u32, mut found: impl FnMut(u32, bool)) {
        self.typed.scan_block(self.image, block, |word| {
            let is_shared = match word.means {
                Means::Pointer(Pointer { holds: Holds::Owns, .. }, _)
                | Means::Container(_)
                | Means::Child(_) => false,
                Means::Pointer(Pointer { holds: Holds::Shares(_), .. }, _) => true,
                _ => return,
            };
            if let Some(to) = self.image.block_at(word.word).map(|to| to as u32)
                && self.typed.typing(to).trust() >= Trust::Vtable
            {
                found(to, is_shared);
            }
        });
    }
}
