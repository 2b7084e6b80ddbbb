//! Writes what survives the end of the process.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mem_profile_runtime::internal::lock_file;

use super::bytes::Pen;
use super::holders::Holders;
use super::last_run::{BEFORE, content};
use super::mark::{HEADER, Head, Occasion};
use super::moment::{Moment, wall_clock};
use super::run::{self, Run};
use crate::process::Identity;
use crate::sample::Sample;

/// An empty file that is locked.
const LOCK: &str = "lock";
/// Points of the curve.
const POINTS: u32 = 600;
/// Marks that are kept, and one more for pressing moments.
const MARKS: u32 = 3;
/// Bytes of a mark.
const MARK: usize = 256 << 10;
/// A stack takes so many bytes at least, as long as it has a few frames.
const STACK: usize = 48;
/// The least growth from one high mark to the next.
const LEAST_STEP: u64 = 16 << 20;
/// Time between two marks of failed allocations.
const BETWEEN_FAILURES: Duration = Duration::from_secs(1);
/// Percent of 10 s in which tasks waited for memory.
const PRESSURE: f32 = 10.0;

/// A flight recorder: files that are sized in advance, and written without allocating.
#[derive(Debug)]
pub struct Recorder {
    run: Run,
    file: File,
    marks: Vec<File>,
    /// Held as long as it is open.
    _lock: File,
    holders: Holders,
    buffer: Box<[u8]>,
    next_point: u64,
    next_mark: u64,
    high: Option<u64>,
    was_critical: bool,
    was_pressing: bool,
    /// The last sample.
    last: Sample,
    /// When an allocation failed last.
    failed_at: Option<Instant>,
    /// The recording is not whole, so it has no end.
    is_broken: bool,
}

/// The file of a mark.
pub(super) fn mark_file(number: u32) -> String {
    format!("mark-{number}.mflight")
}

impl Recorder {
    /// Opens its files in a folder, which is made. The recording of the run before is kept in the folder `before`.
    ///
    /// # Errors
    /// When the disk is full, or a process that runs records there (`ResourceBusy`).
    pub fn open(folder: &Path, group: Option<&Path>, first: &Sample) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        has_no_pipes(folder)?;
        let lock = locked(folder)?;
        keep_before(folder)?;
        let program = std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned();
        let run = Run {
            identity: Identity::of_self(),
            began: wall_clock(),
            points: POINTS,
            marks: MARKS + 1,
            program,
            ..Run::default()
        }
        .in_group(group, first);
        let marks =
            (0..run.marks).map(|number| reserved(&folder.join(mark_file(number)), &vec![0; MARK]));
        let marks = marks.collect::<io::Result<_>>()?;
        Ok(Self {
            marks,
            _lock: lock,
            file: reserved(&folder.join(run::FILE), &run.new_file())?,
            run,
            holders: Holders::new(MARK / STACK),
            buffer: vec![0; MARK].into(),
            next_point: 1,
            next_mark: 1,
            high: None,
            was_critical: false,
            was_pressing: false,
            last: *first,
            failed_at: None,
            is_broken: false,
        })
    }

    /// Writes a point of the curve, and a mark if it is time for one. It allocates nothing.
    ///
    /// # Errors
    /// The error of the system.
    pub fn tick(&mut self, sample: &Sample, is_critical: bool) -> io::Result<Option<Occasion>> {
        self.last = *sample;
        let occasion = self.occasion(sample, is_critical);
        let written = self.write(Moment::now(sample), occasion);
        self.is_broken |= written.is_err();
        written.map(|()| occasion)
    }

    /// Says that the process is in this control group by this sample, which is to be written next.
    pub(crate) fn follow(&mut self, group: Option<&Path>, sample: &Sample) -> io::Result<()> {
        if self.run.is_in(group) {
            return Ok(());
        }
        self.run = std::mem::take(&mut self.run).in_group(group, sample);
        let written = write_at(&self.file, 0, &self.run.header());
        self.is_broken |= written.is_err();
        written
    }

    /// Writes a mark, since the system has no memory for a block of so many bytes: once a second at most, since some
    /// programs ask for less then. It allocates nothing, and may be called inside the allocator.
    ///
    /// # Errors
    /// The error of the system.
    pub fn allocation_failed(&mut self, bytes: u64, resident: Option<u64>) -> io::Result<bool> {
        let is_early = |at: Instant| at.elapsed() < BETWEEN_FAILURES;
        if !self.is_own() || self.failed_at.is_some_and(is_early) {
            return Ok(false);
        }
        self.failed_at = Some(Instant::now());
        let sample = Sample { resident: resident.unwrap_or(self.last.resident), ..self.last };
        self.write_mark(Occasion::Failure, bytes, Moment::now(&sample)).map(|()| true)
    }

    /// Whether this process has opened it, and not one that has forked it.
    pub(crate) fn is_own(&self) -> bool {
        self.run.identity.process == std::process::id()
    }

    /// Says that the run has ended well.
    pub(crate) fn end(&mut self) {
        if self.is_own() && !self.is_broken {
            let (place, end) = self.run.end(wall_clock());
            let _ = write_at(&self.file, place, &end);
        }
    }

    fn write(&mut self, moment: Moment, occasion: Option<Occasion>) -> io::Result<()> {
        write_at(&self.file, self.run.place_of(self.next_point), &moment.point(self.next_point))?;
        self.next_point += 1;
        occasion.map_or(Ok(()), |occasion| self.write_mark(occasion, 0, moment))
    }

    fn occasion(&mut self, sample: &Sample, is_critical: bool) -> Option<Occasion> {
        let level = if sample.resident > 0 { sample.resident } else { sample.live.unwrap_or(0) };
        let is_high = self.high.is_none_or(|high| level >= high + LEAST_STEP.max(high / 10));
        let is_first = self.high.is_none();
        if is_high {
            self.high = Some(level);
        }
        let pressure = sample.group.and_then(|group| group.pressure).unwrap_or(0.0);
        let is_pressing = pressure >= if self.was_pressing { PRESSURE / 2.0 } else { PRESSURE };
        let begins_critical =
            is_critical && !std::mem::replace(&mut self.was_critical, is_critical);
        let begins_pressing =
            is_pressing && !std::mem::replace(&mut self.was_pressing, is_pressing);
        self.was_critical = is_critical;
        self.was_pressing = is_pressing;
        match () {
            () if begins_critical => Some(Occasion::Critical),
            () if begins_pressing => Some(Occasion::Pressure),
            () if is_first => Some(Occasion::Begin),
            () if is_high => Some(Occasion::High),
            () => None,
        }
    }

    fn write_mark(&mut self, occasion: Occasion, asked: u64, moment: Moment) -> io::Result<()> {
        let mut pen = Pen::new(self.buffer.get_mut(HEADER..).unwrap_or_default());
        let asked_in_vain = (occasion == Occasion::Failure).then_some(asked);
        let sums = self.holders.write(asked_in_vain, &mut pen);
        let length = HEADER + pen.at();
        let number = self.next_mark;
        let head = Head { occasion, number, run: self.run.began, asked, moment, sums };
        head.write(&mut self.buffer, length);
        let place = match occasion {
            Occasion::Critical | Occasion::Pressure | Occasion::Failure => MARKS as usize,
            Occasion::Begin | Occasion::High => (number % u64::from(MARKS)) as usize,
        };
        self.next_mark += 1;
        match self.marks.get(place) {
            Some(file) => write_at(file, 0, self.buffer.get(..length).unwrap_or_default()),
            None => Ok(()),
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

fn write_at(mut file: &File, place: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(place))?;
    file.write_all(bytes)
}

/// A file with this content, for which the disk has room.
fn reserved(path: &PathBuf, content: &[u8]) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(file)
}

fn is_busy(folder: &Path) -> io::Error {
    let text = format!("another process records in {}", folder.display());
    io::Error::new(ErrorKind::ResourceBusy, text)
}

/// Opening a pipe would wait for whoever reads it.
fn has_no_pipes(folder: &Path) -> io::Result<()> {
    let marks = (0..=MARKS).map(mark_file);
    for name in marks.chain([run::FILE, LOCK].map(str::to_owned)) {
        let path = folder.join(name);
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::other(format!("{} is no plain file", path.display())));
        }
    }
    Ok(())
}

/// Has no other process record in the folder, in whatever container.
fn locked(folder: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).open(folder.join(LOCK))?;
    // Where the file system has no locks, it is known from the last recording.
    match lock_file(&file) {
        Ok(false) => Err(is_busy(folder)),
        Ok(true) | Err(_) => Ok(file),
    }
}

fn keep_before(folder: &Path) -> io::Result<()> {
    if !folder.join(run::FILE).exists() {
        return Ok(());
    }
    let file = content(&folder.join(run::FILE)).unwrap_or_default();
    if Run::read(&file)
        .is_ok_and(|run| run.ended(&file).is_none() && run.identity.is_running() == Some(true))
    {
        return Err(is_busy(folder));
    }
    let before = folder.join(BEFORE);
    fs::create_dir_all(&before)?;
    for number in 0..=MARKS {
        let name = mark_file(number);
        let _ = fs::rename(folder.join(&name), before.join(&name));
    }
    fs::rename(folder.join(run::FILE), before.join(run::FILE))
}
