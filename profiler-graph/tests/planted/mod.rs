//! Planted heaps that several tests ask.

#![allow(dead_code, reason = "each test uses a part of it")]

use mem_profile_format::heap_layout::site;
use mem_profile_graph::{HeapGraph, Image};

use crate::builder::ImageBuilder;

pub(crate) const HEAP: u64 = 0x5555_0000_0000;

/// A program with one module and one thread, and a label for each type.
pub(crate) struct Heap {
    pub(crate) image: ImageBuilder,
    next: u64,
}

impl Heap {
    pub(crate) fn new() -> Self {
        let mut image = ImageBuilder::new();
        image.module("/opt/bin/app", 0x1000, &[[0x1000, 0x9000, 6]]);
        image.thread(71, "main", [0x7f00_0000, 0x7f10_0000, 0x7f0f_0000], &[]);
        Self { image, next: HEAP }
    }

    /// A type, and where it is allocated.
    pub(crate) fn kind(&mut self, name: &str, address: u64) -> u32 {
        let label = self.image.label(name);
        self.image.site(site::COMPLETE, label, &[address])
    }

    pub(crate) fn block(&mut self, site: u32, size: u64) -> u32 {
        let start = self.next;
        self.next += size.next_multiple_of(16);
        self.image.block(start, size, site)
    }

    /// As many blocks, which the first words of another one lead to.
    pub(crate) fn elements(&mut self, of: u32, site: u32, count: u64, size: u64) {
        for place in 0..count {
            let element = self.block(site, size);
            self.image.point(of, place * 8, element);
        }
    }

    pub(crate) fn graph(mut self) -> HeapGraph {
        HeapGraph::new(Image::read(self.image.build()).expect("a capture")).expect("a graph")
    }
}

/// A static registry of 500 listeners, each of which keeps a string.
pub(crate) fn listeners() -> HeapGraph {
    let mut heap = Heap::new();
    let [list, closure, string] =
        [("[Box<dyn Fn>]", 0x1100), ("Box<{closure}>", 0x1200), ("String", 0x1300)]
            .map(|(name, address)| heap.kind(name, address));
    let registry = heap.block(list, 500 * 16);
    for number in 0..500 {
        let (closure, string) = (heap.block(closure, 32), heap.block(string, 102_403));
        heap.image.point(registry, number * 16, closure);
        heap.image.point(closure, 8, string);
    }
    let start = heap.image.start(registry);
    heap.image.statics(0x3000, &[0, 7, start]);
    heap.graph()
}
