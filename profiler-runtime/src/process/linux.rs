//! Memory of processes on Linux, from `/proc`.

use std::fs;
use std::io;
use std::ptr::{self, NonNull};

use super::errno::ErrnoGuard;
use super::statm;

pub(super) use super::page_states::resident_bytes;
#[cfg(feature = "account")]
pub(super) use super::page_states::resident_pages;
pub(super) use super::statm::{resident_and_files, rss};

pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
    let _errno = ErrnoGuard::new();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0) };
    if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
}

pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let _errno = ErrnoGuard::new();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping is ours. A huge page would be written as a whole for one word.
    unsafe { libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE) };
    NonNull::new(start.cast())
}

pub(super) fn coarse_nanoseconds() -> Option<i64> {
    read_clock(libc::CLOCK_MONOTONIC_COARSE)
}

pub(super) fn steady_nanoseconds() -> Option<i64> {
    read_clock(libc::CLOCK_MONOTONIC)
}

fn read_clock(clock: libc::clockid_t) -> Option<i64> {
    let _errno = ErrnoGuard::new();
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the system writes the time there.
    let status = unsafe { libc::clock_gettime(clock, &mut now) };
    // Narrower on systems of 32 bits.
    let [seconds, nanoseconds]: [i64; 2] = [now.tv_sec as _, now.tv_nsec as _];
    (status == 0).then_some(seconds * 1_000_000_000 + nanoseconds)
}

pub(super) fn populate(start: NonNull<u8>, bytes: usize) {
    if cfg!(miri) {
        return;
    }
    let _errno = ErrnoGuard::new();
    // SAFETY: what is there stays as it is. Before Linux 5.14 the system knows no such advice.
    unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_POPULATE_WRITE) };
}

pub(super) fn rss_of(pid: u32) -> io::Result<u64> {
    let text = fs::read(format!("/proc/{pid}/statm")).map_err(|error| {
        let gone = error.raw_os_error() == Some(libc::ESRCH);
        if gone { io::ErrorKind::NotFound.into() } else { error }
    })?;
    // An ended process that nobody has waited for has no address space left.
    if text.starts_with(b"0 ") {
        return Err(io::ErrorKind::NotFound.into());
    }
    let pages = statm::resident(&text).ok_or(io::ErrorKind::InvalidData)?;
    Ok(pages.saturating_mul(statm::page_bytes()))
}

pub(super) fn resident_peak() -> Option<u64> {
    parse_resident_peak(&fs::read("/proc/self/status").ok()?)
}

/// The line `VmHWM:     5284 kB` of `status`.
fn parse_resident_peak(status: &[u8]) -> Option<u64> {
    let mut lines = status.split(|&byte| byte == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(b"VmHWM:"))?;
    let text = str::from_utf8(line.strip_suffix(b" kB")?).ok()?;
    text.trim_ascii().parse::<u64>().ok()?.checked_mul(1024)
}

pub(super) fn children_of(pid: u32) -> io::Result<Vec<u32>> {
    let parents = parents()?;
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|entry| entry.1 == parent).map(|entry| entry.0));
        next += 1;
    }
    Ok(family.split_off(1))
}

/// Every process with its parent. Processes that end meanwhile are left out.
fn parents() -> io::Result<Vec<(u32, u32)>> {
    let entries = fs::read_dir("/proc")?.filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Some((pid, parse_parent(&fs::read(format!("/proc/{pid}/stat")).ok()?)?))
    });
    Ok(entries.collect())
}

/// The parent in `stat`: second field after the name, which may hold blanks and brackets itself.
fn parse_parent(stat: &[u8]) -> Option<u32> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')?;
    let text = std::str::from_utf8(stat.get(after_name + 1..)?).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parse_parent(b"7 (a) b) (c) S 42 7 7 0"), Some(42));
        assert_eq!(parse_parent(b"7 (a"), None);
        assert_eq!(parse_parent(b"7 (a)"), None);
    }

    #[test]
    fn the_highest_resident_set_is_a_line_of_the_status() {
        let status = b"Name:\ta\nVmPeak:\t    9000 kB\nVmHWM:\t    5284 kB\nVmRSS:\t    5000 kB\n";
        assert_eq!(parse_resident_peak(status), Some(5284 * 1024));
        for bad in [&b""[..], b"VmHWM:", b"VmHWM:\t 1 MB\n", b"VmHWM:\t99999999999999999999 kB"] {
            assert_eq!(parse_resident_peak(bad), None);
        }
        let (now, peak) = (rss().unwrap(), resident_peak().unwrap());
        // The system adds up the pages of a thread only now and then.
        assert!(peak + (1 << 20) > now && peak < now + (1 << 30), "{now} {peak}");
    }

    #[test]
    fn other_processes_and_descendants_are_seen() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(children_of(std::process::id()).unwrap().contains(&child.id()));
        assert!(rss_of(child.id()).unwrap() > 0);

        child.kill().unwrap();
        while rss_of(child.id()).is_ok() {
            std::thread::yield_now();
        }
        let gone = rss_of(child.id()).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        child.wait().unwrap();
    }
}
