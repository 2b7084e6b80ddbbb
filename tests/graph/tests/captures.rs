//! Runs each program in a process of its own.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

mod run;

use run::run;

#[test]
fn each_block_is_held_as_it_was_planted() {
    let printed = run(env!("CARGO_BIN_EXE_holders"), &[], &[]);
    let wrong: Vec<_> = printed
        .lines()
        .filter(|line| {
            let (_, classes) = line.split_once(": ").expect("two classes");
            let (planted, found) = classes.split_once(' ').expect("two classes");
            planted != found
        })
        .collect();
    // A stale word of a stack may lead to a node, and that to its name.
    assert!(wrong.len() <= 2 && wrong.iter().all(|line| line.ends_with("Lost Held")), "{wrong:?}");
    assert!(printed.lines().count() > 200, "{printed}");
}

#[test]
fn no_list_of_free_memory_holds_a_block() {
    let printed = run(env!("CARGO_BIN_EXE_free_lists"), &[], &[]);
    let is_lost = |line: &&str| line.ends_with(": Some(Lost), lost");
    let (lost, stream): (Vec<_>, Vec<_>) = printed.lines().partition(is_lost);
    assert!(lost.len() > 10 && stream.len() == 1, "{printed}");
    assert!(stream[0].starts_with("by a stream: Some(Held), static _IO_2_1_stdout_"), "{printed}");
}

/// Wrong types among those that a program planted, as kind and name. Only the dependencies have less debug
/// information than the program, whose `[u8]` are made in theirs.
#[test]
fn a_block_is_called_by_the_functions_that_allocated_it() {
    let printed = run(env!("CARGO_BIN_EXE_kinds"), &[], &[]);
    let kinds = printed.lines().filter(|line| !line.starts_with("note: "));
    let lines = kinds.map(|line| line.split_once(": ").expect("a kind and a name"));
    let (right, wrong): (Vec<_>, Vec<_>) = lines.partition(|(planted, found)| planted == found);
    assert!(right.len() >= 34, "{wrong:?}");
    let is_line = |found: &str| found.starts_with("src/bin/kinds.rs:");
    assert!(wrong.iter().all(|(planted, found)| *planted == "[u8]" && is_line(found)), "{wrong:?}");
}

/// A vector of 512 fat pointers, closures of 32 bytes, and texts, all of which the registry holds alone.
#[test]
fn listeners_that_are_never_dropped_are_held_by_their_registry() {
    let printed = run(env!("CARGO_BIN_EXE_listeners"), &[], &[]);
    let lines: Vec<_> = printed.lines().collect();
    let retained = 512 * 16 + 500 * (32 + 102_403);
    assert_eq!(lines[0], "Box<subscribe::{closure#0}>: 500 blocks, 16000 B");
    assert_eq!(lines[1], "String: 500 blocks, 51201500 B");
    assert_eq!(lines[2], format!("retained: {retained}"));
    assert!(lines[3].starts_with("holder: static listeners::REGISTRY"), "{printed}");
    let chain = lines[4].strip_prefix("chain: static listeners::REGISTRY").expect("a static");
    assert!(chain.contains("→ [Box<dyn Fn() -> usize + Send>] –["), "{printed}");
    assert!(chain.ends_with("→ String (×500, 48.8 MiB)"), "{printed}");
    assert!(lines[5].starts_with("chain: thread-local listeners::RECENT"), "{printed}");
    assert!(lines[6].starts_with("chain: stack of listeners, in "), "{printed}");
    assert!(lines[7].starts_with("chain: stack of worker, in "), "{printed}");
    assert!(lines[6].contains("in listeners::serve (src/bin/listeners.rs:"), "{printed}");
    // Its block is in a register, which the function that it calls saves.
    assert!(lines[7].contains("listeners::wait (src/bin/listeners.rs:"), "{printed}");
}

#[test]
fn a_program_sees_nothing_of_a_capture() {
    assert_eq!(run(env!("CARGO_BIN_EXE_quiet"), &["100"], &[]), "nothing seen\n");
}

#[test]
fn threads_of_the_profiler_are_neither_stopped_nor_missed() {
    let timeline = [("MEM_PROFILE_TIMELINE", "1"), ("MEM_PROFILE_INTERVAL", "1ms")];
    assert_eq!(run(env!("CARGO_BIN_EXE_quiet"), &["10"], &timeline), "nothing seen\n");
}

#[test]
fn a_capture_that_fails_leaves_nothing_behind() {
    assert_eq!(run(env!("CARGO_BIN_EXE_failures"), &[], &[]), "all refused\n");
}

#[test]
fn no_block_looks_lost_while_threads_allocate() {
    assert_eq!(run(env!("CARGO_BIN_EXE_load"), &["30", "8", "mixed"], &[]), "0\n");
}

#[test]
fn no_box_looks_lost_while_its_vector_is_reallocated() {
    assert_eq!(run(env!("CARGO_BIN_EXE_load"), &["100", "4", "guarded"], &[]), "0\n");
    let wrong = run(env!("CARGO_BIN_EXE_load"), &["40", "4", "unguarded"], &[]);
    assert_ne!(wrong, "0\n", "a thread that is stopped in a reallocation");
}

#[test]
fn a_label_goes_with_its_block_and_no_figure_changes() {
    assert_eq!(run(env!("CARGO_BIN_EXE_labels"), &[], &[]), "all right\n");
}

#[test]
fn a_block_has_the_size_that_was_asked_for() {
    assert_eq!(run(env!("CARGO_BIN_EXE_block_sizes"), &[], &[]), "all right\n");
}

#[test]
fn a_capture_fails_where_the_system_sets_a_limit_and_the_program_goes_on() {
    for limit in ["disk", "memory", "processes"] {
        assert_eq!(run(env!("CARGO_BIN_EXE_limits"), &[limit], &[]), "refused\n", "{limit}");
    }
}

#[test]
fn two_threads_do_not_capture_at_once() {
    assert_eq!(run(env!("CARGO_BIN_EXE_limits"), &["turns"], &[]), "refused\n");
}

#[test]
fn an_older_kernel_lacks_calls_and_captures() {
    assert_eq!(run(env!("CARGO_BIN_EXE_limits"), &["kernel"], &[]), "captured\n");
}

#[test]
fn what_is_lost_and_what_is_held_is_known_under_load() {
    let printed = run(env!("CARGO_BIN_EXE_planted"), &["10", "8"], &[]);
    let missed =
        printed.strip_prefix("0 of 1700 ").and_then(|rest| rest.strip_suffix(" of 1200\n"));
    let missed = missed.and_then(|missed| missed.parse::<usize>().ok());
    // A stale word of a stack may lead to a few, in each of the captures.
    assert!(missed.is_some_and(|missed| missed <= 50), "{printed}");
}

#[test]
fn blocks_of_equal_contents_are_found_on_demand() {
    let printed = run(env!("CARGO_BIN_EXE_duplicates"), &[], &[]);
    // Behind the line, or where that is not known the address.
    let figures = ": 297 copies of 3 values, 290.3 KiB to spare\n";
    assert!(printed.starts_with("text at ") && printed.ends_with(figures), "{printed}");
}

/// The shared library that cargo has put beside the tests.
fn library() -> String {
    let own = std::env::current_exe().expect("the path of this test");
    own.with_file_name("libkeeper.so").to_str().expect("a text").to_owned()
}

#[test]
fn a_library_holds_blocks_until_it_is_unloaded() {
    assert_eq!(run(env!("CARGO_BIN_EXE_library"), &[&library()], &[]), "held and lost\n");
}

#[test]
fn a_library_that_is_loaded_late_captures_threads_that_allocate() {
    assert_eq!(run(env!("CARGO_BIN_EXE_late"), &["100", &library()], &[]), "all captured\n");
}

#[test]
fn what_tasks_of_tokio_and_threads_of_rayon_hold_is_held() {
    assert_eq!(run(env!("CARGO_BIN_EXE_services"), &[], &[]), "all held\n");
}

#[test]
fn memory_full_of_stale_words_makes_no_large_file() {
    assert_eq!(run(env!("CARGO_BIN_EXE_stale"), &[], &[]), "few words\n");
}
