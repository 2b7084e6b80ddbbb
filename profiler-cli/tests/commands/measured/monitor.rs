//! `run --monitor`: a program whose sources know nothing of it.

use mem_profile_monitor::flight::{End, Occasion};
use mem_profile_monitor::last_run;

use super::project::Project;

const PROGRAM: &str = r#"
fn fill(kept: &mut Vec<Vec<u8>>) {
    kept.push(vec![1; 1 << 20]);
}

fn main() {
    let mut kept = Vec::new();
    for _ in 0..40 {
        fill(&mut kept);
    }
    std::thread::sleep(std::time::Duration::from_secs(3));
}
"#;

#[test]
#[ignore = "it builds a runtime of its own: .ci/run monitor_command"]
fn a_monitor_names_the_line_that_holds_the_memory() {
    let project = Project::new("monitored", &[("src/main.rs", PROGRAM)]);
    let measured = project.run(&["--quiet", "--monitor=above=32MiB,interval=1s"]);
    assert_eq!(measured.code, Some(0), "{}", measured.stderr);
    let mut lines = measured.stderr.lines();
    let first = lines.next().unwrap_or_default();
    assert!(first.starts_with("mem-profile: warning: monitored ("), "{}", measured.stderr);
    assert!(first.contains(" MiB, above 32.0 MiB, limit "), "{first}");
    let named = "  src/main.rs:3 monitored::fill +40.0 MiB, holds 40.0 MiB";
    assert_eq!(lines.next(), Some(named), "{}", measured.stderr);
}

#[test]
#[ignore = "it builds a runtime of its own: .ci/run monitor_command"]
fn a_flight_recorder_names_the_line_that_held_the_memory() {
    let project = Project::new("flown", &[("src/main.rs", PROGRAM)]);
    let measured = project.run(&["--quiet", "--flight", "kept"]);
    assert_eq!((measured.code, measured.stderr.as_str()), (Some(0), ""));
    let run = last_run(&project.folder.join("kept")).unwrap();
    // From one mark to the next one it grows by 16 MiB.
    let line = &run.lines[0];
    assert_eq!((run.end, &*line.site), (End::Well, "src/main.rs:3"), "{}", run.text());
    assert!(line.function == "flown::fill" && line.bytes >= 24 << 20, "{}", run.text());
    assert!(run.curve.len() >= 3 && run.occasion == Some(Occasion::High), "{}", run.text());
}
