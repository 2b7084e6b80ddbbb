//! Stacks and names of threads on Linux, by system calls alone.

/// Addresses of a stack, lowest first.
pub(crate) type StackBounds = std::ops::Range<usize>;

/// The stack that the thread was started with; empty where the system does not say.
///
/// The thread's control block lies on top of it, and for the first thread what the program was
/// started with. The C library would take a lock and allocate to answer.
pub(crate) fn stack_of_this_thread() -> StackBounds {
    if is_first_thread() {
        let (below, mapped) = mapping_of(initial_stack()).unwrap_or_default();
        // If the limit was raised, it reaches mappings below.
        return mapped.end.saturating_sub(most_of_first_stack()).max(below)..mapped.end;
    }
    // A mapping right above may be merged with this one, and be unmapped later.
    let top = control_block();
    mapping_of(top).map_or(0..0, |(_, mapped)| mapped.start..top)
}

/// How far the stack of the first thread may grow, in bytes; the system keeps that much free.
fn most_of_first_stack() -> usize {
    const USUAL: libc::rlim_t = 8 << 20;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is writable.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) } == 0;
    // Without a limit, libraries lie lower by a part of the address space that is not known.
    let bytes = if known && limit.rlim_cur != libc::RLIM_INFINITY { limit.rlim_cur } else { USUAL };
    usize::try_from(bytes).unwrap_or(0)
}

fn is_first_thread() -> bool {
    // SAFETY: two questions without arguments.
    unsafe { libc::syscall(libc::SYS_gettid) == i64::from(libc::getpid()) as libc::c_long }
}

/// An address in the stack of the first thread: its random bytes, which the kernel put there.
pub(crate) fn initial_stack() -> usize {
    // SAFETY: reads what the program was started with.
    usize::try_from(unsafe { libc::getauxval(libc::AT_RANDOM) }).unwrap_or(0)
}

#[cfg(target_arch = "x86_64")]
fn control_block() -> usize {
    let address;
    // SAFETY: the first word of the control block is its own address.
    unsafe {
        core::arch::asm!("mov {}, fs:[0]", out(reg) address, options(nostack, pure, readonly))
    };
    address
}

#[cfg(target_arch = "aarch64")]
fn control_block() -> usize {
    let address;
    // SAFETY: reads the thread register.
    unsafe {
        core::arch::asm!("mrs {}, tpidr_el0", out(reg) address, options(nostack, pure, nomem))
    };
    address
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn control_block() -> usize {
    0
}

/// The end of the mapping below, and the one that contains `address`, by `/proc/self/maps`.
fn mapping_of(address: usize) -> Option<(usize, StackBounds)> {
    let maps = File::open(c"/proc/self/maps")?;
    let mut below = 0;
    let mut line = [0; 40];
    let mut length = 0;
    // The stack that this runs on may be a small one.
    let mut buffer = [0; 512];
    loop {
        let read = maps.read(&mut buffer)?;
        for &byte in buffer.get(..read)? {
            if byte == b'\n' {
                let range = parse_range(&line[..length])?;
                if range.contains(&address) {
                    return Some((below, range));
                }
                below = range.end;
                length = 0;
            } else if let Some(place) = line.get_mut(length) {
                *place = byte;
                length += 1;
            }
        }
    }
}

/// `start-end …` in hexadecimal.
fn parse_range(line: &[u8]) -> Option<StackBounds> {
    let mut ends = line.split(|&byte| byte == b' ').next()?.split(|&byte| byte == b'-');
    Some(number(ends.next()?, 16)..number(ends.next()?, 16))
}

fn number(digits: &[u8], base: u32) -> usize {
    let digit = |&byte: &u8| char::from(byte).to_digit(base);
    digits.iter().map_while(digit).fold(0, |value: usize, digit| {
        value.wrapping_mul(base as usize).wrapping_add(digit as usize)
    })
}

/// A file that is read without the standard library, which may allocate.
struct File(i32);

impl File {
    fn open(path: &core::ffi::CStr) -> Option<Self> {
        // SAFETY: the path is a valid C string.
        let descriptor = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
        (descriptor >= 0).then_some(Self(descriptor))
    }

    /// Bytes read; `None` at the end.
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        // SAFETY: the buffer is writable for its length.
        let read = unsafe { libc::read(self.0, buffer.as_mut_ptr().cast(), buffer.len()) };
        usize::try_from(read).ok().filter(|&read| read > 0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: opened by `open` and used nowhere else.
        unsafe { libc::close(self.0) };
    }
}

/// The name of the thread, as far as the system keeps it; zeroes follow.
pub(crate) fn thread_name() -> [u8; 16] {
    let mut name = [0; 16];
    // SAFETY: the system writes at most sixteen bytes.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_of_each_thread_holds_its_variables_and_no_other() {
        let bounds_with_variable = || {
            let variable = 0;
            (stack_of_this_thread(), (&raw const variable).addr())
        };
        let here = bounds_with_variable();
        let there = std::thread::spawn(bounds_with_variable).join().unwrap();
        assert!(here.0.contains(&here.1) && there.0.contains(&there.1), "{here:x?} {there:x?}");
        assert!(!here.0.contains(&there.1) && !there.0.contains(&here.1));
    }

    #[test]
    fn the_first_thread_has_a_stack_too() {
        let (below, bounds) = mapping_of(initial_stack()).unwrap();
        assert!(0 < below && below < bounds.start);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.ends_with("[stack]")).unwrap();
        assert_eq!(parse_range(line.as_bytes()).unwrap().end, bounds.end);
    }

    #[test]
    fn names_end_in_zeroes() {
        let name = std::thread::Builder::new().name("porridge".into()).spawn(thread_name);
        assert_eq!(&name.unwrap().join().unwrap(), b"porridge\0\0\0\0\0\0\0\0");
    }
}
