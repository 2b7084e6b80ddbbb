//! Finds out whether a process still writes the file that is part of its memory, on Linux.
//!
//! The process still runs if the file is among its mappings and it began when the file says, so
//! neither a reused number nor `exec` deceives a reader. A process of another container cannot be
//! looked up by its number. There, the system grants no lease on a file that somebody has open for
//! writing.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Identity;

/// Missing in the crate `libc`.
const F_SETSIG: libc::c_int = 10;

impl Identity {
    /// This process.
    pub(crate) fn own() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            id: super::id(),
            start: start("self").unwrap_or(0),
            boot: u128::from_str_radix(&boot.trim_end().replace('-', ""), 16).unwrap_or(0),
            unique: unique(),
        }
    }

    /// Whether a process that runs here is this one, as far as that is known.
    fn may_run(&self) -> bool {
        let boot_is_ours = || self.boot == Self::own().boot;
        self.start == 0 || (start(&self.id.to_string()) == Some(self.start) && boot_is_ours())
    }
}

/// Two containers may begin within one tick.
fn unique() -> u64 {
    // SAFETY: takes two numbers.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) };
    let Some(descriptor) = i32::try_from(descriptor).ok().filter(|&it| it >= 0) else { return 0 };
    // SAFETY: just opened, and nobody else's.
    let file = unsafe { File::from_raw_fd(descriptor) };
    file.metadata().map_or(0, |metadata| metadata.ino())
}

/// When a process began, in ticks since the system did: field 22 of its `stat`.
fn start(process: &str) -> Option<i64> {
    parse_start(&fs::read(format!("/proc/{process}/stat")).ok()?)
}

/// The name, in brackets, may have blanks and brackets itself.
fn parse_start(stat: &[u8]) -> Option<i64> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')?;
    let text = std::str::from_utf8(stat.get(after_name + 1..)?).ok()?;
    text.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Whether the file at `path`, which this process wrote, is still memory of it.
pub(crate) fn is_written(writer: &Identity, path: &Path, file: &Metadata) -> bool {
    (writer.may_run() && has_mapped(writer.id, path, file)) || is_open_for_writing(path)
}

/// Whether the process that has this number has the file in its memory.
fn has_mapped(process: u32, path: &Path, file: &Metadata) -> bool {
    match fs::read(format!("/proc/{process}/maps")) {
        Ok(maps) => {
            let path = fs::canonicalize(path).unwrap_or_default();
            let path = path.as_os_str().as_bytes();
            maps.split(|&byte| byte == b'\n').any(|line| is_mapping(line, file.ino(), path))
        }
        // It is another user's.
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

/// `7f…-7f… rw-s 00000000 00:1b 1234    /tmp/a.mprof`
fn is_mapping(line: &[u8], inode: u64, path: &[u8]) -> bool {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    let Some(found) = fields.nth(4) else { return false };
    // If file systems are stacked, the number may belong to the lower one.
    found == inode.to_string().as_bytes()
        || fields.next().is_some_and(|found| !path.is_empty() && found.trim_ascii() == path)
}

/// Whether anybody has the file open for writing, or mapped: in another container too, whose
/// processes have numbers of their own. Then the system grants no lease on reading it.
fn is_open_for_writing(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let descriptor = file.as_raw_fd();
    // SAFETY: the descriptor is open. Opening the file meanwhile breaks the lease, of which the
    // process hears by this signal, which is ignored by default.
    unsafe {
        libc::fcntl(descriptor, F_SETSIG, libc::SIGURG);
        if libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_RDLCK) == 0 {
            libc::fcntl(descriptor, libc::F_SETLEASE, libc::F_UNLCK);
            return false;
        }
    }
    io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_found_by_number_or_by_path() {
        let line = b"7f1200-7f1300 rw-s 00010000 00:1b 1234                 /tmp/a b.mprof";
        assert!(is_mapping(line, 1234, b""));
        assert!(is_mapping(line, 1, b"/tmp/a b.mprof"));
        assert!(!is_mapping(line, 1, b"/tmp/a"));
        for line in [&b""[..], b"7f1200-7f1300 rw-p 00000000 00:00 0 "] {
            assert!(!is_mapping(line, 1, b""));
        }
    }

    #[test]
    fn the_start_of_a_process_is_found_behind_any_name() {
        let stat = b"7 (a) b) (c) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0 8765 1000 2";
        assert_eq!(parse_start(stat), Some(8765));
        assert_eq!(parse_start(b"7 (a) S 1 7"), None);
        let own = Identity::own();
        assert_eq!((own.id, own.boot != 0), (std::process::id(), true));
        assert!(own.start > 0 && own.may_run());
    }

    #[test]
    fn a_process_that_only_has_the_number_is_not_the_writer() {
        let own = Identity::own();
        assert!(!Identity { start: own.start - 1, ..own }.may_run());
        assert!(!Identity { boot: own.boot ^ 1, ..own }.may_run());
        // In a recording from before these were written down.
        assert!(Identity { start: 0, boot: 0, ..own }.may_run());
    }

    #[test]
    fn a_writer_with_another_number_is_seen() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stranger = Identity { id: u32::MAX, start: 1, boot: 1, unique: 1 };
        let is_written = || {
            let metadata = fs::metadata(file.path()).unwrap();
            is_written(&stranger, file.path(), &metadata)
        };
        assert!(is_written());
        let path = file.path().to_owned();
        let (open, kept) = file.keep().unwrap();
        drop(open);
        assert!(!super::is_open_for_writing(&kept));
        fs::remove_file(path).unwrap();
    }
}
