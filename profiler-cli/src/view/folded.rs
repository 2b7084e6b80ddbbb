//! Renders folded stacks for flame-graph tools: function, source line and a figure.

use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot, report};

use crate::figures::{Figures, Measure};

/// All lines with a positive figure.
///
/// As in the tables, a line that calls another measured function includes its figures.
pub(crate) fn render(snapshot: &Snapshot, measure: Measure) -> String {
    let mut text = String::new();
    for function in &snapshot.functions {
        for line in function.body_lines() {
            text.push_str(&stack(function, line, measure).unwrap_or_default());
        }
    }
    text
}

/// The stack of a line; `None` unless its figure is positive.
pub(super) fn stack(
    function: &FunctionSnapshot,
    line: &LineSnapshot,
    measure: Measure,
) -> Option<String> {
    let figure = measure.of(&Figures::of_line(line)).filter(|&figure| figure > 0)?;
    let source = line.source.trim().trim_end_matches(';');
    let place = format!("{}:{} {source}", function.file, line.line);
    let [name, place] = [&function.name, &place].map(|text| report::folded_frame(text));
    Some(format!("{name};{place} {figure}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn folded_lines() {
        insta::assert_snapshot!(render(&sample::leak(), Measure::Increment), @r#"
        leak::process;examples/leak.rs:35 let text = "x".repeat(100_000) 100000000
        leak::process;examples/leak.rs:36 kept.push(text) 50000
        text::parse;src/text.rs:6 let words: Vec<&str> = text.split(' ').collect() 48000
        "#);
        insta::assert_snapshot!(render(&sample::leak(), Measure::Allocs), @r#"
        leak::process;examples/leak.rs:35 let text = "x".repeat(100_000) 1000
        leak::process;examples/leak.rs:36 kept.push(text) 1
        leak::process;examples/leak.rs:38 summary(|a| a & "&amp,") 1
        text::parse;src/text.rs:6 let words: Vec<&str> = text.split(' ').collect() 9
        audit::log;src/text.rs:21 format!("{:>300000000}", 1) 5000
        "#);
        assert_eq!(render(&sample::resident(), Measure::Peak), "");
    }
}
