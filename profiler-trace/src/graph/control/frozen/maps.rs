//! The mappings of the copy, by `/proc/self/maps`.

use core::ops::Range;

use mem_profile_runtime::internal::capture::Descriptor;

use super::room::Room;

/// Memory that the system has given the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_readable: bool,
    pub(super) is_private: bool,
    /// Zeroes at first, and no part of a file.
    pub(super) is_anonymous: bool,
    pub(super) is_writable: bool,
}

/// All of them, in the order of addresses.
pub(super) struct Maps(Room<Mapping>);

impl Maps {
    pub(super) fn read() -> Result<Self, i32> {
        let file = Descriptor::open(c"/proc/self/maps", 0);
        let file = file.map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))?;
        let mut maps = Room::new()?;
        // The names of files, behind, may be long; the rest of a line is not.
        let mut line = [0; 128];
        let mut length = 0;
        let mut buffer = [0; 4096];
        loop {
            let read = file.read(&mut buffer).ok_or(libc::EIO)?;
            if read == 0 {
                return Ok(Self(maps));
            }
            for &byte in buffer.get(..read).unwrap_or_default() {
                if byte == b'\n' {
                    if let Some(mapping) = parse(line.get(..length).unwrap_or_default()) {
                        maps.push(mapping)?;
                    }
                    length = 0;
                } else if let Some(place) = line.get_mut(length) {
                    *place = byte;
                    length += 1;
                }
            }
        }
    }

    pub(super) fn all(&self) -> &[Mapping] {
        self.0.get()
    }

    /// The mapping at an address, and its place in the list.
    pub(super) fn at(&self, address: usize) -> Option<(usize, Mapping)> {
        let behind = self.all().partition_point(|mapping| mapping.start <= address);
        let index = behind.checked_sub(1)?;
        let mapping = *self.all().get(index)?;
        (address < mapping.end).then_some((index, mapping))
    }

    /// The beginning of the range that can be read.
    pub(super) fn readable(&self, range: Range<usize>) -> Range<usize> {
        let mut end = range.start;
        if let Some((first, _)) = self.at(range.start) {
            for mapping in self.all().iter().skip(first) {
                if !mapping.is_readable || mapping.start > end || end >= range.end {
                    break;
                }
                end = mapping.end;
            }
        }
        range.start..end.clamp(range.start, range.end.max(range.start))
    }
}

/// `start-end rwxp offset device inode name`
fn parse(line: &[u8]) -> Option<Mapping> {
    let mut parts = line.split(|&byte| byte == b' ').filter(|part| !part.is_empty());
    let mut ends = parts.next()?.split(|&byte| byte == b'-');
    let (start, end) = (number(ends.next()?)?, number(ends.next()?)?);
    let access = parts.next()?;
    let inode = parts.nth(2)?;
    // Pages of the kernel, of which some cannot be read.
    let is_kernel_s = parts.next().is_some_and(|name| name.starts_with(b"[v"));
    Some(Mapping {
        start,
        end,
        is_readable: access.first() == Some(&b'r') && !is_kernel_s,
        is_private: access.get(3) == Some(&b'p'),
        is_anonymous: inode == b"0",
        is_writable: access.get(1) == Some(&b'w'),
    })
}

fn number(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0_usize, |value, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(value.checked_mul(16)? + digit as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_mapping() {
        let of = |line: &str| parse(line.as_bytes());
        let stack = of("7ffc1000-7ffc3000 rw-p 00000000 00:00 0    [stack]").unwrap();
        assert_eq!((stack.start, stack.end), (0x7ffc_1000, 0x7ffc_3000));
        assert!(stack.is_readable && stack.is_private && stack.is_anonymous && stack.is_writable);
        let file = of("1000-2000 r--s 00000000 fe:00 1234 /a b c").unwrap();
        assert!(file.is_readable && !file.is_private && !file.is_anonymous && !file.is_writable);
        assert!(!of("1000-2000 r--p 00000000 00:00 0 [vvar]").unwrap().is_readable);
        assert!(!of("1000-2000 ---p 00000000 00:00 0 ").unwrap().is_readable);
        assert_eq!((of(""), of("1000-2000"), of("x-y rw-p 0 0 0")), (None, None, None));
    }

    #[test]
    fn own_memory_can_be_read_as_far_as_it_goes() {
        let block = Box::new([1_u64; 100]);
        let place = block.as_ptr().addr();
        let maps = Maps::read().unwrap();
        assert_eq!(maps.readable(place..place + 800), place..place + 800);
        assert_eq!(maps.readable(8..16), 8..8);
        let (_, mapping) = maps.at(place).unwrap();
        assert!(maps.readable(place..usize::MAX).end >= mapping.end);
    }
}
