//! The block that says what process a recording is of.

use core::mem::offset_of;

use mem_profile_format::layout;

use crate::process::Identity;
use crate::record::sync::word::Word;

/// The description of the process in a recording.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Process {
    pub(in crate::record) block: Word,
    pub(in crate::record) id: Word,
    /// Of [`layout::process`].
    pub(in crate::record) backend: Word,
    /// Nanoseconds since 1970.
    pub(in crate::record) started: Word,
    /// 1 when nothing more was to come.
    pub(in crate::record) closed: Word,
    /// The system's error when the file could not grow; 0 if it always could.
    pub(in crate::record) error: Word,
    /// Bytes of the file.
    pub(in crate::record) length: Word,
    /// Bytes live in the process as far as threads have published them.
    pub(in crate::record) published: Word,
    /// Bytes in use by the process when it was closed; [`layout::NEVER`] where not known.
    pub(in crate::record) bytes: Word,
    /// Length of the command line, which follows, packed.
    pub(in crate::record) text: Word,
    /// When the process began, in ticks since the system did; 0 where not known.
    pub(in crate::record) birth: Word,
    /// The system's name for the time since it was started last, lower half first.
    pub(in crate::record) boot: [Word; 2],
    /// Number that the system gives to one process only, or to all.
    pub(in crate::record) unique: Word,
    /// The highest that `published` was since the process began, or since a reset.
    pub(crate) highest: Word,
    /// The highest resident set when it was closed; [`layout::NEVER`] where not known.
    pub(in crate::record) resident_peak: Word,
    /// The highest marks of the thread that has reset the figures last; 0 where none has.
    pub(crate) peak_at_reset: Word,
    /// The resident set, its pages of files, and the profiler's own memory when it was closed; zeroes where not known.
    pub(in crate::record) resident: [Word; 3],
    /// Of [`layout::process`].
    pub(crate) allocator: Word,
    /// Where the memory of the profiler is that is not in the recording.
    pub(super) block_map: Word,
    pub(super) regions: Word,
    pub(super) segments: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Process, id) == layout::process::ID);
    assert!(offset_of!(Process, backend) == layout::process::BACKEND);
    assert!(offset_of!(Process, started) == layout::process::STARTED);
    assert!(offset_of!(Process, closed) == layout::process::CLOSED);
    assert!(offset_of!(Process, error) == layout::process::ERROR);
    assert!(offset_of!(Process, length) == layout::process::LENGTH);
    assert!(offset_of!(Process, published) == layout::process::PUBLISHED);
    assert!(offset_of!(Process, bytes) == layout::process::BYTES);
    assert!(offset_of!(Process, text) == layout::process::TEXT);
    assert!(offset_of!(Process, birth) == layout::process::BIRTH);
    assert!(offset_of!(Process, boot) == layout::process::BOOT);
    assert!(offset_of!(Process, unique) == layout::process::UNIQUE);
    assert!(offset_of!(Process, highest) == layout::process::HIGHEST);
    assert!(offset_of!(Process, resident_peak) == layout::process::RESIDENT_PEAK);
    assert!(offset_of!(Process, peak_at_reset) == layout::process::PEAK_AT_RESET);
    assert!(offset_of!(Process, resident) == layout::process::RESIDENT);
    assert!(offset_of!(Process, allocator) == layout::process::ALLOCATOR);
    assert!(offset_of!(Process, block_map) == layout::process::BLOCK_MAP);
    assert!(offset_of!(Process, regions) == layout::process::REGIONS);
    assert!(offset_of!(Process, segments) == layout::process::SEGMENTS);
    assert!(size_of::<Process>() == layout::process::SIZE);
};

impl Process {
    /// Says which process it is, what it measures, and when it began in nanoseconds since 1970.
    pub(crate) fn describe(&self, identity: &Identity, backend: i64, started: i64) {
        self.id.set(identity.id.into());
        self.birth.set(identity.start);
        self.unique.set(identity.unique as i64);
        let halves = [identity.boot as i64, (identity.boot >> 64) as i64];
        self.boot.iter().zip(halves).for_each(|(word, half)| word.set(half));
        self.backend.set(backend);
        self.started.set(started);
        self.bytes.set(layout::NEVER);
        self.resident_peak.set(layout::NEVER);
    }

    /// Nothing more is to come: the process has this many bytes in use, had this resident set at most, and has that
    /// one now.
    pub(crate) fn close(
        &self,
        bytes: Option<u64>,
        resident_peak: Option<u64>,
        resident: Option<[i64; 3]>,
    ) {
        let word = |bytes: Option<u64>| bytes.map_or(layout::NEVER, |bytes| bytes as i64);
        self.bytes.set(word(bytes));
        self.resident_peak.set(word(resident_peak));
        let resident = resident.unwrap_or_default();
        self.resident.iter().zip(resident).for_each(|(word, figure)| word.set(figure));
        self.closed.publish(1);
    }
}
