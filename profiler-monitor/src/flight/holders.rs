//! The stacks that hold the memory, by the tracer: the largest, as many as fit. It allocates nothing but at the
//! beginning.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use mem_profile_trace::{is_tracing, live};

use super::bytes::Pen;
use super::mark::{Source, Sums, write_module, write_stack};

/// Frames of a stack that are written, the innermost.
const FRAMES: usize = 64;

/// Room for stacks that are chosen.
#[derive(Debug)]
pub(super) struct Holders {
    largest: BinaryHeap<Reverse<(u64, usize)>>,
    sites: Vec<live::Site>,
    frames: Box<[u64]>,
}

impl Holders {
    /// Chooses among so many.
    pub(super) fn new(most: usize) -> Self {
        live::find_modules();
        Self {
            largest: BinaryHeap::with_capacity(most),
            sites: Vec::with_capacity(most),
            frames: vec![0; FRAMES].into(),
        }
    }

    pub(super) fn write(&mut self, pen: &mut Pen<'_>) -> Sums {
        if !is_tracing() {
            return Sums::default();
        }
        let mut sums =
            Sums { source: Source::Tracer, mean_bytes: live::mean_bytes(), ..Sums::default() };
        for module in live::modules() {
            let range = module.range();
            let numbers = [range.start, range.end, module.bias(), module.generation()];
            sums.modules +=
                usize::from(write_module(numbers, module.path(), module.build_id(), pen));
        }
        self.choose(&mut sums);
        for site in &self.sites {
            let stack = site.stack(&mut self.frames);
            if !write_stack(site.bytes, site.blocks, stack.frames, pen) {
                break;
            }
            sums.written += 1;
        }
        sums
    }

    /// The largest, in their order.
    fn choose(&mut self, sums: &mut Sums) {
        self.sites.clear();
        self.largest.clear();
        for site in live::sites() {
            sums.bytes += site.bytes;
            sums.blocks += site.blocks;
            sums.count += 1;
            if self.sites.len() < self.sites.capacity() {
                self.largest.push(Reverse((site.bytes, self.sites.len())));
                self.sites.push(site);
            } else if let Some(mut smallest) = self.largest.peek_mut()
                && smallest.0.0 < site.bytes
                && let Some(place) = self.sites.get_mut(smallest.0.1)
            {
                *place = site;
                *smallest = Reverse((site.bytes, smallest.0.1));
            }
        }
        self.sites.sort_unstable_by_key(|site| Reverse(site.bytes));
    }
}
