//! What the programs of this package have in common: planted memory, and what a capture says of it.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

pub mod dynamic;
pub mod labels;
pub mod load;
pub mod planted;
pub mod sizes;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mem_profile::graph::{self, CaptureError, Captured};
use mem_profile::trace::{self, Config};
use mem_profile_graph::Image;

/// The file that the first argument names.
pub fn path() -> PathBuf {
    std::env::args_os().nth(1).expect("a path").into()
}

/// The argument behind it, from zero on.
pub fn number(index: usize) -> usize {
    let argument = std::env::args().nth(2 + index).expect("a number");
    argument.parse().expect("a number")
}

pub fn start() {
    trace::start(Config::exact()).expect("it can be traced");
}

/// Runs the work so far out on the stack that nothing of it is left in frames that come later.
#[inline(never)]
pub fn deep<T>(levels: u32, work: &mut dyn FnMut() -> T) -> T {
    let room = black_box([0_u8; 4096]);
    let result = if levels == 0 { work() } else { deep(levels - 1, work) };
    black_box(&room);
    result
}

/// An address that nobody takes for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden(usize);

impl Hidden {
    pub fn of<T: ?Sized>(block: *const T) -> Self {
        Self(!block.addr())
    }

    pub fn bits(self) -> usize {
        self.0
    }

    pub fn address(self) -> usize {
        !self.0
    }
}

/// How a block is held. A whole word: padding would keep parts of pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Class {
    Held,
    /// By memory that was not seen alone.
    Unseen,
    Lost,
}

/// Of each block of a capture.
pub struct Classes(Vec<Class>);

impl Classes {
    pub fn of(image: &Image) -> Self {
        let mut classes = Self(vec![Class::Lost; image.block_count()]);
        let named = image
            .roots()
            .iter()
            .flat_map(|root| (root.range.start..).step_by(8).zip(words(image.root_memory(root))));
        let counts = |&(place, word): &(u64, u64)| !image.is_free_list(place, word);
        let named = named.filter(counts).map(|(_, word)| word);
        classes.mark(image, named.collect(), Class::Held);
        let unseen = image.unseen().filter(counts).map(|(_, word)| word);
        classes.mark(image, unseen.collect(), Class::Unseen);
        classes
    }

    fn mark(&mut self, image: &Image, mut words_left: Vec<u64>, class: Class) {
        while let Some(word) = words_left.pop() {
            if let Some(block) = image.block_at(word)
                && self.0[block] == Class::Lost
            {
                self.0[block] = class;
                words_left.extend(image.contents(block).into_iter().flat_map(words));
            }
        }
    }

    pub fn get(&self, image: &Image, hidden: Hidden) -> Option<Class> {
        image.block_at(hidden.address() as u64).map(|block| self.0[block])
    }

    /// Where the words are that lead to a block.
    pub fn leads_to(image: &Image, hidden: Hidden) -> Vec<String> {
        let target = image.block_at(hidden.address() as u64);
        let leads =
            |bytes| words(bytes).any(|word| target.is_some() && image.block_at(word) == target);
        let roots = image.roots().iter().filter(|root| leads(image.root_memory(root)));
        let roots = roots.map(|root| format!("{:?}", root.kind));
        let holders = image.holders().filter(|&index| image.contents(index).is_some_and(leads));
        roots.chain(holders.map(|index| format!("{:x?}", image.block(index)))).collect()
    }

    /// How many blocks there are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.0.iter().filter(|found| **found == class).count()
    }

    /// Blocks of a class.
    pub fn all(&self, class: Class) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(move |found| *found.1 == class).map(|found| found.0)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word))
}

/// Waits until it is so, and fails if that takes long.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        sleep(Duration::from_micros(100));
    }
}

/// Processes whose parent this one is.
pub fn copies() -> Vec<i32> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_copy = |number: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let behind_name = status.rsplit_once(')').map_or("", |(_, rest)| rest);
        behind_name.split_whitespace().nth(1) == Some(&*own)
    };
    numbers.filter(is_copy).collect()
}

/// No capture: an error, and no file. It is returned as it is printed for debugging.
pub fn fails(
    what: &str,
    path: &Path,
    capture: impl FnOnce() -> Result<Captured, CaptureError>,
) -> String {
    let _ = fs::remove_file(path);
    let error = capture().expect_err(what);
    let folder = path.parent().expect("a folder");
    assert_eq!(fs::read_dir(folder).expect("the folder").count(), 0, "{what}");
    eprintln!("{what}: {error}");
    format!("{error:?}")
}

/// A capture, which can be read.
pub fn works(path: &Path) {
    let captured = graph::capture(path).expect("a capture");
    let image = Image::open(path).expect("a capture");
    assert_eq!(image.block_count() as u64, captured.blocks);
}

/// From now on, such system calls fail for this process. Of each: its number, the first argument if that matters, and
/// the error.
pub fn forbid(calls: &[(i64, Option<u32>, i32)]) {
    let one = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let load = |offset| one(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset);
    let differs = |k, skipped| one(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, skipped, k);
    let end = |k| one(libc::BPF_RET | libc::BPF_K, 0, 0, k);
    let mut program = Vec::new();
    for &(number, argument, error) in calls {
        let refuse = end(libc::SECCOMP_RET_ERRNO | error as u32);
        program.push(load(0));
        match argument {
            None => program.extend([differs(number as u32, 1), refuse]),
            // The arguments begin behind the number, the machine and the place.
            Some(argument) => {
                program.extend([differs(number as u32, 3), load(16), differs(argument, 1), refuse])
            }
        }
    }
    program.push(end(libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the program is there while it is read.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_MODE_FILTER;
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program), 0);
    }
}

/// Limits what the process may use of something.
pub fn limit(what: libc::__rlimit_resource_t, most: libc::rlim_t) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is there.
    unsafe {
        assert_eq!(libc::getrlimit(what, &raw mut limit), 0);
        limit.rlim_cur = most.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(what, &raw const limit), 0);
    }
}
