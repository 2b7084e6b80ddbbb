//! Places in which a tracer goes wrong.

use crate::run::{folder, printed, program, run};

#[test]
fn threads_are_traced_to_their_very_end() {
    let text = printed(&mut program!("places", "threads"));
    // Blocks after the locals are counted without a stack, but are counted.
    let expected = "(10000, 10)\n";
    assert!(text.starts_with(&expected.replace('\n', " ")), "{text}");
    let sum = 10 * (1000 + 50 + 20);
    let all: i64 = text.split([' ', '\n']).nth(2).and_then(|n| n.parse().ok()).expect("a sum");
    assert!(all >= sum, "{text}");
    assert_eq!(text.lines().nth(1), Some("10 10"), "twice five threads of each name: {text}");
}

#[test]
fn a_forked_child_stops_and_may_start_again() {
    assert_eq!(printed(&mut program!("places", "fork")), "Some(5) (110, 2)\n");
}

#[test]
#[cfg_attr(mem_profile_fallback, ignore = "who comes and goes between snapshots is not known")]
fn a_library_may_take_the_place_of_another() {
    let own = std::env::current_exe().expect("the path of this test");
    let library = own.with_file_name("librelay.so");
    let copies = ["one.so", "two.so"].map(|name| folder("libraries").join(name));
    copies.iter().for_each(|copy| _ = std::fs::copy(&library, copy).expect("a copy"));
    let text = printed(&mut program!("places", "library", &copies[0], &copies[1]));
    assert_eq!(text, "(600, 2) 600 true\n[]\n");
}

#[test]
fn a_handler_on_a_stack_of_its_own_has_its_callers() {
    let text = printed(&mut program!("places", "alternate"));
    assert!(text.starts_with("(4000, 10) (4000, 10)\n"), "{text}");
}

#[test]
fn a_coroutine_may_go_with_its_stack() {
    let text = printed(&mut program!("places", "coroutine"));
    let (held, kept) = text.trim().rsplit_once(' ').expect("two");
    assert_eq!(held, format!("({kept}, 20)"));
}

#[test]
fn a_handler_of_a_full_stack_may_allocate() {
    let status = run(&mut program!("places", "overflow")).status;
    assert_eq!(status.code(), Some(7), "{status}");
}

#[test]
fn before_and_after_main_is_traced() {
    assert_eq!(printed(&mut program!("places", "around")), "1234 (4321, 1)\n");
}

#[test]
fn signals_interrupt_the_tracer_and_blocks_lie_close() {
    let output = run(&mut program!("bump"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, "true true true\n", "{}", String::from_utf8_lossy(&output.stderr));
}
