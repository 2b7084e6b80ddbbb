//! From blocks to a [`Snapshot`].
//!
//! Rows of all threads are added up, and so are the changes that a thread has not recorded yet: by its
//! current line, and by the lines that wait for a callee.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::RecordingError;
use super::blocks::{self, Block, Blocks, unsigned};
use super::held::{LiveBlocks, Place};
use super::peaks::Peaks;
use super::sums::{Sum, Totals, join_first_row, row};
use crate::layout::function::{FIRST_ROW_APART, FIRST_ROW_RUNS};
use crate::layout::ledger::{ALWAYS_READ, CENTER};
use crate::layout::process::{HEAP, RSS};
use crate::layout::{self, NEVER};
use crate::snapshot::{Backend, FunctionSnapshot, RowKind, Snapshot};

/// The note of a function that was suspended and resumed. Its lines have only a part of its figures; the
/// lines of other functions are complete.
const ON_COROUTINE_NOTE: &str = "measured in part: it ran on a coroutine";

/// Of the resident set, where the end of some line was not read.
const RARELY_READ_NOTE: &str = "after 1000 readings of a line it is read every 20 µs: a change is on the line that ran when it was seen";

const SAVED_FRAME: i64 = layout::saved_frame::SIZE as i64;

pub(super) fn snapshot(blocks: &Blocks<'_>) -> Result<Snapshot, RecordingError> {
    let backend = match blocks.process().word(layout::process::BACKEND) {
        HEAP => Backend::Heap,
        RSS => Backend::Rss,
        _ => Backend::Off,
    };
    // No two threads have a stack in common, so no more frames wait than there is room for.
    let mut room = blocks.frames();
    let mut ledgers = Vec::new();
    for (&thread, block) in &blocks.threads {
        ledgers.push((thread, Ledger::of(blocks, block, backend, &mut room)));
    }
    let mut chunks: Vec<_> =
        blocks.chunks.iter().map(|chunk| (chunk.word(layout::chunk::TABLE), chunk)).collect();
    // Chunks of one function stay in the order of the file.
    chunks.sort_by_key(|(number, _)| Reverse(*number));
    let peaks = Peaks::find(blocks);
    let process_bytes = process_bytes(blocks);
    let live = LiveBlocks::find(blocks, process_bytes)?;
    let (mut functions, mut places) = (Vec::new(), BTreeMap::new());
    for chunks in chunks.chunk_by(|(one, _), (other, _)| one == other) {
        let number = chunks.first().map_or(0, |(number, _)| *number);
        // A function that is still being written, or was cut off.
        let block = blocks.functions.get(&number).zip(blocks.texts.get(&number));
        let Some((block, texts)) = block else { continue };
        let (mut sums, mut peak) = (Vec::new(), 0);
        for (_, chunk) in chunks {
            peak = peaks.of_calls(chunk).max(peak);
            sums.resize(rows(block, chunk)?, Sum::default());
            add_chunk(&mut sums, blocks, &ledgers, chunk, backend);
        }
        if let Some(live) = &live {
            let rows = (0..).zip(&mut sums);
            rows.for_each(|(row, sum)| sum.held = Some(live.of_row(number, row)));
        }
        if sums.iter().any(Sum::is_shown) {
            let rows = sums.len();
            let mut function = function(block, texts, sums, backend)?;
            // The row that is none of its lines is the first one's.
            let lines = if function.lines.len() < rows { rows - 1 } else { rows };
            places.insert(number, Place { function: functions.len(), line: function.line, lines });
            function.peak = (backend == Backend::Heap).then_some(peak);
            functions.push(function);
        }
    }
    let mut snapshot = Snapshot {
        process_bytes,
        peak: live.as_ref().map(LiveBlocks::peak),
        paths: live.map(|live| live.paths(&places)),
        functions,
        ..Snapshot::empty(backend)
    };
    peaks.fill_in(blocks, &mut snapshot);
    snapshot.notes.extend(resident_note(blocks, backend));
    snapshot.sort();
    Ok(snapshot)
}

fn resident_note(blocks: &Blocks<'_>, backend: Backend) -> Option<String> {
    let unread = |thread: &Block<'_>| thread.word(layout::thread::RSS + layout::ledger::UNREAD);
    let is_unread = blocks.threads.values().any(|thread| unread(thread) != ALWAYS_READ);
    (backend == Backend::Rss && is_unread).then(|| RARELY_READ_NOTE.to_owned())
}

/// The number of rows in the chunk. Its function has to agree, and its size has to allow it.
fn rows(function: &Block<'_>, chunk: &Block<'_>) -> Result<usize, RecordingError> {
    let (rows, _) = rows_and_thread(chunk);
    let room = (chunk.len() - layout::chunk::SIZE) / layout::row::SIZE;
    if rows != function.word(layout::function::ROWS) {
        return Err(chunk.damaged("a function has another number of rows"));
    }
    usize::try_from(rows)
        .ok()
        .filter(|&rows| rows <= room && rows > 0)
        .ok_or_else(|| chunk.damaged("there is no room for so many rows"))
}

/// The number of rows in the chunk, and of its thread.
fn rows_and_thread(chunk: &Block<'_>) -> (i64, i64) {
    let word = chunk.word(layout::chunk::ROWS_AND_THREAD);
    (word & i64::from(u32::MAX), word >> 32)
}

/// Memory in use by the process when the recording was closed, or as far as the threads know.
pub(super) fn process_bytes(blocks: &Blocks<'_>) -> Option<u64> {
    let process = blocks.process();
    let bytes = process.word(layout::process::BYTES);
    if bytes != NEVER {
        return Some(unsigned(bytes));
    }
    if process.word(layout::process::BACKEND) != HEAP {
        return None;
    }
    let live = |thread: &Block<'_>| thread.word(layout::thread::HEAP + layout::ledger::LIVE);
    let unpublished = blocks.threads.values().map(|thread| live(thread).wrapping_sub(CENTER));
    let published = process.word(layout::process::PUBLISHED);
    Some(unsigned(unpublished.fold(published, i64::wrapping_add)))
}

/// The counters of one thread.
struct Ledger {
    live: i64,
    totals: Totals,
    /// The totals when they were last recorded.
    recorded_totals: Totals,
    /// The addresses of the current chunk and row.
    current: Option<(u64, u64)>,
    /// The frames that have waited for a callee since then and the current frame, by their chunks.
    frames: Vec<Frame>,
}

/// A frame on a thread's stack.
struct Frame {
    /// The addresses of its chunk and its row.
    chunk: u64,
    row: u64,
    /// The number of frames further out, up to the frame that was current when the thread last recorded.
    depth: usize,
}

impl Ledger {
    fn of(blocks: &Blocks<'_>, thread: &Block<'_>, backend: Backend, room: &mut usize) -> Self {
        let heap = backend == Backend::Heap;
        let at = if heap { layout::thread::HEAP } else { layout::thread::RSS };
        let word = |offset| thread.word(at + offset);
        let (live, recorded) = (word(layout::ledger::LIVE), word(layout::ledger::RECORDED));
        let base = word(layout::ledger::BASE);
        let place = |chunk, row| blocks.offset_of(chunk).zip(blocks.offset_of(row));
        // From the entry below, which has the first caller or does not exist.
        let stack = |first: i64| {
            let entries = blocks.stack(first.wrapping_sub(SAVED_FRAME), word(layout::ledger::TOP));
            entries.chunks_exact(layout::saved_frame::SIZE).map(|frame| {
                let word = |offset: usize| blocks::word(frame, offset as u64).unwrap_or(0);
                (word(layout::saved_frame::CHUNK), word(layout::saved_frame::ROW))
            })
        };
        let entries = stack(word(layout::ledger::COMPLETE));
        let waiting = entries.clone().zip(entries.skip(1));
        let waiting = waiting.map(|((caller, _), (_, row))| place(caller, row)).take(*room);
        *room -= waiting.len();
        let (running, _) = stack(word(layout::ledger::TOP)).next().unwrap_or_default();
        let current = place(running, word(layout::ledger::ROW));
        Self {
            live,
            totals: Totals {
                live: live.wrapping_add(base),
                allocated: word(layout::ledger::ALLOCATED),
                allocations: word(layout::ledger::ALLOCATIONS),
            },
            recorded_totals: Totals {
                live: recorded.wrapping_add(base),
                allocated: word(layout::ledger::RECORDED_ALLOCATED),
                allocations: word(layout::ledger::RECORDED_ALLOCATIONS),
            },
            current,
            frames: frames(waiting.chain([current])),
        }
    }

    /// The frames with the chunk at `chunk`, the outermost first.
    fn frames_of(&self, chunk: u64) -> &[Frame] {
        let start = self.frames.partition_point(|frame| frame.chunk < chunk);
        let end = self.frames.partition_point(|frame| frame.chunk <= chunk);
        &self.frames[start..end]
    }

    /// Whether the function of the chunk at `chunk` was entered since the thread last recorded, and
    /// was not running then.
    fn entered_since(&self, chunk: u64) -> bool {
        self.frames_of(chunk).first().is_some_and(|frame| frame.depth > 0)
    }
}

/// Frames by their chunks, and within one chunk the outermost first.
fn frames(places: impl Iterator<Item = Option<(u64, u64)>>) -> Vec<Frame> {
    let known = places.enumerate().filter_map(|(depth, place)| Some((depth, place?)));
    let mut frames: Vec<_> =
        known.map(|(depth, (chunk, row))| Frame { chunk, row, depth }).collect();
    frames.sort_by_key(|frame| frame.chunk);
    frames
}

/// Adds the rows of one thread, and the changes that it would record if it stopped here.
fn add_chunk(
    sums: &mut [Sum],
    blocks: &Blocks<'_>,
    ledgers: &[(i64, Ledger)],
    chunk: &Block<'_>,
    backend: Backend,
) {
    for (index, sum) in sums.iter_mut().enumerate() {
        sum.add_row(chunk, index);
    }
    let (_, thread) = rows_and_thread(chunk);
    let Ok(place) = ledgers.binary_search_by_key(&thread, |(thread, _)| *thread) else { return };
    let ledger = &ledgers[place].1;
    if ledger.entered_since(chunk.at) {
        // Until then, the frames of this function waited further out.
        if let Some(sum) = sum_at(sums, suspended(chunk)) {
            sum.add(ledger.recorded_totals.since(last_totals(chunk)));
        }
    }
    if let Some((_, row)) = ledger.current.filter(|&(current, _)| current == chunk.at) {
        let Some(sum) = sum_at(sums, row.checked_sub(chunk.at)) else { return };
        sum.usage = sum.usage.max(reading(blocks, ledger, backend));
        if backend == Backend::Heap {
            let open = ledger.totals.since(ledger.recorded_totals);
            sum.add(open);
            sum.peak = sum.peak.max(open.live);
        }
        return;
    }
    // If a function waits several times, its innermost frame.
    let (row, last) = match ledger.frames_of(chunk.at).last() {
        Some(frame) => (frame.row.checked_sub(chunk.at), ledger.recorded_totals),
        None => (suspended(chunk), last_totals(chunk)),
    };
    let Some(sum) = sum_at(sums, row) else { return };
    let change = ledger.totals.since(last);
    sum.add(change);
    // At least this much. The peaks of the callees are known when these end.
    sum.peak = sum.peak.max(change.live);
}

/// The place of the row that waited when the thread was last up to date.
fn suspended(chunk: &Block<'_>) -> Option<u64> {
    u64::try_from(chunk.word(layout::chunk::SUSPENDED)).ok()
}

/// The thread's totals at that time.
fn last_totals(chunk: &Block<'_>) -> Totals {
    Totals {
        live: chunk.word(layout::chunk::LAST_LIVE),
        allocated: chunk.word(layout::chunk::LAST_ALLOCATED),
        allocations: chunk.word(layout::chunk::LAST_ALLOCATIONS),
    }
}

/// The sum of the row at this many bytes from the beginning of its chunk.
fn sum_at(sums: &mut [Sum], row: Option<u64>) -> Option<&mut Sum> {
    let row = row?.checked_sub(layout::chunk::SIZE as u64)?;
    sums.get_mut(usize::try_from(row / layout::row::SIZE as u64).ok()?)
}

/// Memory in use by the process as far as this thread knows.
fn reading(blocks: &Blocks<'_>, ledger: &Ledger, backend: Backend) -> i64 {
    let published = blocks.process().word(layout::process::PUBLISHED);
    match backend {
        Backend::Heap => published.wrapping_sub(CENTER).wrapping_add(ledger.live),
        Backend::Rss | Backend::Off => ledger.live,
    }
}

fn function(
    block: &Block<'_>,
    texts: &Block<'_>,
    mut sums: Vec<Sum>,
    backend: Backend,
) -> Result<FunctionSnapshot, RecordingError> {
    let lengths = [0, 1, 2].map(|text| texts.word(layout::texts::LENGTHS + text * layout::WORD));
    let [name, file, source] = texts.texts(layout::texts::SIZE, lengths)?;
    let flags = block.word(layout::function::FLAGS);
    let calls = sums.first().map_or(0, |row| unsigned(row.runs));
    if flags & FIRST_ROW_APART != 0 {
        join_first_row(&mut sums);
    }
    let line = u32::try_from(block.word(layout::function::FIRST_LINE)).ok();
    let line = line.filter(|line| line.checked_add(sums.len() as u32).is_some());
    let line = line.ok_or_else(|| block.damaged("a function begins on an impossible line"))?;
    let mut source = source.split('\n');
    let numbered = (line..).zip(&sums);
    let mut lines: Vec<_> =
        numbered.map(|(line, sum)| row(line, source.next().unwrap_or(""), sum, backend)).collect();
    let reading = Some(block.word(layout::function::READING)).filter(|&reading| reading != NEVER);
    if let Some(first) = lines.first_mut() {
        // Code that another macro has put before the first line has no row of its own.
        let has_code = flags & FIRST_ROW_RUNS != 0 || sums.first().is_some_and(Sum::has_effect);
        first.kind = if has_code { RowKind::Both } else { RowKind::Entry };
        if let Some(reading) = reading.filter(|_| !first.is_body()) {
            first.usage = Some(unsigned(reading));
            first.increment = Some(reading);
        }
    }
    Ok(FunctionSnapshot {
        name: name.into_owned(),
        file: file.into_owned(),
        line,
        calls,
        reading_at_entry: reading.map(unsigned),
        peak: None,
        note: (flags & layout::function::ON_COROUTINE != 0).then(|| ON_COROUTINE_NOTE.to_owned()),
        lines,
    })
}
