//! What is said of the figures, and whether others can read it.

use crate::run::{printed, program, run, text};

#[test]
fn every_figure_is_exact() {
    assert_eq!(printed(&mut program!("figures")), "right\n");
}

#[test]
fn a_variable_is_enough_for_a_report_at_the_end() {
    let output = run(program!("places", "around").env("MEM_PROFILE_TRACE", "1"));
    let text = text(&output.stderr);
    for part in ["mem-profile trace: ", "Alive, by line\n", "At the peak, by line\n"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("raw_vec.rs"), "{text}");
}

#[test]
fn a_variable_is_enough_for_a_sample() {
    let output = run(program!("places", "threads").env("MEM_PROFILE_TRACE", "sample"));
    let note = "note: a sample of one hit in 65536 bytes: all figures are estimates\n";
    assert!(text(&output.stderr).contains(note), "{}", text(&output.stderr));
}

#[test]
fn lines_of_annotated_functions_say_what_is_alive() {
    let output = run(program!("lines").env("MEM_PROFILE_FORMAT", "table"));
    assert_eq!(text(&output.stdout), "right\n", "{}", text(&output.stderr));
    let titles = "Line #    Mem usage    Increment         Peak         Live  Allocs";
    assert_eq!(text(&output.stderr).matches(titles).count(), 5, "a table each");
}
