//! Loads the plugin, uses it on a thread that outlives it, and unloads it.
#![allow(missing_docs)]

use std::ffi::{CString, c_void};
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

fn is_loaded() -> bool {
    std::fs::read_to_string("/proc/self/maps").unwrap().contains("libplugin.so")
}

fn main() {
    let path = CString::new(std::env::args().nth(1).expect("the plugin's path")).unwrap();
    let function = std::env::args().nth(2).expect("the function's name");
    // SAFETY: the path is a C string; the library's initialisers are those of Rust.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null(), "{path:?} cannot be loaded");
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
