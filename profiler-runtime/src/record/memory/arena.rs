//! Where figures lie: segments of memory, or of a file.
//!
//! Segments hold **blocks**, one after another: the process, functions, threads, chunks of rows.
//! All of it is plain words, written by plain stores. Where a run is recorded, further segments
//! are pieces of a file mapped into memory, and what was stored outlives the process however that
//! ends. Nothing is ever given back or moved: a reader may be looking.

use core::iter;
use core::mem::offset_of;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicI64, AtomicPtr, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use mem_profile_format::layout::{self, MAGIC, PROCESS, RESERVED, UNIT, VERSION, WORD};

use super::process_block::Process;
use crate::process::{self, Backing, Piece};
use crate::record::sync::list::{List, Node};
use crate::record::sync::word::{Pointer, Word};

/// Segments are multiples of this, and so of the pages of every system; so much gets room at one time.
const SMALLEST: usize = 64 << 10;
/// Segments double what there is, up to this.
const LARGEST: usize = 4 << 20;

/// The header of a segment.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Segment {
    magic: Word,
    pub(in crate::record) version: Word,
    /// Bytes, with this header.
    pub(in crate::record) length: Word,
    /// Where it begins in the memory of the process, which is what the pointers in it refer to, and what
    /// leads to all of it: a reference leads to this header alone.
    pub(in crate::record) address: Pointer<Self>,
    /// Bytes handed out, with this header.
    pub(in crate::record) used: AtomicI64,
    /// Means something in the memory of the process only, where a reader may be as well.
    next: AtomicPtr<Segment>,
    /// Whether it is part of a file. Means nothing to readers.
    recorded: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Segment, version) == layout::segment::VERSION);
    assert!(offset_of!(Segment, length) == layout::segment::LENGTH);
    assert!(offset_of!(Segment, address) == layout::segment::ADDRESS);
    assert!(offset_of!(Segment, used) == layout::segment::USED);
    assert!(offset_of!(Segment, next) == layout::segment::NEXT);
    assert!(size_of::<Segment>() == layout::segment::SIZE);
};

impl Node for Segment {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

static SEGMENTS: List<Segment> = List::new(AtomicPtr::new(ptr::null_mut()));
static CURRENT: AtomicPtr<Segment> = AtomicPtr::new(ptr::null_mut());
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The file that new segments are part of; null where there is none, or no longer.
static FILE: AtomicPtr<Backing> = AtomicPtr::new(ptr::null_mut());
/// The block of the process in that file; null where nothing is recorded.
static RECORDED: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Memory for a block of `bytes`, all zero but for its first word; `None` when memory is out.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<Word>> {
    let size = layout::rounded(bytes, UNIT);
    let current = CURRENT.load(Acquire);
    // SAFETY: null or a segment, which is never freed.
    if let Some(block) = unsafe { current.as_ref() }.and_then(|segment| segment.take(size)) {
        return Some(block);
    }
    let segment = Segment::reserve(size)?;
    // Where another thread was faster, this segment holds one block alone.
    let new = ptr::from_ref(segment).cast_mut();
    let _ = CURRENT.compare_exchange(current, new, AcqRel, Relaxed);
    segment.take(size)
}

/// The block is filled: from now on readers see it. Whether they did not before.
pub(crate) fn finish(block: &Word, kind: i64) -> bool {
    layout::size_and_kind(block.set_bits(kind)).1 == RESERVED
}

/// Nobody writes there any more, and readers pass over it.
pub(in crate::record) fn abandon(block: &Word) {
    block.set(block.get() & !0xff);
}

/// All segments, newest first.
pub(crate) fn segments() -> impl Iterator<Item = &'static Segment> {
    SEGMENTS.iter()
}

/// Where the address of the newest is.
pub(super) fn address() -> usize {
    (&raw const SEGMENTS).addr()
}

/// The same from this one on.
pub(in crate::record) fn segments_from(
    newest: &'static Segment,
) -> impl Iterator<Item = &'static Segment> {
    SEGMENTS.iter_from(newest)
}

/// Bytes in use, as far as they are resident: outside of files, and in a file.
pub(crate) fn resident_bytes() -> [usize; 2] {
    segments().fold([0; 2], |[outside, inside], segment| {
        let used = layout::rounded(segment.used(), SMALLEST).min(segment.length());
        if segment.is_recorded() { [outside, inside + used] } else { [outside + used, inside] }
    })
}

/// Whether new segments are part of a file.
pub(crate) fn is_recording() -> bool {
    !FILE.load(Relaxed).is_null()
}

/// Whether what is at this address is part of a file.
pub(crate) fn is_recorded(address: *const ()) -> bool {
    let has_it = |segment: &&Segment| segment.offset_of(address).is_some();
    segments().find(has_it).is_some_and(Segment::is_recorded)
}

/// The block of the process in its recording, if there is one.
pub(crate) fn recorded() -> Option<&'static Process> {
    // SAFETY: null or a block, which is never freed.
    unsafe { RECORDED.load(Acquire).as_ref() }
}

/// Nobody looks at any segment again.
fn release() {
    let mut next = segments().next();
    while let Some(segment) = next {
        // Read before it goes.
        next = segments_from(segment).nth(1);
        // SAFETY: a segment is a mapping of its own.
        unsafe { process::unmap(NonNull::from(segment).cast(), segment.length()) };
    }
}

impl Segment {
    /// A new segment with room for a block of `size`, in the file if there is one.
    fn reserve(size: usize) -> Option<&'static Self> {
        let all = BYTES.load(Relaxed).clamp(SMALLEST, LARGEST);
        let length = layout::rounded(size + size_of::<Self>(), SMALLEST).max(all);
        let segment = Self::in_file(length).or_else(|| Self::in_memory(length))?;
        process::on_unload(release);
        BYTES.fetch_add(length, Relaxed);
        SEGMENTS.push(segment);
        Some(segment)
    }

    fn in_memory(length: usize) -> Option<&'static Self> {
        // SAFETY: fresh zeroes, as long as that.
        Some(unsafe { Self::begin(process::map_memory(length)?, length, false) })
    }

    fn in_file(length: usize) -> Option<&'static Self> {
        // SAFETY: null or a file that `record` was given for good.
        let file = unsafe { FILE.load(Acquire).as_ref() }?;
        match file.extend(length) {
            // SAFETY: fresh zeroes, as long as that.
            Ok(piece) => Some(unsafe { Self::of_piece(&piece, length) }),
            Err(error) => {
                give_up(error);
                None
            }
        }
    }

    /// # Safety
    /// As for [`Self::begin`].
    unsafe fn of_piece(piece: &Piece, length: usize) -> &'static Self {
        if let Some(process) = recorded() {
            process.length.raise_shared(piece.end as i64);
        }
        // SAFETY: as the caller promises.
        unsafe { Self::begin(piece.start, length, true) }
    }

    /// # Safety
    /// `start` has `length` bytes of zeroes that are nobody else's, and stays.
    unsafe fn begin(start: NonNull<u8>, length: usize, recorded: bool) -> &'static Self {
        // SAFETY: as the caller promises; zeroes are a valid segment.
        let segment: &'static Self = unsafe { start.cast().as_ref() };
        segment.version.set(VERSION.into());
        segment.length.set(length as i64);
        segment.address.set(start.as_ptr().cast());
        process::populate(start, SMALLEST);
        segment.used.store(size_of::<Self>() as i64, Relaxed);
        segment.recorded.set(recorded.into());
        segment.magic.publish(MAGIC);
        segment
    }

    /// The next `size` bytes; `None` where so many are not left.
    ///
    /// Whoever is first to write what a block begins with has it, and everybody may count it as handed
    /// out. So there is never one without its size, not even in a child forked just then.
    fn take(&'static self, size: usize) -> Option<NonNull<Word>> {
        let header = layout::block(size, RESERVED);
        loop {
            let start = self.used();
            if start + size > self.length() {
                return None;
            }
            // SAFETY: it lies within the segment: in its zeroes, or a block begins there.
            let block = unsafe { self.at(start) };
            // SAFETY: as above, and zeroes are a valid word.
            let found = unsafe { block.as_ref() }.claim(header);
            let (taken, _) = layout::size_and_kind(found.unwrap_or(header));
            self.used.fetch_max((start + taken as usize) as i64, AcqRel);
            if found.is_none() {
                self.populate(start, start + size);
                return Some(block);
            }
        }
    }

    /// The thread that takes the first block of a piece populates all of it.
    fn populate(&'static self, start: usize, end: usize) {
        let [first, next] = [start, end].map(|at| layout::rounded(at, SMALLEST));
        if first < next {
            // SAFETY: a segment has whole pieces, and the block ends in the last of these.
            process::populate(unsafe { self.at(first) }.cast(), next - first);
        }
    }

    pub(crate) fn length(&self) -> usize {
        self.length.get() as usize
    }

    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.recorded.get() != 0
    }

    pub(in crate::record) fn set_recorded(&self, recorded: bool) {
        self.recorded.set(recorded.into());
    }

    /// Bytes handed out, with the header.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Acquire) as usize
    }

    /// # Safety
    /// `offset`, in bytes, is the offset of a word within it.
    unsafe fn at(&'static self, offset: usize) -> NonNull<Word> {
        // SAFETY: as the caller promises; set by `begin`.
        unsafe { NonNull::new_unchecked(self.address.get()).cast::<Word>().byte_add(offset) }
    }

    /// The blocks that are filled, by kind.
    pub(crate) fn blocks(&'static self) -> impl Iterator<Item = (i64, NonNull<Word>)> {
        let filled = self.extents().filter(|(kind, _)| *kind != RESERVED);
        // SAFETY: a block lies within what is used.
        filled.map(|(kind, extent)| (kind, unsafe { self.at(extent.start) }))
    }

    /// Kinds and offsets of all blocks, filled or not.
    fn extents(&'static self) -> impl Iterator<Item = (i64, Range<usize>)> {
        let (mut at, used) = (size_of::<Self>(), self.used());
        iter::from_fn(move || {
            let start = (at < used).then_some(at)?;
            // SAFETY: it lies within what is used, which stays.
            let (size, kind) = layout::size_and_kind(unsafe { self.at(start).as_ref() }.acquire());
            // A fork's copy has none where blocks were handed out meanwhile.
            at = (start + (size as usize).max(UNIT)).min(used);
            Some((kind, start..at))
        })
    }

    /// All words handed out, with the header; zeroes for what is still being filled.
    pub(crate) fn words(&'static self) -> impl Iterator<Item = i64> {
        // SAFETY: all offsets below are of words within what is used, which stays.
        let word = |offset| unsafe { self.at(offset).as_ref() }.get();
        let header = (0..size_of::<Self>()).step_by(WORD).map(word);
        let blocks = self.extents().flat_map(move |(kind, extent)| {
            let first = layout::block(extent.len(), kind);
            let filled = move |offset| if kind == RESERVED { 0 } else { word(offset) };
            iter::once(first).chain(extent.step_by(WORD).skip(1).map(filled))
        });
        header.chain(blocks)
    }

    /// Where `block` is in it, in bytes, if it is one of its own.
    pub(in crate::record) fn offset_of(&self, block: *const ()) -> Option<usize> {
        let offset = block.addr().wrapping_sub(ptr::from_ref(self).addr());
        (offset < self.length()).then_some(offset)
    }
}

/// From now on new segments are part of `file`, whose first one says what `describe` says.
///
/// Not for two threads at once.
pub(crate) fn record(
    file: &'static Backing,
    program: &[u8],
    describe: impl FnOnce(&Process),
) -> Result<(), i32> {
    let size = layout::rounded(size_of::<Process>() + layout::rounded(program.len(), WORD), UNIT);
    let length = layout::rounded(size + size_of::<Segment>(), SMALLEST);
    let piece = file.extend(length)?;
    // SAFETY: fresh zeroes, as long as that.
    let segment = unsafe { Segment::of_piece(&piece, length) };
    // There is room for it: that is how long the segment was made.
    let Some(block) = segment.take(size) else { return Ok(()) };
    // SAFETY: the block is as long, and zeroes are valid.
    let process: &'static Process = unsafe { block.cast().as_ref() };
    // SAFETY: behind it there is room for the text.
    unsafe { write_text(block.byte_add(size_of::<Process>()), program) };
    process.text.set(program.len() as i64);
    process.length.set(piece.end as i64);
    describe(process);
    finish(&process.block, PROCESS);
    SEGMENTS.push(segment);
    RECORDED.store(ptr::from_ref(process).cast_mut(), Release);
    FILE.store(ptr::from_ref(file).cast_mut(), Release);
    CURRENT.store(ptr::from_ref(segment).cast_mut(), Release);
    Ok(())
}

/// Makes what there is part of the file as well. Only where the process has one thread.
pub(crate) fn adopt() {
    // SAFETY: null or a file that `record` was given for good.
    let Some(file) = (unsafe { FILE.load(Acquire).as_ref() }) else { return };
    for segment in segments().filter(|segment| !segment.is_recorded()) {
        // SAFETY: a segment is whole pages of its own, and no other thread runs.
        match unsafe { file.adopt(NonNull::from(segment).cast(), segment.length()) } {
            Ok(piece) => {
                segment.set_recorded(true);
                if let Some(process) = recorded() {
                    process.length.raise_shared(piece.end as i64);
                }
            }
            Err(error) => return give_up(error),
        }
    }
}

/// Writes `text` to the words at `place`.
///
/// # Safety
/// There is room for it.
pub(in crate::record) unsafe fn write_text(place: NonNull<Word>, text: &[u8]) {
    // SAFETY: as the caller promises.
    unsafe { write(place, layout::packed(text)) };
}

/// # Safety
/// There is room for so many.
pub(in crate::record) unsafe fn write(place: NonNull<Word>, words: impl Iterator<Item = i64>) {
    for (index, word) in words.enumerate() {
        // SAFETY: as the caller promises; any bits are a word.
        unsafe { place.add(index).as_ref() }.set(word);
    }
}

/// The process's bytes, as published, have changed.
pub(in crate::record) fn note_published(bytes: i64) {
    if let Some(process) = recorded() {
        process.published.set(bytes);
        process.highest.raise_shared(bytes);
    }
}

/// There is no file any more, in a forked child.
pub(in crate::record) fn forget_file() {
    FILE.store(ptr::null_mut(), Relaxed);
    RECORDED.store(ptr::null_mut(), Relaxed);
}

/// The file cannot grow: from now on there is only memory, and the recording says so.
#[cold]
fn give_up(error: i32) {
    FILE.store(ptr::null_mut(), Relaxed);
    if let Some(process) = recorded() {
        process.error.set(error.into());
    }
}
