//! Random heaps of counted nodes: classes against a search by the rules as they are written.

use super::hand::{COUNTS, HEAP, Heap, STATICS};
use crate::class::Class;
use crate::layout::*;

const SIZE: u64 = 16 + 4 * 8;

/// Nodes that hold two others, lead to one weakly, and have a number that is an address by chance.
struct Planted {
    held: Vec<[Option<usize>; 2]>,
    weak: Vec<usize>,
    numbers: Vec<usize>,
    statics: [Option<usize>; 3],
    /// Whether a word of the stack is an `Rc`, or a stale one.
    stack: Vec<(usize, bool)>,
}

impl Planted {
    fn new(random: &mut fastrand::Rng) -> Self {
        let count = random.usize(1..9);
        let some =
            |random: &mut fastrand::Rng| (random.u8(..3) == 0).then(|| random.usize(..count));
        let one = |random: &mut fastrand::Rng| random.usize(..count);
        Self {
            held: (0..count).map(|_| [some(random), some(random)]).collect(),
            weak: (0..count).map(|_| one(random)).collect(),
            numbers: (0..count).map(|_| one(random)).collect(),
            statics: [some(random), None, some(random)],
            stack: (0..random.usize(..3)).map(|_| (one(random), random.u8(..3) == 0)).collect(),
        }
    }

    /// Pointers that are counted, from nodes alone.
    fn shared(&self, from: &[usize], to: usize) -> usize {
        from.iter().map(|&node| self.held[node].iter().filter(|&&it| it == Some(to)).count()).sum()
    }

    /// A node that nothing counts was leaked, and still has its count.
    fn strong(&self, node: usize) -> usize {
        let all: Vec<_> = (0..self.held.len()).collect();
        let statics = self.statics.iter().filter(|&&it| it == Some(node)).count();
        let stack = self.stack.iter().filter(|&&it| it == (node, true)).count();
        (self.shared(&all, node) + statics + stack).max(1)
    }

    fn classes(&self) -> Vec<Class> {
        let mut heap = Heap::new();
        let node = TypeId(4);
        let rc = heap.types.pointer("Rc<Node>", To::One(node), Holds::Shares(COUNTS));
        let weak = heap.types.pointer("Weak<Node>", To::One(node), Holds::Weak(COUNTS));
        let plain = heap.types.plain("f64", 8);
        let all = heap.types.add("[Rc<Node>; 3]", 24, Shape::Array { element: rc, count: 3 });
        let fields = [("a", 0, rc), ("b", 8, rc), ("w", 16, weak), ("n", 24, plain)];
        assert_eq!(heap.types.structure("Node", 32, &fields), node);
        heap.types.variable("app::ALL", STATICS, all);
        let site = heap.site(node, super::super::How::One);
        let at = |node: usize| HEAP + node as u64 * SIZE;
        for (index, held) in self.held.iter().enumerate() {
            let [a, b] = held.map(|held| held.map_or(0, at));
            let words =
                [self.strong(index) as u64, 9, a, b, at(self.weak[index]), at(self.numbers[index])];
            assert_eq!(heap.block_of(0, SIZE, &words), at(index));
        }
        // The block that leads to each says its type, and is lost itself.
        for index in 0..self.held.len() {
            heap.block_of(site, 32, &[at(index), 0, 0, 0]);
        }
        heap.statics = self.statics.iter().map(|held| held.map_or(0, at)).collect();
        heap.stack = self.stack.iter().map(|&(node, _)| at(node) + 8).collect();
        let graph = heap.graph();
        (0..self.held.len() as u32).map(|block| graph.class(block)).collect()
    }

    /// All that some nodes hold. All words of a block count if a stack leads to it.
    fn reach(&self, from: &[usize], wanted: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut seen = vec![false; self.held.len()];
        let mut open = from.to_vec();
        while let Some(node) = open.pop() {
            if wanted(node) && !std::mem::replace(&mut seen[node], true) {
                open.extend(self.next(node));
            }
        }
        seen
    }

    fn next(&self, node: usize) -> Vec<usize> {
        let is_busy = self.stack.iter().any(|&(led, _)| led == node);
        let number = is_busy.then_some(self.numbers[node]);
        self.held[node].into_iter().flatten().chain(number).collect()
    }

    fn expected(&self) -> Vec<Class> {
        let count = self.held.len();
        let statics: Vec<_> = self.statics.iter().flatten().copied().collect();
        let named = self.reach(&statics, |_| true);
        let led: Vec<_> = self.stack.iter().map(|&(node, _)| node).collect();
        let on_stack = self.reach(&led, |node| !named[node]);
        let from_each: Vec<_> =
            (0..count).map(|node| self.reach(&self.next(node), |_| true)).collect();
        let mut unheld = vec![false; count];
        for node in (0..count).filter(|&node| on_stack[node]) {
            let members =
                (0..count).filter(|&other| from_each[node][other] && from_each[other][node]);
            let members: Vec<_> = members.collect();
            let is_explained =
                |&member: &usize| self.strong(member) == self.shared(&members, member);
            unheld[node] = !members.is_empty() && members.iter().all(is_explained);
        }
        // All that only such nodes count goes with them.
        loop {
            let gone: Vec<_> = (0..count).filter(|&node| unheld[node]).collect();
            let next = (0..count).find(|&node| {
                on_stack[node] && !unheld[node] && self.strong(node) == self.shared(&gone, node)
            });
            let Some(next) = next else { break };
            unheld[next] = true;
        }
        let left: Vec<_> = led.into_iter().filter(|&node| !unheld[node]).collect();
        let on_stack = self.reach(&left, |node| !named[node] && !unheld[node]);
        let class = |node: usize| match (named[node], on_stack[node]) {
            (true, _) => Class::Named,
            (false, true) => Class::Stack,
            (false, false) => Class::Lost,
        };
        (0..count).map(class).collect()
    }
}

#[test]
fn classes_are_by_what_holds_and_by_counts() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut seen = [0; 4];
    for _ in 0..3_000 {
        let planted = Planted::new(&mut random);
        let (found, expected) = (planted.classes(), planted.expected());
        assert_eq!(
            found, expected,
            "{:?} {:?} {:?} {:?}",
            planted.held, planted.statics, planted.stack, planted.numbers
        );
        for class in found {
            seen[class as usize] += 1;
        }
    }
    assert!(seen[0] > 2_000 && seen[1] > 2_000 && seen[3] > 2_000, "{seen:?}");
}
