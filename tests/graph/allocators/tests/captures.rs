//! The same programs behind `Alloc::wrap`, whose captures must say the same.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

#[path = "../../tests/run/mod.rs"]
mod run;

use run::run;

const ALLOCATORS: [&str; 2] =
    [env!("CARGO_BIN_EXE_behind_jemalloc"), env!("CARGO_BIN_EXE_behind_mimalloc")];

#[test]
fn each_block_has_its_size_and_its_label() {
    for allocator in ALLOCATORS {
        for program in ["sizes", "labels"] {
            assert_eq!(run(allocator, &[], &[("PROGRAM", program)]), "all right\n", "{allocator}");
        }
    }
}

#[test]
fn no_box_looks_lost_while_its_vector_is_reallocated() {
    let program = [("PROGRAM", "load")];
    for allocator in ALLOCATORS {
        assert_eq!(run(allocator, &["100", "4", "guarded"], &program), "0\n", "{allocator}");
        let wrong = run(allocator, &["40", "4", "unguarded"], &program);
        assert_ne!(wrong, "0\n", "{allocator}: a thread that is stopped in a reallocation");
        assert_eq!(run(allocator, &["20", "8", "mixed"], &program), "0\n", "{allocator}");
    }
}

#[test]
fn what_is_held_is_not_called_lost() {
    for allocator in ALLOCATORS {
        let printed = run(allocator, &["10", "8"], &[("PROGRAM", "planted")]);
        assert!(printed.starts_with("0 of 1700 "), "{allocator}: {printed}");
    }
}
