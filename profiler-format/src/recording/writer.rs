//! Which process writes a recording, and whether it still does.
//!
//! The process still runs if the file is among its mappings and it began when the file says, so
//! neither a reused number nor `exec` deceives a reader. A process of another container cannot be
//! looked up by its number. There, the system grants no lease on a file that somebody has open for
//! writing.

use std::fs::Metadata;
use std::path::Path;
use std::sync::OnceLock;

/// A process. A number is not enough: it starts with 1 in each container, and is reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub id: u32,
    /// When it began, in ticks since the system started; 0 if unknown.
    pub start: i64,
    /// The id of this start of the system; 0 if unknown.
    pub boot: u128,
    /// A number that the system never reuses (Linux 6.9); on older systems the same for all.
    pub unique: u64,
}

/// Whether anybody has a file open for writing.
static IS_OPEN_FOR_WRITING: OnceLock<fn(&Path) -> bool> = OnceLock::new();

/// Tells [`Recording::open`](super::Recording::open) how to find out whether any process, even in another
/// container, has a file open for writing. That takes a system call, which this crate does not make. The first
/// call counts.
pub fn set_open_check(is_open_for_writing: fn(&Path) -> bool) {
    let _ = IS_OPEN_FOR_WRITING.set(is_open_for_writing);
}

impl Identity {
    /// The calling process, with its `unique` number.
    pub fn own(unique: u64) -> Self {
        let (start, boot) = proc::own();
        Self { id: std::process::id(), start, boot, unique }
    }
}

/// Whether the process that wrote the file at `path` still has it mapped.
pub(super) fn is_written(writer: &Identity, path: &Path, file: &Metadata) -> bool {
    let is_open = || IS_OPEN_FOR_WRITING.get().is_some_and(|is_open| is_open(path));
    proc::is_mapped(writer, path, file) || is_open()
}

#[cfg(target_os = "linux")]
mod proc {
    //! By the files of `/proc`.

    use std::fs::{self, Metadata};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::Identity;

    /// The start of the calling process, and of the system.
    pub(super) fn own() -> (i64, u128) {
        (start("self").unwrap_or(0), boot())
    }

    fn boot() -> u128 {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        u128::from_str_radix(&boot.trim_end().replace('-', ""), 16).unwrap_or(0)
    }

    /// Whether the process runs and has the file mapped.
    pub(super) fn is_mapped(writer: &Identity, path: &Path, file: &Metadata) -> bool {
        may_run(writer) && has_mapped(writer.id, path, file)
    }

    /// Whether the process may still run: one with its number and start does.
    fn may_run(writer: &Identity) -> bool {
        let is_same = || start(&writer.id.to_string()) == Some(writer.start);
        writer.start == 0 || (is_same() && writer.boot == boot())
    }

    /// When a process began, in ticks since the system did: field 22 of its `stat`.
    fn start(process: &str) -> Option<i64> {
        parse_start(&fs::read(format!("/proc/{process}/stat")).ok()?)
    }

    /// The name stands in brackets, and may contain blanks and brackets.
    fn parse_start(stat: &[u8]) -> Option<i64> {
        let after_name = stat.iter().rposition(|&byte| byte == b')')?;
        let text = std::str::from_utf8(stat.get(after_name + 1..)?).ok()?;
        text.split_ascii_whitespace().nth(19)?.parse().ok()
    }

    /// Whether the process with this number has the file mapped.
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
        // With stacked file systems, the inode may be the lower one's.
        found == inode.to_string().as_bytes()
            || fields.next().is_some_and(|found| !path.is_empty() && found.trim_ascii() == path)
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
            let own = Identity::own(0);
            assert_eq!((own.id, own.boot != 0), (std::process::id(), true));
            assert!(own.start > 0 && may_run(&own));
        }

        #[test]
        fn a_process_that_only_has_the_number_is_not_the_writer() {
            let own = Identity::own(0);
            assert!(!may_run(&Identity { start: own.start - 1, ..own }));
            assert!(!may_run(&Identity { boot: own.boot ^ 1, ..own }));
            // In a recording from before these were written down.
            assert!(may_run(&Identity { start: 0, boot: 0, ..own }));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod proc {
    //! Systems on which no file is memory of a process.

    use std::fs::Metadata;
    use std::path::Path;

    use super::Identity;

    pub(super) fn own() -> (i64, u128) {
        (0, 0)
    }

    pub(super) fn is_mapped(_writer: &Identity, _path: &Path, _file: &Metadata) -> bool {
        false
    }
}
