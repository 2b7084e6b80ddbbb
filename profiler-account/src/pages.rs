//! Which pages of a mapping are resident.

use std::ops::Range;

use crate::smaps::Mapping;

/// The bytes of a page, a power of two.
///
/// PERF: a division by a number that is not known takes ten times as long as a mask, and a block has five of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize(u64);

impl PageSize {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(bytes.checked_next_power_of_two().unwrap_or(1))
    }

    pub(crate) fn bytes(self) -> u64 {
        self.0
    }

    /// The bytes of its page before an address.
    pub(crate) fn offset(self, address: u64) -> u64 {
        address & (self.0 - 1)
    }

    /// Where the page of an address starts.
    pub(crate) fn start(self, address: u64) -> u64 {
        address - self.offset(address)
    }

    /// The first start of a page that is not below an address.
    pub(crate) fn next_start(self, address: u64) -> Option<u64> {
        Some(self.start(address.checked_add(self.0 - 1)?))
    }
}

/// Resident pages of a mapping. Questions are asked in the order of addresses.
pub(crate) struct Resident {
    /// In order, and apart.
    runs: Vec<Range<u64>>,
    /// The first run that is not behind.
    next: usize,
}

impl Resident {
    /// The pages of the mapping that were read, as far as they are in it and in order. `None` where nobody read them
    /// and some are resident and others are not.
    pub(crate) fn new(mapping: &Mapping, read: Option<Vec<Range<u64>>>) -> Option<Self> {
        let whole = mapping.range.clone();
        let mut runs = match read {
            Some(runs) => runs,
            None if mapping.resident == 0 => Vec::new(),
            None if mapping.resident == length(&whole) => vec![whole],
            None => return None,
        };
        let mut end = mapping.range.start;
        runs.retain_mut(|run| {
            *run = run.start.max(end)..run.end.min(mapping.range.end);
            end = end.max(run.end);
            run.start < run.end
        });
        Some(Self { runs, next: 0 })
    }

    /// All resident bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.runs.iter().map(length).sum()
    }

    /// Resident bytes of a range, which does not begin before the one that was last asked for.
    pub(crate) fn bytes_in(&mut self, range: Range<u64>) -> u64 {
        while self.runs.get(self.next).is_some_and(|run| run.end <= range.start) {
            self.next += 1;
        }
        self.sum(self.next, range)
    }

    /// The same for any range.
    pub(crate) fn bytes_anywhere(&self, range: Range<u64>) -> u64 {
        self.sum(self.runs.partition_point(|run| run.end <= range.start), range)
    }

    fn sum(&self, from: usize, range: Range<u64>) -> u64 {
        let runs = self.runs[from..].iter().take_while(|run| run.start < range.end);
        runs.map(|run| length(&(run.start.max(range.start)..run.end.min(range.end)))).sum()
    }
}

/// The bytes of a range.
pub(crate) fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_bytes_are_those_within_the_mapping() {
        let mapping = Mapping { range: 0x2000..0x9000, ..Mapping::default() };
        let runs = vec![0x1000..0x3000, 0x2000..0x4000, 0x6000..0x7000, 0x8000..0xb000];
        let mut resident = Resident::new(&mapping, Some(runs)).unwrap();
        assert_eq!(resident.bytes(), 0x4000);
        assert_eq!(resident.bytes_in(0x2800..0x3800), 0x1000);
        assert_eq!(resident.bytes_in(0x3000..0x9000), 0x3000);
        assert_eq!(resident.bytes_in(0x6000..0x8800), 0x1800);
        assert_eq!(resident.bytes_anywhere(0x2000..0x3000), 0x1000);
        let of = |resident| Resident::new(&Mapping { resident, ..mapping.clone() }, None);
        assert_eq!([0, 0x7000].map(|bytes| of(bytes).unwrap().bytes()), [0, 0x7000]);
        assert!(of(0x1000).is_none());
    }
}
