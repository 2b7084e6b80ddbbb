//! A mark: who held the memory at one moment. Each has a file of its own, which is written at once.
//!
//! ```text
//! 0       header, 256 bytes: what for, how long, checksum, the figures of the moment, sums
//! 256     modules: start, end, bias, generation, lengths of path and build id; both texts
//! behind  who asked for a block in vain, if that is known; holders, the largest first: bytes, blocks, and a stack
//!         (length, frames) or a line (number, lengths of file and function, both texts)
//! ```

use super::bytes::{Eye, Pen, WORD, checksum, halves};
use super::moment::{self, Moment};
use crate::line::Line;

/// Bytes of the header.
pub(super) const HEADER: usize = 256;

const MAGIC: u64 = u64::from_le_bytes(*b"MPFMARK\0");
const VERSION: usize = 1;
/// Where the checksum is.
const SUM: usize = 4 * WORD;
/// No more modules are known to the tracer.
const MOST_MODULES: usize = 4096;

/// What a mark was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Occasion {
    /// The recorder was opened.
    Begin,
    /// More was resident than ever before, by a step.
    High,
    /// The critical threshold was reached.
    Critical,
    /// Tasks waited for memory.
    Pressure,
    /// The system had no memory for a block.
    Failure,
}

pub(super) const OCCASIONS: [Occasion; 5] =
    [Occasion::Begin, Occasion::High, Occasion::Critical, Occasion::Pressure, Occasion::Failure];

/// Who knows the holders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Source {
    #[default]
    Nobody,
    Tracer,
    /// The lines of measured functions.
    Lines,
}

const SOURCES: [Source; 3] = [Source::Nobody, Source::Tracer, Source::Lines];

/// Sums of the holders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) source: Source,
    /// Of a sample, the mean number of bytes between two hits; zero for every block.
    pub(super) mean_bytes: u64,
    pub(super) bytes: u64,
    pub(super) blocks: u64,
    /// All holders, and those that are in the file.
    pub(super) count: usize,
    pub(super) written: usize,
    pub(super) modules: usize,
    /// Whether it is known who asked for a block in vain.
    pub(super) has_asker: bool,
}

/// What a mark says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) occasion: Occasion,
    /// The later one has the higher number.
    pub(super) number: u64,
    /// When the run began.
    pub(super) run: u64,
    /// The size of the block that failed; zero if none did.
    pub(super) asked: u64,
    pub(super) moment: Moment,
    pub(super) sums: Sums,
    pub(super) modules: Vec<Module>,
    /// Who asked for that block.
    pub(super) asker: Option<Holder>,
    pub(super) holders: Vec<Holder>,
}

/// A program or library as it lay in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) bias: u64,
    pub(super) generation: u64,
    /// Empty for the program itself.
    pub(super) path: String,
    pub(super) build_id: String,
}

/// Who holds blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) bytes: u64,
    pub(super) place: Place,
}

/// Where blocks were allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The innermost frame first.
    Stack(Vec<u64>),
    Line(Line),
}

/// The header of a mark in the making.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) occasion: Occasion,
    pub(super) number: u64,
    pub(super) run: u64,
    pub(super) asked: u64,
    pub(super) moment: Moment,
    pub(super) sums: Sums,
}

impl Head {
    /// Writes the header in front of the content, up to `length` from the beginning of the buffer.
    pub(super) fn write(&self, buffer: &mut [u8], length: usize) {
        let occasion = OCCASIONS.iter().position(|&it| it == self.occasion).unwrap_or(0);
        let source = SOURCES.iter().position(|&it| it == self.sums.source).unwrap_or(0);
        let sums = self.sums;
        let Some(header) = buffer.get_mut(..HEADER) else { return };
        header.fill(0);
        let mut pen = Pen::new(header);
        let words = [
            MAGIC,
            halves(VERSION, occasion),
            self.number,
            length as u64,
            // The checksum is of all bytes while it is zero.
            0,
            self.run,
            halves(source, sums.modules),
            sums.mean_bytes,
            sums.bytes,
            sums.blocks,
            halves(sums.count, sums.written),
            self.asked,
            halves(sums.has_asker.into(), 0),
        ];
        words.into_iter().for_each(|word| pen.word(word));
        self.moment.write(&mut pen);
        let sum = checksum(buffer.get(..length).unwrap_or_default());
        if let Some(place) = buffer.get_mut(SUM..SUM + WORD) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
    }
}

/// Writes what is known of a module, if there is room. Writes nothing else.
pub(super) fn write_module(
    [start, end, bias, generation]: [u64; 4],
    path: &[u8],
    build_id: &[u8],
    pen: &mut Pen<'_>,
) -> bool {
    let has_room = pen.has_room(7 * WORD + path.len() + build_id.len());
    if has_room {
        let lengths = halves(path.len(), build_id.len());
        [start, end, bias, generation, lengths].into_iter().for_each(|word| pen.word(word));
        pen.text(path);
        pen.text(build_id);
    }
    has_room
}

/// The same of a stack.
pub(super) fn write_stack(bytes: u64, blocks: u64, frames: &[u64], pen: &mut Pen<'_>) -> bool {
    let has_room = pen.has_room(3 * WORD + size_of_val(frames));
    if has_room {
        [bytes, blocks, frames.len() as u64].into_iter().for_each(|word| pen.word(word));
        frames.iter().for_each(|&frame| pen.word(frame));
    }
    has_room
}

/// The same of a line, by its number and the names of its file and its function.
pub(super) fn write_line(
    [bytes, blocks]: [u64; 2],
    line: u32,
    texts: [&str; 2],
    pen: &mut Pen<'_>,
) -> bool {
    let [file, function] = texts.map(str::len);
    let has_room = pen.has_room(6 * WORD + file + function);
    if has_room {
        let lengths = halves(file, function);
        [bytes, blocks, line.into(), lengths].into_iter().for_each(|word| pen.word(word));
        texts.into_iter().for_each(|text| pen.text(text.as_bytes()));
    }
    has_room
}

impl Mark {
    /// The mark in a file, if it is whole.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let mut eye = Eye(file);
        let (magic, (version, occasion)) = (eye.word()?, eye.halves()?);
        let (number, length, sum) = (eye.word()?, eye.word()?, eye.word()?);
        let mut content = file.get(..usize::try_from(length).ok()?)?.to_vec();
        content.get_mut(SUM..SUM + WORD)?.fill(0);
        if magic != MAGIC || version != VERSION || checksum(&content) != sum {
            return None;
        }
        let (run, (source, modules)) = (eye.word()?, eye.halves()?);
        let (mean_bytes, bytes, blocks) = (eye.word()?, eye.word()?, eye.word()?);
        let (count, written) = eye.halves()?;
        let (asked, (has_asker, _)) = (eye.word()?, eye.halves()?);
        let has_asker = has_asker != 0;
        let moment = Moment::read(&mut eye)?;
        let source = *SOURCES.get(source)?;
        let sums = Sums { source, mean_bytes, bytes, blocks, count, written, modules, has_asker };
        let mut eye = Eye(content.get(HEADER..)?);
        let modules = (0..modules.min(MOST_MODULES)).map(|_| Module::read(&mut eye));
        let modules = modules.collect::<Option<_>>()?;
        let asker = if has_asker { Some(Holder::read(source, &mut eye)?) } else { None };
        // Each has a few words at least, so no number makes this long.
        let holders =
            (0..written.min(content.len() / WORD)).map(|_| Holder::read(source, &mut eye));
        let holders = holders.collect::<Option<_>>()?;
        let occasion = *OCCASIONS.get(occasion)?;
        Some(Self { occasion, number, run, asked, moment, sums, modules, asker, holders })
    }
}

fn text(eye: &mut Eye<'_>, length: usize) -> Option<String> {
    Some(String::from_utf8_lossy(eye.text(length)?).into_owned())
}

impl Module {
    fn read(eye: &mut Eye<'_>) -> Option<Self> {
        let (start, end, bias) = (eye.word()?, eye.word()?, eye.word()?);
        let (generation, (path, id)) = (eye.word()?, eye.halves()?);
        let path = text(eye, path)?;
        let build_id = eye.text(id)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { start, end, bias, generation, path, build_id })
    }
}

impl Holder {
    fn read(source: Source, eye: &mut Eye<'_>) -> Option<Self> {
        let (bytes, _) = (eye.word()?, eye.word()?);
        let place = match source {
            Source::Tracer => Place::Stack(stack(eye)?),
            Source::Lines | Source::Nobody => Place::Line(line(bytes, eye)?),
        };
        Some(Self { bytes, place })
    }
}

fn stack(eye: &mut Eye<'_>) -> Option<Vec<u64>> {
    // One more than there is room for, which fails.
    let frames = usize::try_from(eye.word()?).ok()?.min(eye.0.len() / WORD + 1);
    (0..frames).map(|_| eye.word()).collect()
}

fn line(bytes: u64, eye: &mut Eye<'_>) -> Option<Line> {
    let (number, (file, function)) = (eye.word()?, eye.halves()?);
    let (file, function) = (text(eye, file)?, text(eye, function)?);
    Some(match file.as_str() {
        // On no line.
        "" => Line { site: function, bytes, ..Line::default() },
        file => Line { site: format!("{file}:{number}"), function, bytes, grown: 0 },
    })
}

const _: () = assert!((13 + moment::WORDS) * WORD <= HEADER);
