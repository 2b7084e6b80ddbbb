//! Layouts made by hand, and heaps of them.

use std::collections::HashMap;
use std::sync::Arc;

use mem_profile_format::heap_layout::{NONE, root};

use super::super::How;
use crate::builder::ImageBuilder;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::image::Image;
use crate::layout::*;

/// Types that are made by hand.
#[derive(Debug, Default)]
pub(super) struct Hand {
    layouts: Vec<Arc<Layout>>,
    pub(super) vtables: HashMap<u64, TypeId>,
    variables: Vec<Variable>,
}

pub(super) const COUNTS: Counts = Counts { strong: 0, weak: 8, value: 16 };

impl Layouts for Hand {
    fn layout(&mut self, kind: TypeId) -> Arc<Layout> {
        self.layouts[kind.0 as usize].clone()
    }

    fn of_vtable(&mut self, address: u64) -> Option<TypeId> {
        self.vtables.get(&address).copied()
    }

    fn variables(&mut self) -> Vec<Variable> {
        self.variables.clone()
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Hand {
    pub(super) fn add(&mut self, name: &str, size: u64, shape: Shape) -> TypeId {
        let align = if size.is_multiple_of(8) { 8 } else { 1 };
        self.layouts.push(Arc::new(Layout { name: name.to_owned(), size, align, shape }));
        TypeId(self.layouts.len() as u32 - 1)
    }

    pub(super) fn name(&self, kind: TypeId) -> String {
        self.layouts[kind.0 as usize].name.clone()
    }

    pub(super) fn plain(&mut self, name: &str, size: u64) -> TypeId {
        self.add(name, size, Shape::Plain)
    }

    pub(super) fn number(&mut self) -> TypeId {
        self.add("usize", 8, Shape::Number)
    }

    pub(super) fn structure(
        &mut self,
        name: &str,
        size: u64,
        fields: &[(&str, u64, TypeId)],
    ) -> TypeId {
        self.add(name, size, Shape::Fields(fields_of(fields)))
    }

    pub(super) fn pointer(&mut self, name: &str, to: To, holds: Holds) -> TypeId {
        let size = if matches!(to, To::One(_) | To::Unknown) { 8 } else { 16 };
        self.add(name, size, Shape::Pointer(Pointer { to, holds }))
    }

    pub(super) fn boxed(&mut self, of: TypeId) -> TypeId {
        let name = format!("alloc::boxed::Box<{}, alloc::alloc::Global>", self.name(of));
        self.pointer(&name, To::One(of), Holds::Owns)
    }

    pub(super) fn rc(&mut self, of: TypeId) -> TypeId {
        let name = format!("alloc::rc::Rc<{}, alloc::alloc::Global>", self.name(of));
        self.pointer(&name, To::One(of), Holds::Shares(COUNTS))
    }

    pub(super) fn weak(&mut self, of: TypeId) -> TypeId {
        let name = format!("alloc::rc::Weak<{}, alloc::alloc::Global>", self.name(of));
        self.pointer(&name, To::One(of), Holds::Weak(COUNTS))
    }

    pub(super) fn vec(&mut self, element: TypeId) -> TypeId {
        let name = format!("alloc::vec::Vec<{}, alloc::alloc::Global>", self.name(element));
        self.add(&name, 24, Shape::Vec(Vector { element, capacity: 0, pointer: 8, length: 16 }))
    }

    pub(super) fn string(&mut self) -> TypeId {
        let element = self.plain("u8", 1);
        let string = Vector { element, capacity: 0, pointer: 8, length: 16 };
        self.add("alloc::string::String", 24, Shape::Vec(string))
    }

    pub(super) fn variable(&mut self, name: &str, start: u64, kind: TypeId) {
        let is_thread_local = start < 0x1000;
        let name = name.to_owned();
        self.variables.push(Variable { name, module: 0, start, is_thread_local, kind });
    }
}

fn fields_of(fields: &[(&str, u64, TypeId)]) -> Vec<Field> {
    let field =
        |&(name, offset, kind): &(&str, u64, TypeId)| Field { name: name.to_owned(), offset, kind };
    fields.iter().map(field).collect()
}

/// A heap with one module and one thread. Statics begin at 0x3000.
pub(super) struct Heap {
    pub(super) image: ImageBuilder,
    pub(super) types: Hand,
    next: u64,
    /// The words of the module's statics, and of the stack.
    pub(super) statics: Vec<u64>,
    pub(super) stack: Vec<u64>,
    /// The types that the stacks of sites say.
    of_site: Vec<Option<(TypeId, How)>>,
}

pub(super) const HEAP: u64 = 0x5555_0000_0000;
pub(super) const STATICS: u64 = 0x3000;

impl Heap {
    pub(super) fn new() -> Self {
        let mut image = ImageBuilder::new();
        image.module("/opt/bin/app", 0, &[[0x1000, 0x9000, 6]]);
        image.thread(71, "main", [0x7f00_0000, 0x7f10_0000, 0x7f0f_0000], &[]);
        image.site(0, 0, &[]);
        let (types, statics, stack) = Default::default();
        Self { image, types, next: HEAP, statics, stack, of_site: vec![None] }
    }

    /// A site whose stack says what its blocks are.
    pub(super) fn site(&mut self, kind: TypeId, how: How) -> u32 {
        self.of_site.push(Some((kind, how)));
        self.image.site(0, 0, &[])
    }

    /// A site of this stack, which says no type.
    pub(super) fn site_at(&mut self, addresses: &[u64]) -> u32 {
        self.of_site.push(None);
        self.image.site(0, 0, addresses)
    }

    /// A block of these words.
    pub(super) fn block(&mut self, words: &[u64]) -> u64 {
        self.block_of(0, words.len() as u64 * 8, words)
    }

    pub(super) fn block_of(&mut self, site: u32, size: u64, words: &[u64]) -> u64 {
        let start = self.next;
        self.next += size.next_multiple_of(16);
        let block = self.image.block(start, size, site);
        self.set(block, words);
        start
    }

    fn set(&mut self, block: u32, words: &[u64]) {
        for (offset, &word) in (0..).step_by(8).zip(words) {
            self.image.write(block, offset, word);
        }
    }

    /// Reserves a block, whose words are written later on.
    pub(super) fn later(&mut self, size: u64) -> (u32, u64) {
        let start = self.next;
        self.next += size.next_multiple_of(16);
        (self.image.block(start, size, 0), start)
    }

    pub(super) fn write(&mut self, block: (u32, u64), words: &[u64]) {
        self.set(block.0, words);
    }

    pub(super) fn graph(mut self) -> HeapGraph {
        self.image.statics(STATICS, &self.statics);
        self.image.root(root::STACK, 71, NONE, 0x7f0f_0000, &self.stack);
        let image = Image::read(self.image.build()).expect("a capture");
        let of_site = |site: u32| self.of_site[site as usize];
        HeapGraph::with_layouts(image, &mut self.types, &of_site).expect("a graph")
    }
}

/// Offsets and numbers of the blocks that each block leads to; inverted numbers are not held.
pub(super) fn edges(graph: &HeapGraph) -> Vec<(u32, u64, i64)> {
    let blocks = 0..graph.image().block_count() as u32;
    let of = |from: u32| {
        let all = graph.pointers(from).into_iter();
        all.map(move |(offset, to, holds)| {
            (from, offset, if holds { to.into() } else { !i64::from(to) })
        })
    };
    blocks.flat_map(of).collect()
}

/// The blocks that nothing holds.
pub(super) fn lost(graph: &HeapGraph) -> Vec<u32> {
    let blocks = 0..graph.image().block_count() as u32;
    blocks.filter(|&block| graph.class(block) == Class::Lost).collect()
}
