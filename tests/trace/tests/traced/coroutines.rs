//! Stacks that are not the thread's own: coroutines, generators, contexts, handlers of signals.

use crate::run::{printed, program};

/// The output of a scene, which is the same in a sample that takes every block.
fn scene(name: &str) -> String {
    let exact = printed(&mut program!("coroutines", name));
    assert_eq!(printed(&mut program!("coroutines", name, "sampled")), exact);
    exact
}

#[test]
fn frames_of_a_thousand_coroutines_are_those_of_their_resumers_too() {
    let expected = "in_coroutine (700000, 7000)\nin_caller (200000, 2000)\n\
        coroutines::resume (700000, 7000)\ncoroutines::many (900000, 9000)\ncut: false\n";
    assert_eq!(scene("many"), expected);
}

#[test]
fn a_stack_that_was_larger_is_not_read_beyond_its_end() {
    let expected = "in_coroutine (200000, 2000)\nin_caller (10000, 100)\n\
        coroutines::small (210000, 2100)\ncut: false\n";
    assert_eq!(scene("small"), expected);
}

#[test]
fn a_generator_begins_where_its_stack_does() {
    let expected = "in_coroutine (300000, 3000)\nin_caller (300000, 3000)\ncut: false\n";
    assert_eq!(scene("generators"), expected);
}

#[test]
fn a_coroutine_goes_on_in_another_thread() {
    assert_eq!(scene("moved"), "in_coroutine (1000000, 10000)\ncut: false\nmoved: true\n");
}

#[test]
fn a_context_of_the_c_library_has_its_frames() {
    let expected = "in_coroutine (20000, 200)\nin_caller (10000, 100)\ncut: false\n";
    assert_eq!(scene("contexts"), expected);
}

#[test]
#[cfg_attr(mem_profile_fallback, ignore = "the system's unwinder believes what it reads")]
fn a_wrong_call_frame_information_at_the_end_of_a_stack_costs_its_callers_alone() {
    assert_eq!(scene("liars"), "in_coroutine (1200, 12)\ncoroutines::liars (0, 0)\ncut: true\n");
}

#[test]
fn handlers_allocate_on_the_stacks_of_coroutines() {
    assert_eq!(scene("signals"), "in_handler 0 true\nin_coroutine true\n");
}
