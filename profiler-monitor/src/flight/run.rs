//! The file of a run: who it is, the curve of its last minutes, and whether it has ended well.
//!
//! ```text
//! 0       header, 4096 bytes
//! 4096    points of the curve, each 160 bytes; point n is in the place n modulo their count
//! behind  the end: a mark, nanoseconds since 1970, and a checksum; zeroes until then
//! ```

use std::path::{Path, PathBuf};

use super::bytes::{Eye, Pen, WORD, checksum, halves};
use super::moment::{Moment, POINT, read_events, write_events};
use crate::process::{Identity, inode};
use crate::sample::{GroupEvents, Sample};

/// The name of the file.
pub(super) const FILE: &str = "run.mflight";
/// Where the points begin.
pub(super) const HEADER: usize = 4096;
/// The largest curve: a day in steps of a second.
pub(super) const MOST_POINTS: u32 = 86_400;

const MAGIC: u64 = u64::from_le_bytes(*b"MPFLIGHT");
pub(super) const VERSION: usize = 1;
const END_MAGIC: u64 = u64::from_le_bytes(*b"MPENDED\0");
/// Bytes of the end.
const END: usize = 3 * WORD;
/// The longest path that is kept.
const LONGEST: usize = 1536;

/// Who ran, and what there was when it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Run {
    pub(super) identity: Identity,
    /// Nanoseconds since 1970; each mark has it, too.
    pub(super) began: u64,
    pub(super) points: u32,
    pub(super) marks: u32,
    pub(super) program: String,
    /// The control group: its folder, its number, and how often limits had done harm in it.
    pub(super) group_folder: PathBuf,
    pub(super) group: u64,
    /// The number of the group around it.
    pub(super) around: u64,
    pub(super) events: GroupEvents,
}

impl Run {
    /// The same run in a control group, by the first sample there.
    pub(super) fn in_group(self, group: Option<&Path>, sample: &Sample) -> Self {
        Self {
            group_folder: group.map(Path::to_owned).unwrap_or_default(),
            group: group.map_or(0, inode),
            around: group.and_then(Path::parent).map_or(0, inode),
            events: sample.group.unwrap_or_default().events,
            ..self
        }
    }

    /// Whether it is in this control group already.
    pub(super) fn is_in(&self, group: Option<&Path>) -> bool {
        self.group_folder == group.unwrap_or(Path::new(""))
    }

    /// The whole file at the beginning.
    pub(super) fn new_file(&self) -> Vec<u8> {
        let mut file = vec![0; HEADER + self.points as usize * POINT + END];
        file[..HEADER].copy_from_slice(&self.header());
        file
    }

    /// The header of the file.
    pub(super) fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let mut pen = Pen::new(&mut header);
        let Identity { process, start, boot, namespace } = self.identity;
        pen.word(MAGIC);
        pen.word(halves(VERSION, process as usize));
        let texts = [self.program.as_bytes(), self.group_folder.as_os_str().as_encoded_bytes()];
        let texts = texts.map(|text| &text[..text.len().min(LONGEST)]);
        let numbers = [
            start,
            boot[0],
            boot[1],
            namespace,
            self.began,
            halves(self.points as usize, self.marks as usize),
            self.group,
            halves(texts[0].len(), texts[1].len()),
        ];
        numbers.into_iter().for_each(|number| pen.word(number));
        write_events(&self.events, &mut pen);
        texts.into_iter().for_each(|text| pen.text(text));
        pen.word(self.around);
        let sum = checksum(&header[..HEADER - WORD]);
        header[HEADER - WORD..].copy_from_slice(&sum.to_le_bytes());
        header
    }

    /// Where the point of a number is.
    pub(super) fn place_of(&self, number: u64) -> u64 {
        HEADER as u64 + number % u64::from(self.points.max(1)) * POINT as u64
    }

    /// Where the end is, and its bytes.
    pub(super) fn end(&self, wall: u64) -> (u64, [u8; END]) {
        let mut end = [0; END];
        let mut pen = Pen::new(&mut end);
        pen.word(END_MAGIC);
        pen.word(wall);
        let sum = checksum(&end[..2 * WORD]);
        end[2 * WORD..].copy_from_slice(&sum.to_le_bytes());
        (HEADER as u64 + u64::from(self.points) * POINT as u64, end)
    }

    /// The header of a file.
    pub(super) fn read(file: &[u8]) -> Result<Self, &'static str> {
        let header = file.get(..HEADER).ok_or("it is too short")?;
        let (content, sum) = header.split_at(HEADER - WORD);
        let mut eye = Eye(content);
        if eye.word() != Some(MAGIC) {
            return Err("it is no recording of a flight recorder");
        }
        if eye.halves().is_none_or(|(version, _)| version != VERSION) {
            return Err("another version of mem-profile has written it");
        }
        if Eye(sum).word() != Some(checksum(content)) {
            return Err("its header is damaged");
        }
        Self::parse(Eye(content)).ok_or("its header is damaged")
    }

    fn parse(mut eye: Eye<'_>) -> Option<Self> {
        eye.word()?;
        let (_, process) = eye.halves()?;
        let (start, boot, namespace) = (eye.word()?, [eye.word()?, eye.word()?], eye.word()?);
        let process = u32::try_from(process).ok()?;
        let (began, (points, marks)) = (eye.word()?, eye.halves()?);
        let (group, (program, folder)) = (eye.word()?, eye.halves()?);
        let events = read_events(&mut eye)?;
        let program = eye.text(program)?;
        let folder = eye.text(folder)?;
        let around = eye.word()?;
        Some(Self {
            identity: Identity { process, start, boot, namespace },
            began,
            points: u32::try_from(points).ok().filter(|&points| points <= MOST_POINTS)?,
            marks: u32::try_from(marks).ok()?,
            program: String::from_utf8_lossy(program).into_owned(),
            group_folder: PathBuf::from(String::from_utf8_lossy(folder).into_owned()),
            group,
            around,
            events,
        })
    }

    /// The curve of a file, the earliest point first.
    pub(super) fn curve(&self, file: &[u8]) -> Vec<Moment> {
        let points = file.get(HEADER..).unwrap_or_default().chunks_exact(POINT);
        let mut points: Vec<_> =
            points.take(self.points as usize).filter_map(Moment::from_point).collect();
        points.sort_by_key(|&(number, _)| number);
        points.into_iter().map(|(_, moment)| moment).collect()
    }

    /// When the run ended well, if it did: nanoseconds since 1970.
    pub(super) fn ended(&self, file: &[u8]) -> Option<u64> {
        let start = HEADER + self.points as usize * POINT;
        let content = file.get(start..start + 2 * WORD)?;
        let mut eye = Eye(file.get(start..)?);
        let (magic, wall, sum) = (eye.word()?, eye.word()?, eye.word()?);
        (magic == END_MAGIC && sum == checksum(content)).then_some(wall)
    }
}

const _: () = assert!(17 * WORD + 2 * LONGEST + 2 * WORD < HEADER);
