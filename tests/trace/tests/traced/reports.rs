//! The reports of the figures, and whether other tools can read them.

use crate::run::{printed, program, report, run, text};

#[test]
fn every_figure_is_exact() {
    assert_eq!(printed(&mut program!("figures")), "right\n");
}

#[test]
fn a_variable_is_enough_for_a_report_at_the_end() {
    let output = run(program!("places", "around").env("MEM_PROFILE_TRACE", "1"));
    let text = report(&output);
    for part in ["mem-profile trace: ", "Alive, by line\n", "At the peak, by line\n"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("raw_vec.rs"), "{text}");
}

/// The bytes that the report says are alive, and the bytes of the lines that it lists as alive.
fn alive(how: &str) -> (u64, u64, String) {
    let output = run(program!("places", "around").env("MEM_PROFILE_TRACE", how));
    let text = report(&output);
    let bytes = |figure: &str| match figure.split_once(' ').unwrap() {
        (number, "B") => number.parse::<u64>().unwrap(),
        _ => panic!("{figure} is rounded"),
    };
    let between = |start: &str, end: &str| {
        let (_, rest) = text.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let all = bytes(&between("mem-profile trace: ", " alive"));
    let lines = between("Alive, by line\n", "\n\n");
    let listed = lines.lines().map(|line| line.split("size=").nth(1).unwrap().split(',').next());
    (all, listed.map(|figure| bytes(figure.unwrap())).sum(), text)
}

#[test]
fn what_was_there_before_main_is_listed_where_it_is_asked_for() {
    let (all, listed, text) = alive("1");
    let note = format!(
        "note: {} B that the standard library holds since before `main` are not listed; \
         MEM_PROFILE_TRACE=all or `Snapshot::with_start_up` lists them\n",
        all - listed
    );
    assert!(all > listed && text.contains(&note), "{text}");
    let (all, listed, text) = alive("all");
    assert_eq!(all, listed, "{text}");
    assert!(!text.contains("before `main`"), "{text}");
}

#[test]
fn a_variable_is_enough_for_a_sample() {
    let output = run(program!("places", "threads").env("MEM_PROFILE_TRACE", "sample"));
    let note = "note: a sample of one hit in 65536 bytes: all figures are estimates\n";
    assert!(text(&output.stderr).contains(note), "{}", text(&output.stderr));
}

#[test]
fn lines_of_annotated_functions_say_what_is_alive() {
    let mut command = program!("lines");
    command.env("MEM_PROFILE_FORMAT", "table").env("MEM_PROFILE_TOP", "all");
    let output = run(&mut command);
    assert_eq!(text(&output.stdout), "right\n", "{}", text(&output.stderr));
    let titles =
        "Line #    Mem usage    Increment         Peak      At peak  Share         Live  Allocs";
    assert_eq!(text(&output.stderr).matches(titles).count(), 5, "a table each");
}
