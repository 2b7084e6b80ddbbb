//! The words of a value that may lead to a block, and what each of them means.

use super::plan::{Choice, Part, What};
use crate::layout::{Pointer, Ring, Table, Tree, TypeId, Vector};

/// A word that may lead to a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    /// Where it is, in bytes from the start of the memory.
    pub(crate) offset: u64,
    pub(crate) word: u64,
    /// The type of the pointer, or of the container that it belongs to.
    pub(crate) kind: Option<TypeId>,
    pub(crate) means: Means<'a>,
}

/// The meaning of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Means<'a> {
    /// Nobody knows; and the word behind it.
    Anything(u64),
    /// A pointer, and the word behind it.
    Pointer(Pointer, u64),
    /// The pointer of a container.
    Container(Container<'a>),
    /// A pointer of a tree's node to one below.
    Child(&'a Tree),
}

/// A container and its numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Container<'a> {
    Vec { of: &'a Vector, capacity: u64, length: u64 },
    Ring { of: &'a Ring, capacity: u64, head: u64, length: u64 },
    Table { of: &'a Table, mask: u64, items: u64 },
    Tree { of: &'a Tree },
}

/// The word at an offset; 0 beyond the end.
#[inline]
pub(crate) fn word(bytes: &[u8], offset: u64) -> u64 {
    let word = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)?.first_chunk());
    word.map_or(0, |&word| u64::from_le_bytes(word))
}

/// A number of at most 8 bytes.
pub(crate) fn number(bytes: &[u8], offset: u64, size: u64) -> Option<u64> {
    let start = usize::try_from(offset).ok()?;
    let bytes = bytes.get(start..start.checked_add(size as usize)?)?;
    let mut word = [0; 8];
    word.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(word))
}

/// Gives each word of a value that begins at `base`.
pub(crate) fn scan<'a>(
    parts: &'a [Part],
    bytes: &[u8],
    base: u64,
    found: &mut impl FnMut(Word<'a>),
) {
    for part in parts {
        let base = base.saturating_add(part.offset);
        let at = |offset: u64| base.saturating_add(offset);
        let get = |offset: u64| word(bytes, at(offset));
        let mut give = |offset, means| {
            let offset = at(offset);
            found(Word { offset, word: word(bytes, offset), kind: Some(part.kind), means });
        };
        match &part.what {
            What::Bytes(length) => anything(bytes, base, *length, found),
            What::Pointer(pointer) => give(0, Means::Pointer(*pointer, get(8))),
            What::Vec(of) => {
                let (capacity, length) = (get(of.capacity), get(of.length));
                give(of.pointer, Means::Container(Container::Vec { of, capacity, length }));
            }
            What::Ring(of) => {
                let (capacity, head, length) = (get(of.capacity), get(of.head), get(of.length));
                let ring = Container::Ring { of, capacity, head, length };
                give(of.pointer, Means::Container(ring));
            }
            What::Table(of) => {
                let (mask, items) = (get(of.mask), get(of.items));
                give(of.control, Means::Container(Container::Table { of, mask, items }));
            }
            What::Tree(of) => give(of.root, Means::Container(Container::Tree { of })),
            What::Repeat(plan, count) => {
                let size = plan.layout.size.max(1);
                let most = (bytes.len() as u64).saturating_sub(base) / size;
                for index in 0..*count.min(&most) {
                    scan(&plan.parts, bytes, base + index * size, found);
                }
            }
            What::Choice(choice) => choose(choice, bytes, base, found),
        }
    }
}

/// Gives each whole word of some bytes.
pub(crate) fn anything<'a>(bytes: &[u8], base: u64, length: u64, found: &mut impl FnMut(Word<'a>)) {
    let end = base.saturating_add(length).min(bytes.len() as u64);
    let Some(first) = base.checked_next_multiple_of(8) else { return };
    for offset in (first..end.saturating_sub(7)).step_by(8) {
        let means = Means::Anything(word(bytes, offset + 8));
        found(Word { offset, word: word(bytes, offset), kind: None, means });
    }
}

fn choose<'a>(choice: &'a Choice, bytes: &[u8], base: u64, found: &mut impl FnMut(Word<'a>)) {
    let (offset, size) = choice.discriminant;
    let number = number(bytes, base.saturating_add(offset), size);
    match number.and_then(|number| chosen(&choice.branches, |branch| &branch.chosen_by, number)) {
        Some(branch) => scan(&branch.parts, bytes, base, found),
        None => anything(bytes, base, choice.size, found),
    }
}

/// The alternative that a number chooses.
pub(super) fn chosen<T>(
    all: &[T],
    chosen_by: impl Fn(&T) -> &[(u64, u64)],
    number: u64,
) -> Option<&T> {
    let has = |&(first, last): &(u64, u64)| (first..=last).contains(&number);
    let found = all.iter().find(|one| chosen_by(one).iter().any(has));
    found.or_else(|| all.iter().find(|one| chosen_by(one).is_empty()))
}
