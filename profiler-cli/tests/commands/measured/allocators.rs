//! `run`: programs with and without their own allocators.

use mem_profile_format::Backend;

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
fn the_static_of_the_program_is_wrapped() {
    let main = COUNTED.to_owned() + "#[global_allocator]\nstatic OWN: Counted = Counted;\n" + MAIN;
    let ran = Project::new("own", &[("src/main.rs", &main)]).run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.stdout, "1\n");
    assert_eq!(ran.snapshot.as_ref().unwrap().backend, Backend::Heap);
    assert_eq!(ran.increments()[0], "own::main src/main.rs:20 4321");
    assert!(!ran.stderr.contains("allocator"), "{}", ran.stderr);
}

/// Short versions of the types of `cap` and `stats_alloc`.
const LIMITED: &str = "
pub struct Limited<A> { inner: A, live: AtomicUsize }
impl<A> Limited<A> {
    pub const fn new(inner: A) -> Self { Self { inner, live: AtomicUsize::new(0) } }
    pub fn live(&self) -> usize { self.live.load(Relaxed) }
}
unsafe impl<A: GlobalAlloc> GlobalAlloc for Limited<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.live.fetch_add(layout.size(), Relaxed);
        unsafe { self.inner.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.live.fetch_sub(layout.size(), Relaxed);
        unsafe { self.inner.dealloc(block, layout) }
    }
}
unsafe impl<A: GlobalAlloc> GlobalAlloc for &Limited<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 { unsafe { (**self).alloc(layout) } }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) { unsafe { (**self).dealloc(block, layout) } }
}
";

#[test]
fn a_static_that_the_program_names_keeps_its_type() {
    let uses = "
        pub static INNER: Limited<System> = Limited::new(System);
        macro_rules! chosen { ($name:ident: $kind:ty = $value:expr) => {
            #[cfg_attr(not(windows), global_allocator)]
            #[cfg(not(windows))]
            pub static $name: $kind = $value;
        } }
        chosen! { OWN: &Limited<System> = &INNER }
        pub static AGAIN: &&Limited<System> = &OWN;
        pub fn of<A: GlobalAlloc>(limited: &&Limited<A>) -> Option<usize> { Some(limited.live()) }
    ";
    let library =
        format!("{}{LIMITED}{uses}", COUNTED.lines().take(2).collect::<Vec<_>>().join("\n"));
    let main = "fn main() {\n    let before = named::OWN.live();\n    \
                let kept = vec![0u8; 4321]; std::mem::forget(kept);\n    \
                println!(\"{:?}\", named::of(named::AGAIN).unwrap() - before);\n}\n";
    let files = [("src/lib.rs", library.as_str()), ("src/main.rs", main)];
    let ran = Project::new("named", &files).run(&["--lines", "main"]).ended(0);
    assert_eq!(ran.stdout, "4321\n");
    assert_eq!(ran.snapshot.as_ref().unwrap().backend, Backend::Heap);
    assert_eq!(ran.increments()[0], "named::main src/main.rs:3 4321");
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
    let provider = "[package]\nname = \"provider\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    let own = "#[global_allocator]\nstatic OWN: Counted = Counted;\n";
    let by_macro = "#[macro_export]\nmacro_rules! install { ($name:ident) => {\n    \
                    #[global_allocator]\n    static $name: $crate::Counted = $crate::Counted;\n} }\n";
    for (library, used) in [(own, ""), (by_macro, "provider::install! { OWN }")] {
        let files = [
            ("Cargo.toml", manifest),
            ("src/main.rs", &format!("use provider::CALLS;{MAIN}{used}\n")),
            ("provider/src/lib.rs", &(COUNTED.to_owned() + library)),
            ("provider/Cargo.toml", provider),
        ];
        let ran = Project::new("user", &files).run(&["--lines", "main"]).ended(0);
        assert_eq!(ran.stdout, "1\n");
        assert_eq!(ran.increments()[0], "user::main src/main.rs:3 4321");
        assert!(!ran.stderr.contains("allocator"), "{}", ran.stderr);
    }
}

#[test]
fn with_a_foreign_allocator_the_resident_set_is_measured() {
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
    let note = "mem-profile: guest: its allocator, of the crate elsewhere, is not a static of the \
                workspace: the resident set is measured instead\n";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
}

#[test]
fn functions_are_measured_even_if_the_allocator_cannot_be_wrapped() {
    // Its attribute is a path, which is not recognized.
    let main = COUNTED.to_owned()
        + "#[std::prelude::v1::global_allocator]\nstatic OWN: Counted = Counted;\n"
        + MAIN;
    let ran = Project::new("path", &[("src/main.rs", &main)]).run(&["--lines", "main"]).ended(0);
    assert_eq!((ran.stdout.as_str(), ran.functions()), ("1\n", vec!["path::main"]));
    assert_eq!(ran.snapshot.as_ref().unwrap().backend, Backend::Rss);
    let notes: Vec<_> =
        ran.stderr.lines().filter(|line| line.starts_with("mem-profile:")).collect();
    let note =
        "mem-profile: path: its allocator cannot be wrapped: the resident set is measured instead";
    assert_eq!(notes, [note]);
}
