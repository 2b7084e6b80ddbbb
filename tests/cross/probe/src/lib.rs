//! Linked into a program: its rows and its stacks are written to the file `CROSS_OUTPUT` when it exits.
//!
//! Text, so that the program gets no dependency that implements traits for its types.

use std::alloc::{GlobalAlloc, Layout};
use std::fmt::Write;
use std::{env, fs};

use mem_profile::trace::{self, By, Config};

/// The program's allocator. A reallocation is a block that is made and one that is freed: the tracer counts
/// the whole new size, the line profiler the growth, and so they count the same.
#[derive(Debug, Default)]
pub struct Counting(mem_profile::Alloc);

impl Counting {
    /// Counts blocks of the system's allocator.
    #[must_use]
    pub const fn new() -> Self {
        Self(mem_profile::Alloc::new())
    }
}

// SAFETY: each method forwards to an allocator that upholds the contract. `realloc` is the trait's own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises.
        unsafe { self.0.dealloc(block, layout) }
    }
}

#[used]
// SAFETY: the loader calls what is in this section, with arguments that the function ignores.
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
static START: extern "C" fn() = start;

extern "C" fn start() {
    if env::var_os("CROSS_OUTPUT").is_none() {
        return;
    }
    trace::start(Config::exact()).expect("the program can be traced");
    // SAFETY: the function takes no arguments and does not unwind.
    unsafe { libc::atexit(write) };
}

/// On a thread of its own: the program may exit in the middle of a measured line.
extern "C" fn write() {
    std::thread::spawn(write_here).join().expect("nothing in it panics");
}

fn write_here() {
    let Some(path) = env::var_os("CROSS_OUTPUT") else { return };
    let (lines, stacks) = (mem_profile::snapshot(), trace::snapshot());
    let mut text = String::new();
    for function in &lines.functions {
        let (file, line, name) = (&function.file, function.line, &function.name);
        _ = writeln!(text, "function\t{file}\t{line}\t{name}");
        for row in &function.lines {
            let (allocated, blocks) = (row.allocated.unwrap_or(0), row.allocations.unwrap_or(0));
            let runs = row.occurrences.unwrap_or(0);
            _ = writeln!(text, "row\t{}\t{allocated}\t{blocks}\t{runs}", row.line);
        }
    }
    for stack in stacks.statistics(By::Traceback) {
        _ = write!(text, "stack\t{}\t{}", stack.allocated_size, stack.allocated_count);
        for frame in &stack.traceback {
            if !frame.file.is_empty() && frame.origin == trace::Origin::User {
                _ = write!(text, "\t{}\t{}\t{}", frame.file, frame.line, frame.function);
            }
        }
        text.push('\n');
    }
    for note in stacks.notes() {
        _ = writeln!(text, "note\t{note}");
    }
    fs::write(&path, text).expect("the file can be written");
}
