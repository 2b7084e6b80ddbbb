//! `run --account`: a program whose sources know nothing of it.

use super::project::Project;

const PROGRAM: &str = r#"
fn index() -> Vec<String> {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for number in 0..100_000 {
        let text = format!("{number:0200}");
        if number % 20 == 0 {
            kept.push(text.clone());
        }
        dropped.push(text);
    }
    kept
}

fn main() {
    std::mem::forget(index());
}
"#;

#[test]
#[ignore = "it builds a runtime of its own: .ci/run account"]
fn the_line_that_pins_pages_is_named_at_the_end() {
    let project = Project::new("pinned", &[("src/main.rs", PROGRAM)]);
    let measured = project.run(&["--quiet", "--account"]);
    assert_eq!(measured.code, Some(0), "{}", measured.stderr);
    let pins = measured.stderr.lines().find(|line| line.contains("src/main.rs:7  "));
    let pins = pins.unwrap_or_else(|| panic!("{}", measured.stderr));
    assert!(pins.ends_with(" in 5,001 blocks"), "{pins}");
    assert!(measured.stderr.contains("the blocks of src/main.rs:7 would leave "));
}
