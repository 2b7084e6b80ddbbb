//! Layouts of programs that say themselves where everything is.

mod facts;
mod hostile;
mod program;
mod reader;

use self::program::Program;
use crate::debug::{DebugFiles, Store};
use crate::layout::{DwarfLayouts, Layouts, Shape};

/// How the programs are built: each has all of the facts.
const DEBUG: &[&str] = &[];
const RELEASE: &[&str] = &["-O"];

#[test]
fn containers_are_where_they_say() {
    Program::build(None, DEBUG).check();
}

#[test]
fn optimised_containers_are_where_they_say() {
    Program::build(None, RELEASE).check();
}

/// Units refer to types of each other.
#[test]
fn containers_of_one_program_optimised_as_a_whole_are_where_they_say() {
    Program::build(None, &["-O", "-C", "lto=fat", "-C", "dwarf-version=5"]).check();
}

#[test]
fn containers_with_split_debug_information_are_where_they_say() {
    Program::build(None, &["-C", "split-debuginfo=unpacked"]).check();
    Program::build(None, &["-C", "split-debuginfo=packed", "-C", "dwarf-version=5"]).check();
}

#[test]
fn a_container_that_is_not_understood_is_named_with_its_leaves() {
    let program = Program::of_source("changed", None, &[]);
    let image = program::image(&program.path(), 0x1000_0000);
    let store = Store::default();
    let files = DebugFiles::new(&image, &store);
    let mut layouts = DwarfLayouts::new(&files);
    let variables = layouts.variables();
    let kind = variables.iter().find(|variable| variable.name == "alloc::CHANGED").unwrap().kind;
    let layout = layouts.layout(kind);
    assert_eq!(
        (&*layout.name, layout.size, &layout.shape),
        ("alloc::vec::Vec<u32>", 24, &Shape::Unknown)
    );
    let expected = "`Vec` has no leaf `len`: its leaves are `buffer.capacity.cap.__0: usize` (0), \
        `buffer.pointer.pointer: *const u32` (8), `count: usize` (16). All its words are looked at.";
    assert_eq!(layouts.notes(), [expected]);
}

/// The oldest compiler that is promised, and those that come next, as far as they are installed.
#[test]
#[allow(clippy::print_stderr, reason = "a test says what it leaves out")]
#[ignore = "needs other toolchains: `.ci/run layouts` installs them"]
fn containers_of_other_compilers_are_where_they_say() {
    for toolchain in ["1.88", "beta", "nightly"] {
        if !program::is_installed(toolchain) {
            eprintln!("skipped: there is no toolchain {toolchain}");
            continue;
        }
        for flags in [DEBUG, RELEASE] {
            Program::build(Some(toolchain), flags).check();
        }
    }
}
