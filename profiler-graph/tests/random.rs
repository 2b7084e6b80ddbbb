//! Random heaps: classes and retained bytes against taking each block out.

mod builder;

use mem_profile_format::heap_layout::{NONE, root};
use mem_profile_graph::{Class, HeapGraph, Image, Pattern};

use builder::ImageBuilder;

/// Blocks with a label each; edges between them, and from each kind of holder.
struct Planted {
    sizes: Vec<u64>,
    edges: Vec<(usize, usize)>,
    /// Blocks that are held by statics, stacks and memory that was not seen.
    entries: [Vec<usize>; 3],
}

impl Planted {
    fn new(random: &mut fastrand::Rng) -> Self {
        let count = random.usize(1..16);
        let sizes = (0..count).map(|_| random.u64(8 * 24..400)).collect();
        let edge = |random: &mut fastrand::Rng| (random.usize(..count), random.usize(..count));
        let edges = (0..random.usize(..2 * count)).map(|_| edge(random)).take(24).collect();
        let entries =
            [(); 3].map(|()| (0..random.usize(..3)).map(|_| random.usize(..count)).collect());
        Self { sizes, edges, entries }
    }

    fn graph(&self, random: &mut fastrand::Rng) -> HeapGraph {
        let mut image = ImageBuilder::new();
        image.module("app", 0, &[]);
        image.thread(1, "main", [0; 3], &[]);
        for (block, &size) in self.sizes.iter().enumerate() {
            let label = image.label(&block.to_string());
            let site = image.site(0, label, &[]);
            image.block(0x1_0000 + block as u64 * 512, size, site);
        }
        // Interior pointers lead to a block as well.
        let mut address =
            |block: usize| 0x1_0000 + block as u64 * 512 + random.u64(..self.sizes[block]);
        for (number, &(from, to)) in self.edges.iter().enumerate() {
            image.write(from as u32, number as u64 * 8, address(to));
        }
        let words: Vec<_> = self.entries[0].iter().map(|&block| address(block)).collect();
        image.statics(0x1000, &words);
        let words: Vec<_> = self.entries[1].iter().map(|&block| address(block)).collect();
        image.root(root::STACK, 1, NONE, 0x2000, &words);
        self.entries[2].iter().for_each(|&block| image.unseen(0x3000, address(block)));
        HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
    }

    /// What is reached from some blocks, without one of them, among those of a class.
    fn reached(&self, from: &[usize], without: Option<usize>, allowed: u32) -> u32 {
        let (mut seen, mut stack) = (0_u32, from.to_vec());
        while let Some(block) = stack.pop() {
            if Some(block) != without && allowed >> block & 1 == 1 && seen >> block & 1 == 0 {
                seen |= 1 << block;
                let edges = self.edges.iter().filter(|edge| edge.0 == block);
                stack.extend(edges.map(|edge| edge.1));
            }
        }
        seen
    }

    fn bytes(&self, blocks: u32) -> u64 {
        (0..self.sizes.len())
            .filter(|block| blocks >> block & 1 == 1)
            .map(|block| self.sizes[block])
            .sum()
    }
}

#[test]
fn classes_and_retained_bytes_are_those_of_taking_each_block_out() {
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..3_000 {
        let planted = Planted::new(&mut random);
        let graph = planted.graph(&mut random);
        let classes = graph.classes();
        let mut rest = (1 << planted.sizes.len()) - 1;
        for (class, entries) in Class::ALL.into_iter().zip(&planted.entries) {
            let held = planted.reached(entries, None, rest);
            rest &= !held;
            let found = (classes.of(class).blocks, classes.of(class).bytes);
            assert_eq!(found, (held.count_ones().into(), planted.bytes(held)), "{class}");
            for block in (0..planted.sizes.len()).filter(|block| held >> block & 1 == 1) {
                let without = planted.reached(entries, Some(block), held);
                let retained = graph.count(&Pattern::new(&block.to_string())).retained;
                assert_eq!(retained, planted.bytes(held & !without), "{block}, {class}");
            }
        }
        assert_eq!(classes.lost.bytes, planted.bytes(rest));
        let leaked: u64 = graph.leaks().iter().map(|leak| leak.retained).sum();
        assert_eq!(leaked, planted.bytes(rest));
        let all: u64 = graph.retained(99).iter().map(|retainer| retainer.retained).sum();
        assert_eq!(all, planted.sizes.iter().sum::<u64>());
    }
}
