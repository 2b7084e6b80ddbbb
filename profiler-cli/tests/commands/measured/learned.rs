//! The second run of a target leaves out what cost much and showed nothing in the first.

use super::project::Project;

const MAIN: &str = "\
fn digit(text: &[u8], at: usize) -> u8 {
    let digit = *text.get(at % text.len()).unwrap();
    digit.wrapping_sub(b'0')
}
fn sum(text: &[u8], count: usize) -> Vec<u8> {
    let mut sum = 0_u8;
    for at in 0..count {
        sum = sum.wrapping_add(digit(text, at));
    }
    vec![sum; 300]
}
fn main() {
    let kept = sum(b\"12345\", 100_001);
    println!(\"{}\", kept[0]);
    std::mem::forget(kept);
}
";

#[test]
fn hot_functions_without_memory_are_left_out_of_the_next_run() {
    let project = Project::new("learned", &[("src/main.rs", MAIN)]);
    let note = "note: left out 1 function with lines that ran more than 100000 times and never touched \
                memory; --all-functions measures all\n";
    let all = ["learned::digit", "learned::sum", "learned::main"];
    let held = ["learned::sum src/main.rs:10 300", "learned::main src/main.rs:13 300"];

    let first = project.run(&[]).ended(0);
    assert_eq!(
        (first.functions(), &first.increments()[..2]),
        (all.to_vec(), &held.map(String::from)[..])
    );
    assert!(!first.stderr.contains("left out"), "{}", first.stderr);
    let second = project.run(&[]).ended(0);
    assert_eq!((second.functions(), second.increments()), (all[1..].to_vec(), first.increments()));
    assert_eq!(second.stdout, first.stdout);
    assert!(second.stderr.contains(note), "{}", second.stderr);

    // It stays left out, and nothing is built for that.
    let third = project.run(&[]).ended(0);
    assert_eq!(third.functions(), all[1..]);
    assert!(third.stderr.contains(note) && !third.stderr.contains("Compiling"), "{}", third.stderr);
    // Unless somebody asks for it, or it has changed.
    assert_eq!(project.run(&["--lines", "*::digit"]).ended(0).functions(), all[..1]);
    project.write("src/main.rs", &MAIN.replace("b'0')", "b'1')"));
    assert_eq!(project.run(&[]).ended(0).functions(), all);
    let asked = project.run(&["--all-functions"]).ended(0);
    assert_eq!(asked.functions(), all);
    assert!(!asked.stderr.contains("left out"), "{}", asked.stderr);
}
