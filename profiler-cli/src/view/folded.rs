//! Renders folded stacks for flame-graph tools: functions and their lines, with a figure.

use anyhow::Result;
use mem_profile_format::{Snapshot, report};

use super::frames::{self, Frame};
use crate::figures::Own;

/// All stacks that hold anything. The figures add up to the total of the process.
///
/// # Errors
/// If the recording does not say which lines hold its memory.
pub(crate) fn render(snapshot: &Snapshot, measure: Own) -> Result<String> {
    let statements = frames::Statements::of(snapshot);
    let frames = frames::of(snapshot, &statements)?;
    let names: Vec<String> = frames.iter().map(name).collect();
    let mut text = String::new();
    for (at, frame) in frames.iter().enumerate() {
        let figure = measure.of(&frame.own);
        if figure > 0 {
            let below = std::iter::successors(Some(at), |&at| frames[at].below);
            let mut stack: Vec<_> = below.map(|at| names[at].as_str()).collect();
            stack.reverse();
            text.push_str(&format!("{} {figure}\n", stack.join(";")));
        }
    }
    Ok(text)
}

fn name(frame: &Frame) -> String {
    let (path, source) = (frame.place.path(), frame.place.source());
    report::folded_frame(&format!("{path} {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn folded_lines() {
        insta::assert_snapshot!(render(&sample::by_line(), Own::AtPeak).unwrap(), @r#"
        leak::process;examples/leak.rs:35 let text = "x".repeat(100_000) 100000000
        leak::process;examples/leak.rs:36 kept.push(text) 50000
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,") 100000
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,");audit::log;src/text.rs:21 format!("{:>300000000}", 1) 300000000
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,");audit::log;src/text.rs:21 format!("{:>300000000}", 1);text::parse;[recursion];src/text.rs:6 let words: Vec<&str> = text.split(' ').collect() 24000
        [outside of measured functions] 1200
        "#);
        insta::assert_snapshot!(render(&sample::by_line(), Own::Allocs).unwrap(), @r#"
        leak::process;examples/leak.rs:35 let text = "x".repeat(100_000) 1000
        leak::process;examples/leak.rs:36 kept.push(text) 1
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,") 1
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,");text::parse;src/text.rs:6 let words: Vec<&str> = text.split(' ').collect() 6
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,");audit::log;src/text.rs:21 format!("{:>300000000}", 1) 5000
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,");audit::log;src/text.rs:21 format!("{:>300000000}", 1);text::parse;[recursion];src/text.rs:6 let words: Vec<&str> = text.split(' ').collect() 3
        [outside of measured functions] 12
        "#);
    }
}
