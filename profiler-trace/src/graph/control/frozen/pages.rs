//! Which pages were ever written: the others are zeroes, and need not be looked at.

use core::ops::Range;

use mem_profile_runtime::internal::capture::Descriptor;

use super::maps::Mapping;
use crate::system::PAGE;

/// It is not worth to ask for less.
const LEAST: usize = 32 * PAGE;

/// The page is in memory, or swapped out.
const PRESENT: u64 = 0b11 << 62;

/// `/proc/self/pagemap`, where the system has it.
pub(super) struct Pages(Option<Descriptor>);

impl Pages {
    pub(super) fn open() -> Self {
        Self(Descriptor::open(c"/proc/self/pagemap", 0).ok())
    }

    /// Visits the parts of a range in this mapping that may hold anything but zeroes, until one fails.
    pub(super) fn each(
        &self,
        range: Range<usize>,
        mapping: &Mapping,
        visit: &mut dyn FnMut(Range<usize>) -> Result<(), i32>,
    ) -> Result<(), i32> {
        let is_known = mapping.is_anonymous && mapping.is_private && range.len() >= LEAST;
        let Some(file) = self.0.as_ref().filter(|_| is_known) else { return visit(range) };
        let mut words = [0; 512];
        let (mut page, last) = (range.start / PAGE, range.end.div_ceil(PAGE));
        let mut run: Option<Range<usize>> = None;
        while page < last {
            let wanted = words.len().min(last - page);
            let wanted = words.get_mut(..wanted).unwrap_or_default();
            let Some(read @ 1..) = file.read_words_at(wanted, (page * 8) as u64) else {
                // The rest may be anything.
                return visit(run.map_or(page * PAGE, |run| run.start).max(range.start)..range.end);
            };
            for &word in words.iter().take(read) {
                let part = (page * PAGE).max(range.start)..((page + 1) * PAGE).min(range.end);
                page += 1;
                run = match (word & PRESENT != 0, run.take()) {
                    (true, Some(run)) => Some(run.start..part.end),
                    (true, None) => Some(part),
                    (false, Some(run)) => {
                        visit(run)?;
                        None
                    }
                    (false, None) => None,
                };
            }
        }
        run.map_or(Ok(()), visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system;

    #[test]
    fn pages_that_were_not_written_are_left_out() {
        let start = system::reserve(1000 * PAGE).addr();
        let mapping = Mapping {
            start,
            end: start + 1000 * PAGE,
            is_readable: true,
            is_private: true,
            is_anonymous: true,
            is_writable: true,
        };
        for page in [3, 4, 700] {
            // SAFETY: the memory is ours.
            unsafe { ((start + page * PAGE) as *mut u8).write(1) };
        }
        let found = |pages: &Pages, range| {
            let mut found = Vec::new();
            let mut visit = |part: Range<usize>| {
                found.push(part.start - start..part.end - start);
                Ok(())
            };
            pages.each(range, &mapping, &mut visit).unwrap();
            found
        };
        let all = start + 8..start + 1000 * PAGE - 8;
        let pages = Pages::open();
        if pages.0.is_some() {
            assert_eq!(found(&pages, all.clone()), [3 * PAGE..5 * PAGE, 700 * PAGE..701 * PAGE]);
        }
        assert_eq!(found(&Pages(None), all).first(), Some(&(8..1000 * PAGE - 8)));
    }
}
