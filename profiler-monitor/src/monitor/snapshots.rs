//! Snapshots that are saved with warnings: few files, whose names say when.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mem_profile_runtime::internal;

use crate::monitor::lines::Holders;
use crate::monitor::sink;

/// Files of a program that are kept in the folder.
const KEPT: usize = 5;

/// The form of a time in the name of a file.
const TIME: &str = "0000-00-00T00-00-00.000Z-";

/// The folder for the snapshots of a program.
pub(super) struct Snapshots {
    folder: PathBuf,
    program: String,
    has_failed: bool,
}

impl Snapshots {
    pub(super) fn new(folder: PathBuf, program: &str) -> Self {
        Self { folder, program: program.to_owned(), has_failed: false }
    }

    /// Removes the oldest file beyond those that are kept, and saves it. A failure is said once.
    pub(super) fn save(&mut self, holders: &Holders) -> Option<PathBuf> {
        match self.try_save(holders) {
            Ok(path) => Some(path),
            Err(error) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    let folder = self.folder.display();
                    sink::warn(&format!("the monitor cannot save snapshots in {folder}: {error}"));
                }
                None
            }
        }
    }

    fn try_save(&self, holders: &Holders) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let (program, time) =
            (&self.program, utc(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()));
        let name = format!("{program}-{time}-{}.{}", internal::id(), holders.extension());
        let path = self.folder.join(name);
        make_room(&self.folder, program)?;
        match holders.save(&path) {
            Ok(()) => Ok(path),
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }
}

/// Removes all but the newest, less one. Also those of earlier runs, so that a program that is started again and again
/// fills no disk.
fn make_room(folder: &Path, program: &str) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if is_of(&name, program) {
            files.push(name);
        }
    }
    files.sort_unstable();
    let surplus = (files.len() + 1).saturating_sub(KEPT);
    files[..surplus].iter().try_for_each(|name| match fs::remove_file(folder.join(name)) {
        // Another process has done so.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    })
}

/// Whether it is the name of a snapshot of this program, and not of one whose name begins alike.
fn is_of(name: &str, program: &str) -> bool {
    let rest = name.strip_prefix(program).and_then(|rest| rest.strip_prefix('-'));
    let Some((time, rest)) = rest.and_then(|rest| rest.split_at_checked(TIME.len())) else {
        return false;
    };
    let is_like =
        |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let number = rest.strip_suffix(".mtrace").or_else(|| rest.strip_suffix(".json"));
    time.bytes().zip(TIME.bytes()).all(is_like)
        && number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// `2026-12-01T09-53-15.123Z`, of a time since 1970.
fn utc(since: Duration) -> String {
    let seconds = since.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March, in eras of 400, after which the calendar repeats: the day between them is the last.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (400 * era + year, month + 3),
        _ => (400 * era + year + 1, month - 9),
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let milliseconds = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}-{minute:02}-{second:02}.{milliseconds:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // By `date --utc --date=@SECONDS`.
        for (seconds, expected) in [
            (0, "1970-01-01T00-00-00"),
            (951_782_399, "2000-02-28T23-59-59"),
            (951_782_400, "2000-02-29T00-00-00"),
            (951_868_800, "2000-03-01T00-00-00"),
            (1_796_083_199, "2026-11-30T23-59-59"),
            (1_798_761_599, "2026-12-31T23-59-59"),
            (1_798_761_600, "2027-01-01T00-00-00"),
            (4_107_542_400, "2100-03-01T00-00-00"),
        ] {
            assert_eq!(utc(Duration::from_secs(seconds)), format!("{expected}.000Z"));
        }
        assert!(utc(Duration::from_millis(7)).ends_with(".007Z"));
    }

    #[test]
    fn few_files_are_kept_and_nothing_else_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        let of = |index: u64| format!("web-{}-{index}.mtrace", utc(Duration::from_secs(index)));
        let others = ["web-1.mtrace", "web.log", "web-api-1970-01-01T00-00-00.000Z-1.mtrace"];
        (0..9).for_each(|index| put(&of(index)));
        others.iter().for_each(|name| put(name));
        make_room(folder.path(), "web").unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        left.sort_by_key(fs::DirEntry::file_name);
        let left: Vec<_> = left.iter().map(|it| it.file_name().into_string().unwrap()).collect();
        let mut expected: Vec<_> = (5..9).map(of).chain(others.map(str::to_owned)).collect();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }
}
