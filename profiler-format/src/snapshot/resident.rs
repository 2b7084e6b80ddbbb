//! The resident set by what costs next to nothing to know.

/// The resident set of a process at one moment, and parts of it that have no byte in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ResidentSet {
    /// All of it, in bytes.
    pub bytes: u64,
    /// Pages of files and of shared memory, and so the code. Those of a recording belong to the profiler.
    pub files: u64,
    /// Figures, tables and the map of live blocks.
    pub profiler: u64,
}

/// The resident set beside live blocks, of which nobody knows how many bytes are resident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Division {
    /// Live blocks, as far as there is room for them: so much of them is resident at most.
    pub live: u64,
    /// The profiler's own memory.
    pub profiler: u64,
    /// Pages of files.
    pub files: u64,
    /// All else, at least: free memory, stacks, C libraries. It is more where live blocks were never touched.
    pub rest: u64,
    /// Bytes of live blocks that are certainly not resident. They are in no part.
    pub untouched: u64,
}

impl ResidentSet {
    /// Its division where so many bytes are live. The first four parts add up to the resident set.
    #[must_use]
    pub fn divided(&self, live: u64) -> Division {
        let files = self.files.min(self.bytes);
        let profiler = self.profiler.min(self.bytes - files);
        let room = self.bytes - files - profiler;
        let resident = live.min(room);
        Division {
            live: resident,
            profiler,
            files,
            rest: room - resident,
            untouched: live - resident,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(set: [u64; 3], live: u64) -> [u64; 5] {
        let [bytes, files, profiler] = set;
        let parts = ResidentSet { bytes, files, profiler }.divided(live);
        let Division { live, profiler, files, rest, untouched } = parts;
        assert_eq!(live + profiler + files + rest, bytes);
        [live, profiler, files, rest, untouched]
    }

    #[test]
    fn parts_add_up_to_the_resident_set_whatever_is_live() {
        assert_eq!(divided([100, 20, 5], 40), [40, 5, 20, 35, 0]);
        assert_eq!(divided([100, 20, 5], 75), [75, 5, 20, 0, 0]);
        assert_eq!(divided([100, 20, 5], 90), [75, 5, 20, 0, 15]);
        // Figures of a file may be anything.
        assert_eq!(divided([100, u64::MAX, 5], 40), [0, 0, 100, 0, 40]);
        assert_eq!(divided([100, 20, u64::MAX], u64::MAX), [0, 80, 20, 0, u64::MAX]);
        assert_eq!(divided([0, 0, 0], 0), [0; 5]);
    }
}
