//! Facts about the process that writes a recording which only system calls give, on Linux.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Missing in the crate `libc`.
const F_SETSIG: libc::c_int = 10;

/// The number that the system has given to this process only, since two containers may begin within one
/// tick; 0 where it gives none.
pub(crate) fn unique() -> u64 {
    // SAFETY: takes two numbers.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) };
    let Some(descriptor) = i32::try_from(descriptor).ok().filter(|&it| it >= 0) else { return 0 };
    // SAFETY: just opened, and nobody else's.
    let file = unsafe { File::from_raw_fd(descriptor) };
    file.metadata().map_or(0, |metadata| metadata.ino())
}

/// Whether anybody has the file open for writing, or mapped: in another container too, whose
/// processes have numbers of their own. Then the system grants no lease on reading it.
pub(crate) fn is_open_for_writing(path: &Path) -> bool {
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
    use std::fs;

    use super::*;

    #[test]
    fn a_writer_with_another_number_is_seen() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(is_open_for_writing(file.path()));
        let path = file.path().to_owned();
        let (open, kept) = file.keep().unwrap();
        drop(open);
        assert!(!is_open_for_writing(&kept));
        fs::remove_file(path).unwrap();
    }
}
