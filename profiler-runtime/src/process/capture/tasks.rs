//! The threads of this process, listed without a lock or an allocation.

use std::ffi::CStr;
use std::io;

use super::child::Descriptor;

const BUFFER: usize = 32 * 1024;

/// The open folder `/proc/self/task`.
pub(super) struct Tasks {
    folder: Descriptor,
    buffer: Box<[u8; BUFFER]>,
}

/// Where the parts of an entry are that `getdents64` writes.
const LENGTH: usize = 16;
const NAME: usize = 19;

impl Tasks {
    /// Opens it. It allocates.
    pub(super) fn open() -> io::Result<Self> {
        let folder = Descriptor::open(c"/proc/self/task", libc::O_DIRECTORY)?;
        Ok(Self { folder, buffer: Box::new([0; BUFFER]) })
    }

    /// Visits the numbers of all threads. False where they cannot be read.
    pub(super) fn each(&mut self, mut visit: impl FnMut(u32)) -> bool {
        if !self.folder.rewind() {
            return false;
        }
        loop {
            let place = self.buffer.as_mut_ptr();
            // SAFETY: the buffer is writable for its length.
            let read =
                unsafe { libc::syscall(libc::SYS_getdents64, self.folder.number(), place, BUFFER) };
            match usize::try_from(read) {
                Ok(0) => return true,
                Ok(read) => numbers(self.buffer.get(..read).unwrap_or_default(), &mut visit),
                Err(_) => return false,
            }
        }
    }

    /// Whether the thread has ended, and only its number is still there.
    pub(super) fn has_ended(&self, number: u32) -> bool {
        let mut text = [0; 512];
        let Some(length) = self.read(number, b"/stat\0", &mut text) else { return true };
        let text = text.get(..length).unwrap_or_default();
        let behind_name = text.iter().rposition(|&byte| byte == b')');
        let state = behind_name.and_then(|at| text.get(at + 2));
        matches!(state, Some(b'Z' | b'X'))
    }

    /// The name of a thread, filled up with zeroes.
    pub(super) fn name(&self, number: u32) -> [u8; 16] {
        let mut name = [0; 16];
        let _ = self.read(number, b"/comm\0", &mut name);
        for byte in name.iter_mut().filter(|byte| **byte == b'\n') {
            *byte = 0;
        }
        name
    }

    /// Reads a file of a thread, whose name begins with a slash and ends in a zero byte.
    fn read(&self, number: u32, file: &[u8], into: &mut [u8]) -> Option<usize> {
        let mut path = [0; 32];
        let mut at = path.len() - file.len();
        path.get_mut(at..)?.copy_from_slice(file);
        let mut rest = number;
        while rest > 0 {
            at = at.checked_sub(1)?;
            *path.get_mut(at)? = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let path = CStr::from_bytes_with_nul(path.get(at..)?).ok()?;
        self.folder.open_below(path)?.read(into)
    }
}

/// The numbers among the names of these entries.
fn numbers(mut entries: &[u8], visit: &mut impl FnMut(u32)) {
    while let Some(&length) = entries.get(LENGTH..).and_then(|rest| rest.first_chunk()) {
        let length = usize::from(u16::from_ne_bytes(length));
        let digits = entries.get(NAME..length).unwrap_or_default().iter();
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        let number = digits.fold(0_u32, |number, &digit| {
            number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'))
        });
        if number != 0 {
            visit(number);
        }
        entries = match entries.get(length..) {
            Some(rest) if length > 0 => rest,
            _ => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn each_thread_is_listed_while_it_runs() {
        // SAFETY: a question without arguments.
        let own = || unsafe { libc::gettid() } as u32;
        let barrier = Barrier::new(51);
        let mut tasks = Tasks::open().unwrap();
        std::thread::scope(|scope| {
            let started: Vec<_> = (0..50)
                .map(|_| {
                    let (send, receive) = std::sync::mpsc::channel();
                    scope.spawn({
                        let barrier = &barrier;
                        move || {
                            send.send(own()).unwrap();
                            barrier.wait();
                        }
                    });
                    receive.recv().unwrap()
                })
                .collect();
            for _ in 0..2 {
                let mut listed = Vec::new();
                assert!(tasks.each(|number| listed.push(number)));
                assert!(started.iter().all(|number| listed.contains(number)));
                assert!(listed.contains(&own()));
            }
            assert!(!tasks.has_ended(started[0]) && tasks.name(started[0])[0] != 0);
            barrier.wait();
        });
        assert!(tasks.has_ended(u32::MAX / 2));
    }
}
