//! A library that is loaded late captures a program that knows nothing of it, while threads are in the C library's
//! allocator. `late FILE CAPTURES LIBRARY`.

use std::ffi::{CString, c_char};
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use captured::dynamic::Library;
use captured::{number, path};

const THREADS: usize = 4;

/// So long that the allocator takes its lock.
fn allocate(is_over: &AtomicBool) {
    while !is_over.load(Relaxed) {
        let blocks = [3000, 5000, 9000].map(|bytes| black_box(Vec::<u8>::with_capacity(bytes)));
        drop(blocks);
    }
}

fn main() {
    let is_over = AtomicBool::new(false);
    let path = CString::new(path().as_os_str().as_bytes()).expect("no zero");
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|_| _ = scope.spawn(|| allocate(&is_over)));
        let library = Library::open();
        // SAFETY: that is its type.
        let capture: extern "C" fn(*const c_char) -> u32 =
            unsafe { std::mem::transmute(library.function(c"capture")) };
        let threads: Vec<_> = (0..number(0)).map(|_| capture(path.as_ptr())).collect();
        is_over.store(true, Relaxed);
        assert!(threads.iter().all(|&threads| threads == 1 + THREADS as u32), "{threads:?}");
    });
    println!("all captured");
}
