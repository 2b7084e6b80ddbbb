//! Weak pointers, and cycles that nobody holds.

use super::hand::{Heap, STATICS, edges};
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::layout::*;

fn classes(graph: &HeapGraph) -> Vec<Class> {
    (0..graph.image().block_count() as u32).map(|block| graph.class(block)).collect()
}

/// A node with a name, a next one and a weak parent. In its block counts come before it.
struct Nodes {
    heap: Heap,
    node: TypeId,
}

impl Nodes {
    fn new() -> Self {
        let mut heap = Heap::new();
        let types = &mut heap.types;
        // A type that leads to itself has a number before it is made.
        let node = types.plain("placeholder", 1);
        let node = TypeId(node.0 + 5);
        let string = types.string();
        let next = types.pointer("Rc<Node>", To::One(node), Holds::Shares(super::hand::COUNTS));
        let parent = types.pointer("Weak<Node>", To::One(node), Holds::Weak(super::hand::COUNTS));
        let fields = [("name", 0, string), ("next", 24, next), ("parent", 32, parent)];
        assert_eq!(types.structure("Node", 40, &fields), node);
        Self { heap, node }
    }

    fn reserve(&mut self) -> (u32, u64) {
        self.heap.later(56)
    }

    /// Returns the address of its name, which has 5 bytes.
    fn set(&mut self, block: (u32, u64), strong: u64, next: u64, parent: u64) -> u64 {
        let name = self.heap.block_of(0, 5, &[]);
        self.heap.write(block, &[strong, 2, 5, name, 5, next, parent]);
        name
    }
}

#[test]
fn a_weak_pointer_does_not_hold_a_value() {
    let mut nodes = Nodes::new();
    let [one, other] = [(); 2].map(|()| nodes.reserve());
    nodes.set(one, 1, 0, other.1);
    nodes.set(other, 1, 0, one.1);
    let rc = nodes.heap.types.rc(nodes.node);
    nodes.heap.types.variable("app::ONE", STATICS, rc);
    nodes.heap.statics = vec![one.1];
    let graph = nodes.heap.graph();
    assert_eq!(edges(&graph), [(0, 24, 2), (0, 48, !1), (1, 24, 3), (1, 48, !0)]);
    assert_eq!(classes(&graph), [Class::Named, Class::Lost, Class::Named, Class::Lost]);
    assert_eq!(graph.cycles(), []);
    assert_eq!(graph.classes().lost.bytes, 56 + 5);
}

#[test]
fn a_weak_pointer_holds_the_memory_of_a_value_that_is_gone() {
    let mut nodes = Nodes::new();
    let [gone, other, plain] = [(); 3].map(|()| nodes.reserve());
    nodes.set(gone, 0, other.1, 0);
    nodes.set(other, 1, 0, 0);
    // Of the third nothing was captured, since none of its words leads anywhere.
    let weak = nodes.heap.types.weak(nodes.node);
    let all = nodes.heap.types.add("[Weak<Node>; 2]", 16, Shape::Array { element: weak, count: 2 });
    nodes.heap.types.variable("app::ALL", STATICS, all);
    nodes.heap.statics = vec![gone.1, plain.1];
    let graph = nodes.heap.graph();
    // Its value is not looked at.
    assert_eq!(edges(&graph), [(1, 24, 4)]);
    let [named, lost] = [Class::Named, Class::Lost];
    assert_eq!(classes(&graph), [named, lost, named, lost, lost]);
    let note = "Weak pointers alone hold 2 blocks (112 B) as memory";
    assert!(graph.notes().iter().any(|found| found.starts_with(note)), "{:?}", graph.notes());
}

/// Two nodes that hold each other, with these counts; a word of the stack leads to the second, and one to a name.
fn cycle(strong: [u64; 2]) -> HeapGraph {
    let mut nodes = Nodes::new();
    let site = nodes.heap.site(nodes.node, super::super::How::One);
    assert_eq!(site, 1);
    let [one, other] = [(); 2].map(|()| nodes.reserve());
    nodes.set(one, strong[0], other.1, 0);
    let name = nodes.set(other, strong[1], one.1, one.1);
    nodes.heap.stack = vec![other.1 + 16, name];
    // The block that leads to them says their types, and is lost itself.
    let rc = nodes.heap.types.rc(nodes.node);
    let holder = nodes.heap.site(rc, super::super::How::One);
    nodes.heap.block_of(holder, 8, &[one.1]);
    nodes.heap.graph()
}

#[test]
fn a_cycle_whose_counts_come_from_inside_is_lost_whatever_the_stack_says() {
    let graph = cycle([2, 1]);
    // The holder's own count is not from inside.
    assert_eq!(classes(&graph)[..4], [Class::Stack; 4]);
    let graph = cycle([1, 1]);
    assert_eq!(classes(&graph)[..4], [Class::Lost; 4]);
    let cycles = graph.cycles();
    assert_eq!((cycles.len(), cycles[0].blocks, cycles[0].class), (1, 2, Class::Lost));
    assert_eq!(graph.classes().lost.bytes, 2 * (56 + 5) + 8);
    let note = "4 blocks in cycles that nobody holds";
    assert!(graph.notes().iter().any(|found| found.starts_with(note)), "{:?}", graph.notes());
}

#[test]
fn a_cycle_that_a_stack_still_holds_once_is_none() {
    let graph = cycle([1, 2]);
    assert_eq!(classes(&graph)[..4], [Class::Stack; 4]);
    assert_eq!(graph.cycles()[0].class, Class::Stack);
}

#[test]
fn what_counts_is_known_by_its_fields_whoever_leads_there() {
    let mut nodes = Nodes::new();
    let number = nodes.heap.types.plain("usize", 8);
    let fields = [("strong", 0, number), ("weak", 8, number), ("data", 16, nodes.node)];
    let inner = nodes.heap.types.structure("alloc::sync::ArcInner<app::Node>", 56, &fields);
    let raw = nodes.heap.types.pointer(
        "*mut alloc::sync::ArcInner<Node>",
        To::One(inner),
        Holds::Borrows,
    );
    nodes.heap.types.variable("app::RAW", STATICS, raw);
    let site = nodes.heap.site(inner, super::super::How::One);
    let [held, gone] = [(); 2].map(|()| nodes.reserve());
    nodes.set(held, 1, 0, gone.1);
    nodes.set(gone, 0, held.1, 0);
    let by_site = nodes.heap.block_of(site, 56, &[1, 1, 0, 0, 0, held.1, 0]);
    nodes.heap.statics = vec![held.1];
    nodes.heap.stack = vec![by_site];
    let graph = nodes.heap.graph();
    // The first word of a node is a capacity, and of one that is gone nothing is looked at.
    assert_eq!(edges(&graph), [(0, 24, 2), (0, 48, 1), (4, 40, 0)]);
    // An owner says more than a raw pointer.
    assert_eq!(graph.types.name(graph.kind(0)), "Rc<Node>");
}
