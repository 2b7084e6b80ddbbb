//! Renders verdicts: as text, as annotations for GitHub Actions, and as a job summary.

use mem_profile_format::report::{self, Unit};

use super::comparison;
use crate::check::{Breach, Verdict};
use crate::compare::Ranking;

const RED: &str = "\u{1b}[1;31m";
const RESET: &str = "\u{1b}[0m";
const PRECISION: usize = 1;

/// Slightly below GitHub's limit.
const LARGEST_SUMMARY: usize = 900 << 10;

/// Each exceeded limit with its line, and the total.
pub(crate) fn text(verdict: &Verdict) -> String {
    let mut text = String::new();
    for breach in &verdict.breaches {
        let Breach { file, line, function, source, .. } = breach;
        let place = report::printable(&format!("{file}:{line} in {function}"));
        text.push_str(&format!("{RED}exceeded{RESET}: {place}: {}\n", sentence(breach)));
        if !source.trim().is_empty() {
            text.push_str(&format!("    {}\n", report::printable_line(source.trim())));
        }
    }
    for note in &verdict.notes {
        text.push_str(&format!("note: {}\n", report::printable(note)));
    }
    text + &format!("mem-profile: {}\n", total(verdict))
}

/// Workflow commands that mark lines in a pull request.
pub(crate) fn annotations(verdict: &Verdict) -> String {
    let mut text = String::new();
    for breach in &verdict.breaches {
        let file = escaped(&breach.file, true);
        let title = escaped(&format!("mem-profile: {} exceeded", breach.measure.name()), true);
        let message = escaped(&format!("{}: {}", breach.function, sentence(breach)), false);
        let line = breach.line;
        text.push_str(&format!("::error file={file},line={line},title={title}::{message}\n"));
    }
    text
}

/// A page in Markdown: exceeded limits, then all changes.
pub(crate) fn summary(verdict: &Verdict, ranking: Option<&Ranking>) -> String {
    let mut text = format!("### mem-profile: {}\n\n", total(verdict));
    if !verdict.breaches.is_empty() {
        text.push_str("| Line | Function | Figure | Limit | Line Contents |\n");
        text.push_str("| :--- | :--- | ---: | ---: | :--- |\n");
    }
    for breach in &verdict.breaches {
        let (figure, limit) = sizes(breach);
        let place = report::markdown_cell(&format!("{}:{}", breach.file, breach.line));
        let function = report::markdown_cell(&breach.function);
        let source = report::markdown_cell(breach.source.trim());
        let name = breach.measure.name();
        text.push_str(&format!(
            "| {place} | {function} | {name} {figure} | {limit} | {source} |\n"
        ));
    }
    for note in &verdict.notes {
        text.push_str(&format!("\n{}\n", report::markdown_prose(note)));
    }
    if let Some(ranking) = ranking {
        let style = report::Style { unit: Unit::Auto, precision: PRECISION, ..Default::default() };
        text.push_str(&format!("\n{}", comparison::markdown(ranking, &style)));
    }
    shortened(text, LARGEST_SUMMARY)
}

fn sentence(breach: &Breach) -> String {
    let (figure, limit) = sizes(breach);
    let mut text = format!("{} {figure}, limit {limit}", breach.measure.name());
    if let Some(baseline) = breach.baseline {
        let baseline = breach.measure.format(baseline, Unit::Auto, PRECISION);
        text.push_str(&format!(", baseline {baseline}"));
    }
    text
}

/// Figure and limit, in bytes if they look the same otherwise.
fn sizes(breach: &Breach) -> (String, String) {
    let shown = |figure, unit| breach.measure.format(figure, unit, PRECISION);
    let pair = |unit| (shown(breach.figure, unit), shown(breach.limit, unit));
    let (figure, limit) = pair(Unit::Auto);
    if figure == limit { pair(Unit::Byte) } else { (figure, limit) }
}

fn total(verdict: &Verdict) -> String {
    match (verdict.breaches.len(), verdict.judged) {
        (0, judged) => format!("all {judged} figures are within their limits"),
        (1, judged) => format!("1 of {judged} figures is over its limit"),
        (count, judged) => format!("{count} of {judged} figures are over their limits"),
    }
}

/// Escapes text for a workflow command.
fn escaped(text: &str, is_property: bool) -> String {
    let text = report::printable(text).replace('%', "%25");
    if is_property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

/// Truncates a page after a line, with a note.
fn shortened(mut text: String, bytes: usize) -> String {
    const NOTE: &str = "\nThe rest is omitted, since the page would be too long.\n";
    if text.len() > bytes {
        let room = &text.as_bytes()[..bytes - NOTE.len()];
        let end = room.iter().rposition(|&byte| byte == b'\n').map_or(0, |line| line + 1);
        text.truncate(end);
        text.push_str(NOTE);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Change;
    use crate::figures::Measure;

    fn verdict() -> Verdict {
        let breach = |line, measure, figure, limit, baseline| Breach {
            function: "shop::load".into(),
            file: "src/a,b.rs".into(),
            line,
            source: "    audit.push(a | b);".into(),
            measure,
            figure,
            limit,
            baseline,
        };
        let breaches = vec![
            breach(12, Measure::Increment, 4_000_000, 65_536, Some(0)),
            breach(13, Measure::Peak, 1_048_577, 1_048_576, None),
            Breach { source: String::new(), ..breach(9, Measure::Allocs, 12, 11, Some(10)) },
        ];
        Verdict { breaches, judged: 42, ..Verdict::default() }
    }

    #[test]
    fn text_of_a_verdict() {
        insta::assert_snapshot!(text(&verdict()).replace('\u{1b}', "␛"), @"
        ␛[1;31mexceeded␛[0m: src/a,b.rs:12 in shop::load: increment 3.8 MiB, limit 64.0 KiB, baseline 0 B
            audit.push(a | b);
        ␛[1;31mexceeded␛[0m: src/a,b.rs:13 in shop::load: peak 1048577 B, limit 1048576 B
            audit.push(a | b);
        ␛[1;31mexceeded␛[0m: src/a,b.rs:9 in shop::load: allocs 12, limit 11, baseline 10
        mem-profile: 3 of 42 figures are over their limits
        ");
        let kept = Verdict { judged: 7, ..Verdict::default() };
        insta::assert_snapshot!(text(&kept), @"mem-profile: all 7 figures are within their limits");
    }

    #[test]
    fn annotations_are_escaped() {
        let mut verdict = verdict();
        verdict.breaches[1].function = "100%\n::error::x".into();
        insta::assert_snapshot!(annotations(&verdict), @r"
        ::error file=src/a%2Cb.rs,line=12,title=mem-profile%3A increment exceeded::shop::load: increment 3.8 MiB, limit 64.0 KiB, baseline 0 B
        ::error file=src/a%2Cb.rs,line=13,title=mem-profile%3A peak exceeded::100%25\u{a}::error::x: peak 1048577 B, limit 1048576 B
        ::error file=src/a%2Cb.rs,line=9,title=mem-profile%3A allocs exceeded::shop::load: allocs 12, limit 11, baseline 10
        ");
    }

    #[test]
    fn summary_of_a_verdict() {
        let ranking =
            Ranking { shown: vec![], measure: Measure::Increment, grew: 0, shrank: 0, same: 3 };
        insta::assert_snapshot!(summary(&verdict(), Some(&ranking)), @r"
        ### mem-profile: 3 of 42 figures are over their limits

        | Line | Function | Figure | Limit | Line Contents |
        | :--- | :--- | ---: | ---: | :--- |
        | `src/a,b.rs:12` | `shop::load` | increment 3.8 MiB | 64.0 KiB | `audit.push(a \| b);` |
        | `src/a,b.rs:13` | `shop::load` | peak 1048577 B | 1048576 B | `audit.push(a \| b);` |
        | `src/a,b.rs:9` | `shop::load` | allocs 12 | 11 |  |

        mem-profile: by increment, 0 grew, 0 shrank and 3 did not change
        ");
    }

    #[test]
    fn a_summary_is_cut_after_a_line() {
        let change = Change {
            function: "ü".repeat(1000),
            file: String::new(),
            line: 1,
            moved_from: None,
            source: String::new(),
            note: None,
            before: None,
            after: None,
        };
        let shown = vec![change; 1000];
        let ranking =
            Ranking { shown, measure: Measure::Increment, grew: 1000, shrank: 0, same: 0 };
        let text = summary(&verdict(), Some(&ranking));
        assert!(text.len() <= 900 << 10 && text.len() > 890 << 10, "{}", text.len());
        let last: Vec<_> = text.lines().rev().take(3).collect();
        assert_eq!(last[..2], ["The rest is omitted, since the page would be too long.", ""]);
        assert!(last[2].ends_with("|  |"), "{}", last[2]);
    }
}
