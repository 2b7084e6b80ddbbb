//! Who holds the memory: the stacks of the tracer, or the lines of measured functions where it does not run. The
//! largest, as many as fit. It allocates nothing but at the beginning.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use mem_profile_runtime::internal::{self, SourceLine};
use mem_profile_trace::{is_tracing, live};

use super::bytes::Pen;
use super::lines::Lines;
use super::mark::{self, Source, Sums, write_module, write_stack};

/// Frames of a stack that are written, the innermost.
const FRAMES: usize = 64;

/// Room for holders that are chosen.
#[derive(Debug)]
pub(super) struct Holders {
    largest: BinaryHeap<Reverse<(u64, usize)>>,
    sites: Vec<live::Site>,
    frames: Box<[u64]>,
    lines: Lines,
}

impl Holders {
    /// Chooses among so many.
    pub(super) fn new(most: usize) -> Self {
        live::find_modules();
        Self {
            largest: BinaryHeap::with_capacity(most),
            sites: Vec::with_capacity(most),
            frames: vec![0; FRAMES].into(),
            lines: Lines::new(),
        }
    }

    /// Writes them. In front of them stands who `asked` for so many bytes in vain, where that is known.
    pub(super) fn write(&mut self, asked: Option<u64>, pen: &mut Pen<'_>) -> Sums {
        if is_tracing() {
            return self.write_stacks(asked, pen);
        }
        let found = self.lines.find();
        let mut sums = found.unwrap_or_default();
        if let Some((line, bytes)) = internal::running_line().zip(asked) {
            sums.has_asker = line.source().is_some_and(|line| write_line(bytes, 1, &line, pen));
        }
        let lines = found.is_some().then(|| self.lines.largest_first());
        for (line, bytes, blocks) in lines.into_iter().flatten() {
            let Some(line) = line.source() else { continue };
            if !write_line(bytes, blocks, &line, pen) {
                break;
            }
            sums.written += 1;
        }
        sums
    }

    fn write_stacks(&mut self, asked: Option<u64>, pen: &mut Pen<'_>) -> Sums {
        let mut sums =
            Sums { source: Source::Tracer, mean_bytes: live::mean_bytes(), ..Sums::default() };
        for module in live::modules() {
            let range = module.range();
            let numbers = [range.start, range.end, module.bias(), module.generation()];
            sums.modules +=
                usize::from(write_module(numbers, module.path(), module.build_id(), pen));
        }
        if let Some((site, bytes)) = asked.and_then(|bytes| Some((live::here()?, bytes))) {
            sums.has_asker = write_stack(bytes, 1, site.stack(&mut self.frames).frames, pen);
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

/// Writes a line, if there is room.
fn write_line(bytes: u64, blocks: u64, line: &SourceLine, pen: &mut Pen<'_>) -> bool {
    mark::write_line([bytes, blocks], line.line, [line.file, line.function], pen)
}
