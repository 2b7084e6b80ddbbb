//! Loads the plugin, uses it on a thread that outlives it, and unloads it; or repeats that as often as asked.
#![allow(missing_docs)]

use std::ffi::{CStr, CString, c_void};
use std::sync::mpsc;
use std::thread;

type Function = extern "C" fn(usize) -> usize;

/// The function of this name in the library.
fn symbol(library: *mut c_void, name: &str) -> Function {
    let name = CString::new(name).unwrap();
    // SAFETY: the library is loaded and the name is a C string.
    let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
    assert!(!symbol.is_null(), "{name:?} is missing");
    // SAFETY: the plugin defines its functions with this type.
    unsafe { std::mem::transmute::<*mut c_void, Function>(symbol) }
}

fn mappings() -> String {
    std::fs::read_to_string("/proc/self/maps").unwrap()
}

fn is_loaded() -> bool {
    mappings().contains("libplugin.so")
}

fn load(path: &CStr) -> *mut c_void {
    // SAFETY: the path is a C string; the library's initialisers are those of Rust.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null(), "{path:?} cannot be loaded");
    library
}

/// Loads, uses and unloads it the given number of times, half of them on a thread that ends. Prints the growth
/// of mappings, pages of address space, pages in memory and descriptors since the first hundred times.
fn cycles(path: &CStr, name: &str, count: usize) {
    let once = |_| {
        let library = load(path);
        let function = symbol(library, name);
        assert_eq!(function(1000), 1000);
        // SAFETY: nothing of the library is used any more.
        assert_eq!(unsafe { libc::dlclose(library) }, 0);
    };
    let in_use = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: Vec<usize> = pages.split(' ').map_while(|word| word.parse().ok()).collect();
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count();
        [mappings().lines().count(), pages[0], pages[1], descriptors]
    };
    let user = |count| thread::scope(|scope| _ = scope.spawn(move || (0..count).for_each(once)));
    (0..5).for_each(|_| user(20));
    (0..100).for_each(once);
    let before = in_use();
    (0..count / 2).for_each(once);
    (0..count / 200).for_each(|_| user(100));
    let after = in_use();
    assert!(!is_loaded());
    for (before, after) in before.into_iter().zip(after) {
        print!("{} ", after.saturating_sub(before));
    }
    println!();
}

fn main() {
    let path = CString::new(std::env::args().nth(1).expect("the plugin's path")).unwrap();
    let function = std::env::args().nth(2).expect("the function's name");
    if let Some(count) = std::env::args().nth(3) {
        return cycles(&path, &function, count.parse().unwrap());
    }
    let library = load(&path);
    let function = symbol(library, &function);

    let (used, is_used) = mpsc::channel();
    let (unloaded, is_unloaded) = mpsc::channel();
    let user = thread::spawn(move || {
        used.send(function(1000)).unwrap();
        // The thread lives on after the code of the library is gone.
        is_unloaded.recv().unwrap();
    });
    let answer = is_used.recv().unwrap() + function(10);
    // SAFETY: nothing of the library is used any more.
    assert_eq!(unsafe { libc::dlclose(library) }, 0);
    println!("{answer} {}", if is_loaded() { "loaded" } else { "unloaded" });
    unloaded.send(()).unwrap();
    user.join().unwrap();
}
