//! Programs with allocators of their own, and without.

use mem_profile_runtime::Backend;

use super::project::Project;

const COUNTED: &str = "\
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub struct Counted;
pub static CALLS: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() == 4321 { CALLS.fetch_add(1, Relaxed); }
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
";

const MAIN: &str = "
fn main() {
    let kept: Vec<u8> = Vec::with_capacity(4321); std::mem::forget(kept);
    println!(\"{}\", CALLS.load(std::sync::atomic::Ordering::Relaxed));
}
";

#[test]
fn the_program_s_own_static_is_wrapped() {
    let main = COUNTED.to_owned() + "#[global_allocator]\nstatic OWN: Counted = Counted;\n" + MAIN;
    let ran = Project::new("own", &[("src/main.rs", &main)]).run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.stdout, "1\n");
    assert_eq!(ran.snapshot.as_ref().unwrap().backend, Backend::Heap);
    assert_eq!(ran.increments()[0], "own::main src/main.rs:20 4321");
    assert!(!ran.stderr.contains("allocator"), "{}", ran.stderr);
}

#[test]
fn an_allocator_that_is_conditioned_away_is_none() {
    let main = "#[cfg(any())]\n#[global_allocator]\nstatic OWN: absent::Alloc = absent::Alloc;\n\
                fn main() {\n    let kept = vec![0u8; 555]; std::mem::forget(kept);\n}\n";
    let ran = Project::new("away", &[("src/main.rs", main)]).run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.increments(), ["away::main src/main.rs:5 555"]);
}

#[test]
fn an_allocator_of_another_crate_of_the_workspace_is_wrapped() {
    let manifest = "[package]\nname = \"user\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
                    [dependencies]\nprovider = { path = \"provider\" }\n[workspace]\n";
    let library = COUNTED.to_owned() + "#[global_allocator]\nstatic OWN: Counted = Counted;\n";
    let files = [
        ("Cargo.toml", manifest),
        ("src/main.rs", &format!("use provider::CALLS;{MAIN}")),
        ("provider/src/lib.rs", &library),
        (
            "provider/Cargo.toml",
            "[package]\nname = \"provider\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
        ),
    ];
    let ran = Project::new("user", &files).run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.stdout, "1\n");
    assert_eq!(ran.increments()[0], "user::main src/main.rs:3 4321");
    assert!(!ran.stderr.contains("allocator"), "{}", ran.stderr);
}

#[test]
fn an_allocator_from_elsewhere_is_said_and_pages_are_counted() {
    let library = COUNTED.to_owned() + "#[global_allocator]\nstatic OWN: Counted = Counted;\n";
    let elsewhere = Project::new("elsewhere", &[("src/lib.rs", &library)]);
    let manifest = format!(
        "[package]\nname = \"guest\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nelsewhere = {{ path = {:?} }}\n[workspace]\n",
        elsewhere.folder
    );
    let main = format!("use elsewhere::CALLS;{MAIN}");
    let ran = Project::new("guest", &[("Cargo.toml", &manifest), ("src/main.rs", &main)]);
    let ran = ran.run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.snapshot.as_ref().unwrap().backend, Backend::Rss);
    let note = "mem-profile: guest: its allocator, of the crate elsewhere, is no plain static of the \
                workspace: figures are of the resident set\n";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
}
