//! Processes by `/proc`.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::{Reading, page_of};
use crate::outside::ReadMemory;
use crate::smaps::{field_of, pages_of_statm, parse_smaps};

/// Reads a process.
///
/// # Errors
/// The error of the system: `NotFound` if there is no such process, and `PermissionDenied` if it is another user's.
pub fn read(process: u32) -> io::Result<Reading> {
    read_folder(&format!("/proc/{process}"))
}

/// Reads the own process.
///
/// # Errors
/// The error of the system, where `/proc` is hidden.
pub fn read_self() -> io::Result<Reading> {
    let mut reading = read_folder("/proc/self")?;
    // The system does not say where the stack of a running thread is, but this is on it.
    let here = 0_u8;
    reading.stack_pointers.push((&raw const here).addr() as u64);
    Ok(reading)
}

fn read_folder(folder: &str) -> io::Result<Reading> {
    let file = |name: &str| fs::read(format!("{folder}/{name}")).map_err(ended);
    let before = pages_of_statm(&file("statm")?);
    let smaps = file("smaps")?;
    let mappings = parse_smaps(&smaps).map_err(io::Error::other)?;
    let status = file("status")?;
    let after = pages_of_statm(&file("statm")?);
    let moved = before.zip(after).map_or(0, |(before, after)| after.abs_diff(before));
    let page = page_of(&mappings);
    Ok(Reading {
        mappings,
        stack_pointers: stack_pointers(folder),
        threads: threads(&status),
        page_tables: field_of(&status, "VmPTE").unwrap_or(0),
        moved: moved * page,
    })
}

/// A process that ends while it is read counts as not found.
fn ended(error: io::Error) -> io::Error {
    const ESRCH: i32 = 3;
    if error.raw_os_error() == Some(ESRCH) { io::ErrorKind::NotFound.into() } else { error }
}

fn threads(status: &[u8]) -> Option<u64> {
    let mut lines = status.split(|&byte| byte == b'\n');
    let number = lines.find_map(|line| line.strip_prefix(b"Threads:"))?;
    str::from_utf8(number).ok()?.trim().parse().ok()
}

/// Of threads that wait: the system does not say it of running ones.
fn stack_pointers(folder: &str) -> Vec<u64> {
    let threads = fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten();
    let calls = threads.filter_map(|thread| fs::read(thread.path().join("syscall")).ok());
    calls.filter_map(|call| stack_pointer(&call)).collect()
}

/// The last word but one: the stack pointer, before the program counter.
fn stack_pointer(call: &[u8]) -> Option<u64> {
    let word = str::from_utf8(call).ok()?.split_ascii_whitespace().rev().nth(1)?;
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// Words of the page map that are read at once.
const AT_ONCE: usize = 32 << 10;
/// Bits of a word of the page map.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const IS_OF_FILE: u64 = 1 << 61;
const IS_EXCLUSIVE: u64 = 1 << 56;
/// A longer range is not read: it would take too long.
const LONGEST: u64 = 64 << 30;

/// The page map of a process.
#[derive(Debug)]
pub struct PageMap {
    file: File,
    page: u64,
    words: Vec<u8>,
}

impl PageMap {
    /// Opens the own process's, where pages have so many bytes; `None` if that is not permitted.
    #[must_use]
    pub fn open(page: u64) -> Option<Self> {
        Self::at("/proc/self/pagemap", page)
    }

    /// The same of another process.
    #[must_use]
    pub fn of(process: u32, page: u64) -> Option<Self> {
        Self::at(&format!("/proc/{process}/pagemap"), page)
    }

    fn at(path: &str, page: u64) -> Option<Self> {
        let file = File::open(path).ok()?;
        page.is_power_of_two().then(|| Self { file, page, words: vec![0; AT_ONCE * 8] })
    }

    /// Which pages are resident in a range. `None` if that cannot be read.
    ///
    /// A page that was only read, and so is the system's page of zeroes, is not resident.
    pub fn resident(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        self.pages(range, is_resident)
    }

    /// The same with pages that were only read, and with those that a child or a parent has as well.
    pub fn present(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        self.pages(range, |word| word & PRESENT != 0)
    }

    fn pages(
        &mut self,
        range: Range<u64>,
        is_wanted: impl Fn(u64) -> bool,
    ) -> Option<Vec<Range<u64>>> {
        let page = self.page;
        if range.start >= range.end || range.end - range.start > LONGEST {
            return None;
        }
        let mut runs: Vec<Range<u64>> = Vec::new();
        let (mut number, end) = (range.start / page, range.end / page);
        while number < end {
            let wanted = (end - number).min(AT_ONCE as u64) as usize;
            let part = &mut self.words[..wanted * 8];
            self.file.read_exact_at(part, number * 8).ok()?;
            for word in part.as_chunks().0 {
                if is_wanted(u64::from_ne_bytes(*word)) {
                    let start = number * page;
                    match runs.last_mut() {
                        Some(run) if run.end == start => run.end += page,
                        _ => runs.push(start..start + page),
                    }
                }
                number += 1;
            }
        }
        Some(runs)
    }
}

fn is_resident(word: u64) -> bool {
    word & PRESENT != 0 && word & (IS_OF_FILE | IS_EXCLUSIVE) != 0
}

/// The memory of another process.
#[derive(Debug)]
pub struct Memory {
    file: File,
    pages: PageMap,
}

impl Memory {
    /// Opens the memory of a process, where pages have so many bytes.
    ///
    /// # Errors
    /// The error of the system: `PermissionDenied` if the calling process must not trace this one.
    pub fn open(process: u32, page: u64) -> io::Result<Self> {
        let file = File::open(format!("/proc/{process}/mem")).map_err(ended)?;
        let pages = PageMap::of(process, page).ok_or(io::ErrorKind::PermissionDenied)?;
        Ok(Self { file, pages })
    }
}

impl ReadMemory for Memory {
    fn read(&mut self, address: u64, buffer: &mut [u8]) -> bool {
        self.file.read_exact_at(buffer, address).is_ok()
    }

    fn written(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        self.pages.pages(range, |word| word & (PRESENT | SWAPPED) != 0)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;

    use super::*;

    #[test]
    fn this_process_is_read() {
        let reading = read_self().unwrap();
        let account = crate::Account::new(&reading.mappings, crate::Facts::default());
        let resident: u64 = reading.mappings.iter().map(|mapping| mapping.resident).sum();
        assert!(resident > 1 << 20);
        assert_eq!(account.resident, resident);
        assert!(reading.threads.is_some_and(|threads| threads > 1));
        assert!(reading.page_tables > 0);
        let here = *reading.stack_pointers.last().unwrap();
        assert!(reading.mappings.iter().any(|mapping| mapping.range.contains(&here)));
    }

    #[test]
    fn touched_pages_are_resident_and_others_are_not() {
        let page = read_self().unwrap().page() as usize;
        // So much that no allocator has it from blocks of other tests.
        let mut block: Vec<u8> = Vec::with_capacity((16 << 10) * page);
        let start = block.as_ptr().addr().next_multiple_of(page);
        let offset = start - block.as_ptr().addr();
        // The pages below are touched as well.
        block.resize(offset + 8 * page, 1);
        let range = start as u64..(start + 32 * page) as u64;
        let expected = range.start..range.start + 8 * page as u64;
        let mut pages = PageMap::open(page as u64).unwrap();
        assert_eq!(pages.resident(range), Some(vec![expected]));
        assert_eq!(pages.resident(0..u64::MAX), None);
        drop(block);
    }

    /// Each file is a pipe, so that the reader has a figure before the next one is written.
    #[test]
    fn sums_that_move_while_they_are_read_are_said() {
        let folder = std::env::temp_dir().join(format!("moved-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let made =
            Command::new("mkfifo").args(["statm", "smaps", "status"].map(path)).status().unwrap();
        assert!(made.success());
        let smaps =
            "1000-9000 rw-p 00000000 00:00 0 \nSize: 32 kB\nRss: 20 kB\nKernelPageSize: 4 kB\n";
        let written =
            [("statm", "8 5 0"), ("smaps", smaps), ("status", "Threads:\t2\n"), ("statm", "8 7 0")];
        let reading = thread::scope(|scope| {
            scope.spawn(|| {
                written.iter().for_each(|(name, text)| fs::write(path(name), text).unwrap())
            });
            read_folder(folder.to_str().unwrap()).unwrap()
        });
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((reading.moved, reading.threads), (2 * 4096, Some(2)));
    }

    #[test]
    fn a_process_that_is_not_there_is_not_found() {
        assert_eq!(read(u32::MAX).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_stack_pointer_is_before_the_program_counter() {
        let call = b"202 0x7f 0x89 0x0 0x0 0x0 0x0 0x7ffd5e0a1d20 0x7f1a2b3c4d5e\n";
        assert_eq!(stack_pointer(call), Some(0x7ffd_5e0a_1d20));
        assert_eq!(stack_pointer(b"-1 0x7ffd5e0a1d20 0x7f1a2b3c4d5e\n"), Some(0x7ffd_5e0a_1d20));
        assert_eq!(stack_pointer(b"running\n"), None);
    }
}
