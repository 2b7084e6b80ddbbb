//! Memory that containers have reserved and do not use.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::graph::HeapGraph;
use crate::layout::TypeId;
use crate::text::{count, name, size};
use crate::walk::{Container, Means, Step, Word};

/// How much the containers of a program have reserved, and how much of that they use: `Vec`, `String`, `VecDeque`,
/// `HashMap` and `HashSet` whose types are known. Each buffer counts once, so that figures may be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Waste {
    /// By the fields that they are in, the most wasteful first.
    pub fields: Vec<FieldWaste>,
    /// How many containers have a buffer.
    pub containers: u64,
    /// Bytes of all buffers.
    pub reserved: u64,
    /// Bytes of the elements that are there.
    pub used: u64,
}

/// The containers in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FieldWaste {
    /// The field, such as `Index.postings`; of an element, what it is an element of.
    pub field: String,
    /// Name of the container's type.
    pub name: String,
    /// How many there are that have a buffer.
    pub containers: u64,
    /// Bytes of their buffers.
    pub reserved: u64,
    /// Bytes of the elements that are there; of a table, with a byte for each.
    pub used: u64,
}

impl FieldWaste {
    /// Bytes that are reserved and not used.
    #[must_use]
    pub fn wasted(&self) -> u64 {
        self.reserved - self.used
    }
}

impl fmt::Display for FieldWaste {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, kind) = (name(&self.field), name(&self.name));
        let (reserved, used) = (size(self.reserved), size(self.used));
        write!(formatter, "{field}: {kind} ×{}: {reserved} reserved, {used} used", self.containers)
    }
}

impl fmt::Display for Waste {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reserved, used) = (size(self.reserved), size(self.used));
        let containers = count(self.containers, "container");
        writeln!(formatter, "{containers} of known types: {reserved} reserved, {used} used")?;
        self.fields.iter().try_for_each(|field| writeln!(formatter, "{field}"))
    }
}

/// Where a container is: the form of the block or the variable, the offset in its value, and the container's type.
type Place = (u32, Step, u64, TypeId);

struct Tally<'a> {
    graph: &'a HeapGraph,
    /// A bit for each block that was counted.
    counted: Vec<u64>,
    fields: BTreeMap<(String, String), FieldWaste>,
    names: HashMap<Place, (String, String)>,
}

impl HeapGraph {
    /// How much of what containers have reserved they use.
    #[must_use]
    pub fn waste(&self) -> Waste {
        let counted = vec![0; self.image.block_count().div_ceil(64)];
        let (fields, names) = Default::default();
        let mut tally = Tally { graph: self, counted, fields, names };
        for root in 0..self.image.roots().len() {
            let start = self.image.roots()[root].range.start;
            self.typed.scan_root(&self.image, root, |word| tally.in_root(start, &word));
        }
        for block in self.image.holders() {
            let block = block as u32;
            if self.typed.form(block).is_some() {
                self.typed.scan_block(&self.image, block, |word| tally.in_block(block, &word));
            }
        }
        let mut waste = Waste { fields: tally.fields.into_values().collect(), ..Waste::default() };
        for field in &waste.fields {
            waste.containers += field.containers;
            waste.reserved += field.reserved;
            waste.used += field.used;
        }
        waste.fields.sort_by_key(|field| std::cmp::Reverse(field.wasted()));
        waste
    }
}

impl Tally<'_> {
    fn in_root(&mut self, start: u64, word: &Word<'_>) {
        let Some((reserved, used)) = self.buffer(word) else { return };
        let variable = self.graph.typed.path_in_root(&self.graph.image, start + word.offset);
        let Some((variable, path)) = variable else { return };
        let variable = &self.graph.typed.variables[variable as usize];
        let field = match path.field {
            Some((owner, field)) => self.field(owner, &field),
            None => variable.short_name().to_owned(),
        };
        let key = (field, self.container(word));
        self.add(key, reserved, used);
    }

    fn in_block(&mut self, block: u32, word: &Word<'_>) {
        let Some((reserved, used)) = self.buffer(word) else { return };
        let graph = self.graph;
        let (typing, kind) = (graph.typed.typing(block).form(), word.kind);
        let Some(((form, kind), (step, start))) =
            typing.zip(kind).zip(graph.typed.step(&graph.image, block, word.offset))
        else {
            return;
        };
        let step = if let Step::Index(_) = step { Step::Index(0) } else { step };
        let place = (form, step, word.offset - start, kind);
        if !self.names.contains_key(&place) {
            let path = graph.typed.path_in_block(&graph.image, block, word.offset);
            let field = match path.unwrap_or_default().field {
                Some((owner, field)) => self.field(owner, &field),
                None => graph.types.name(graph.kind(block)).to_owned(),
            };
            self.names.insert(place, (field, self.container(word)));
        }
        let key = self.names[&place].clone();
        self.add(key, reserved, used);
    }

    fn field(&self, owner: TypeId, field: &str) -> String {
        format!("{}.{field}", self.graph.typed.short_name(owner))
    }

    fn container(&self, word: &Word<'_>) -> String {
        word.kind.map_or_else(String::new, |kind| self.graph.typed.short_name(kind))
    }

    /// The bytes that the buffer of a container has reserved and uses, if it was not counted before.
    fn buffer(&mut self, word: &Word<'_>) -> Option<(u64, u64)> {
        let Means::Container(container) = word.means else { return None };
        let typed = &self.graph.typed;
        let target = self.graph.image.block_at(word.word)? as u32;
        let block = self.graph.block(target);
        let used = match container {
            Container::Vec { of, capacity, length } => {
                let size = typed.size(of.element);
                (capacity.checked_mul(size)? == block.size).then(|| length.saturating_mul(size))?
            }
            Container::Ring { of, capacity, length, .. } => {
                let size = typed.size(of.element);
                (capacity.checked_mul(size)? == block.size).then(|| length.saturating_mul(size))?
            }
            Container::Table { of, items, .. } => {
                typed.form(target)?;
                items.saturating_mul(typed.size(of.element) + 1)
            }
            Container::Tree { .. } => return None,
        };
        let (group, bit) = (&mut self.counted[target as usize / 64], 1 << (target % 64));
        let is_new = *group & bit == 0;
        *group |= bit;
        is_new.then_some((block.size, used.min(block.size)))
    }

    fn add(&mut self, key: (String, String), reserved: u64, used: u64) {
        let waste = self.fields.entry(key).or_insert_with_key(|(field, name)| FieldWaste {
            field: field.clone(),
            name: name.clone(),
            containers: 0,
            reserved: 0,
            used: 0,
        });
        waste.containers += 1;
        waste.reserved += reserved;
        waste.used += used;
    }
}
