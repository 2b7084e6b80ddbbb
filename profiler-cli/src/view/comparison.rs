//! Renders comparisons, largest growth first.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use mem_profile_format::report::{self, Style};

use crate::compare::{Change, Ranking};
use crate::figures::Measure;

const TITLES: [&str; 5] = ["Growth", "Before", "After", "Line", "Function"];
const SOURCE: &str = "Line Contents";

/// Longest place or function, in columns: every row is padded to the longest.
const LONGEST_WORD: usize = 300;
/// Longest source, in columns: generated code may have a whole file on one line.
const LONGEST_SOURCE: usize = 10_000;

/// Header row and rule.
const HEADER_LINES: usize = 2;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const RESET: &str = "\u{1b}[0m";

/// A table as text.
pub(crate) fn text(ranking: &Ranking, style: &Style) -> String {
    let mut text = String::new();
    for (index, line) in table_lines(ranking, style).iter().enumerate() {
        let change = index.checked_sub(HEADER_LINES).and_then(|row| ranking.shown.get(row));
        text.push_str(&painted(line, change, ranking.measure, style));
        text.push('\n');
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for (function, note) in notes(ranking) {
        text.push_str(&report::printable(&format!("Note: {function}: {note}")));
        text.push('\n');
    }
    text + &summary(ranking) + "\n"
}

/// The notes on the functions that are shown.
fn notes(ranking: &Ranking) -> BTreeSet<(&str, &str)> {
    let shown = ranking.shown.iter();
    shown.filter_map(|change| Some((&*change.function, change.note.as_deref()?))).collect()
}

fn table_lines(ranking: &Ranking, style: &Style) -> Vec<String> {
    if ranking.shown.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = layout(ranking, style).lines().collect();
    // Functions have no source.
    if ranking.shown.iter().any(|change| !change.source.is_empty()) {
        let sources =
            ranking.shown.iter().map(|change| shown(change.source.trim(), LONGEST_SOURCE));
        lines[0] += &format!("   {SOURCE}");
        for (line, source) in lines.iter_mut().skip(HEADER_LINES).zip(sources) {
            *line += &format!("   {source}");
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    // As wide as the titles, since source lines may be long.
    lines[1] = "=".repeat(lines[0].len());
    if let Some(width) = style.width {
        lines.iter_mut().for_each(|line| *line = report::cut(line, width));
    }
    lines
}

/// All columns except the source, which would be padded to its longest line.
fn layout(ranking: &Ranking, style: &Style) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('=').junction('=');
    table
        .load_style(TableStyle::new().header_separator(rule))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(TITLES);
    for change in &ranking.shown {
        let words = [&place(change), &change.function].map(|word| shown(word, LONGEST_WORD));
        table.add_row(numbers(change, ranking.measure, style).into_iter().chain(words));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let is_number = index < 3;
        column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        column.set_cell_alignment(match is_number {
            true => CellAlignment::Right,
            false => CellAlignment::Left,
        });
    }
    table
}

fn shown(text: &str, columns: usize) -> String {
    report::cut(&report::printable(text), columns)
}

fn painted(line: &str, change: Option<&Change>, measure: Measure, style: &Style) -> String {
    match change.map(|change| change.growth(measure).signum()) {
        Some(1) if style.color => format!("{RED}{line}{RESET}"),
        Some(-1) if style.color => format!("{GREEN}{line}{RESET}"),
        _ => line.to_owned(),
    }
}

/// A table in Markdown.
pub(crate) fn markdown(ranking: &Ranking, style: &Style) -> String {
    let mut text = String::new();
    if !ranking.shown.is_empty() {
        text.push_str(&format!("| {} | {SOURCE} |\n", TITLES.join(" | ")));
        text.push_str("| ---: | ---: | ---: | :--- | :--- | :--- |\n");
    }
    for change in &ranking.shown {
        let [growth, before, after] = numbers(change, ranking.measure, style);
        let code = [&place(change), &change.function, change.source.trim()];
        let [place, function, source] = code.map(report::markdown_cell);
        text.push_str(&format!(
            "| {growth} | {before} | {after} | {place} | {function} | {source} |\n"
        ));
    }
    if !ranking.shown.is_empty() {
        text.push('\n');
    }
    for (function, note) in notes(ranking) {
        let note = report::markdown_prose(note);
        text.push_str(&format!("{}: {note}\n\n", report::markdown_cell(function)));
    }
    text + &summary(ranking) + "\n"
}

/// All figures of every change; sizes in bytes.
pub(crate) fn json(ranking: &Ranking) -> String {
    // Serializing cannot fail: it is plain data with string keys.
    report::json_printable(&serde_json::to_string(&ranking.shown).unwrap_or_default()) + "\n"
}

/// One row per change; sizes in bytes.
pub(crate) fn csv(ranking: &Ranking) -> String {
    let mut text = "growth,before,after,file,line,moved_from,function,note,source\n".to_owned();
    let number = |figure: Option<i128>| figure.map(|it| it.to_string()).unwrap_or_default();
    for change in &ranking.shown {
        let measure = ranking.measure;
        let fields = [
            change.growth(measure).to_string(),
            number(change.before.map(|_| change.figure_before(measure))),
            number(change.after.map(|_| change.figure_after(measure))),
            report::csv_field(&change.file).into_owned(),
            change.line.to_string(),
            number(change.moved_from.map(i128::from)),
            report::csv_field(&change.function).into_owned(),
            report::csv_field(change.note.as_deref().unwrap_or_default()).into_owned(),
            report::csv_field(&change.source).into_owned(),
        ];
        text.push_str(&(fields.join(",") + "\n"));
    }
    text
}

/// Growth with its sign, before, after.
fn numbers(change: &Change, measure: Measure, style: &Style) -> [String; 3] {
    let shown = |figure| measure.format(figure, style.unit, style.precision);
    let growth = change.growth(measure);
    let sign = if growth > 0 { "+" } else { "" };
    [
        format!("{sign}{}", shown(growth)),
        change.before.map_or("new".into(), |_| shown(change.figure_before(measure))),
        change.after.map_or("gone".into(), |_| shown(change.figure_after(measure))),
    ]
}

fn place(change: &Change) -> String {
    match change.moved_from {
        Some(from) => format!("{}:{} (was {from})", change.file, change.line),
        None => format!("{}:{}", change.file, change.line),
    }
}

fn summary(ranking: &Ranking) -> String {
    let Ranking { grew, shrank, same, .. } = ranking;
    let mut text = format!(
        "mem-profile: by {}, {grew} grew, {shrank} shrank and {same} did not change",
        ranking.measure.name(),
    );
    if ranking.shown.len() < grew + shrank {
        text.push_str(&format!("; shown: {}", ranking.shown.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use mem_profile_format::report::Unit;

    use super::*;
    use crate::figures::Figures;

    fn changes() -> Vec<Change> {
        let figures = |increment| {
            Some(Figures { increment: Some(increment), occurrences: Some(1), ..Figures::default() })
        };
        let change = |line, source: &str, before, after| Change {
            function: "shop::load".into(),
            file: "src/shop.rs".into(),
            line,
            moved_from: None,
            source: source.into(),
            note: None,
            before,
            after,
        };
        vec![
            change(12, "    audit.push(a | b);", None, figures(4_000_000)),
            Change {
                moved_from: Some(19),
                ..change(20, "\tlet text = \"`,\";", figures(1_048_576), figures(1_600_000))
            },
            change(30, "    old();", figures(2_097_152), None),
        ]
    }

    fn rendered(render: impl Fn(&Ranking) -> String) -> String {
        let measure = Measure::Increment;
        render(&Ranking { shown: changes(), measure, grew: 2, shrank: 1, same: 7 })
    }

    #[test]
    fn text_of_changes() {
        let style = Style { color: true, ..Style::default() };
        let text = rendered(|ranking| text(ranking, &style)).replace('\u{1b}', "␛");
        insta::assert_snapshot!(text, @r#"
            Growth      Before       After   Line                      Function     Line Contents
        =========================================================================================
        ␛[31m+3.815 MiB         new   3.815 MiB   src/shop.rs:12            shop::load   audit.push(a | b);␛[0m
        ␛[31m+0.526 MiB   1.000 MiB   1.526 MiB   src/shop.rs:20 (was 19)   shop::load   let text = "`,";␛[0m
        ␛[32m-2.000 MiB   2.000 MiB        gone   src/shop.rs:30            shop::load   old();␛[0m

        mem-profile: by increment, 2 grew, 1 shrank and 7 did not change
        "#);
    }

    #[test]
    fn text_is_cut_to_the_terminal() {
        let style = Style { width: Some(60), unit: Unit::Auto, precision: 1, ..Style::default() };
        insta::assert_snapshot!(rendered(|ranking| text(ranking, &style)), @"
            Growth    Before     After   Line                      …
        ===========================================================…
          +3.8 MiB       new   3.8 MiB   src/shop.rs:12            …
        +538.5 KiB   1.0 MiB   1.5 MiB   src/shop.rs:20 (was 19)   …
          -2.0 MiB   2.0 MiB      gone   src/shop.rs:30            …

        mem-profile: by increment, 2 grew, 1 shrank and 7 did not change
        ");
    }

    #[test]
    fn markdown_of_changes() {
        let style = Style::default();
        insta::assert_snapshot!(rendered(|ranking| markdown(ranking, &style)), @r#"
        | Growth | Before | After | Line | Function | Line Contents |
        | ---: | ---: | ---: | :--- | :--- | :--- |
        | +3.815 MiB | new | 3.815 MiB | `src/shop.rs:12` | `shop::load` | `audit.push(a \| b);` |
        | +0.526 MiB | 1.000 MiB | 1.526 MiB | `src/shop.rs:20 (was 19)` | `shop::load` | ``let text = "`,";`` |
        | -2.000 MiB | 2.000 MiB | gone | `src/shop.rs:30` | `shop::load` | `old();` |

        mem-profile: by increment, 2 grew, 1 shrank and 7 did not change
        "#);
    }

    #[test]
    fn csv_of_changes() {
        insta::assert_snapshot!(rendered(csv), @r#"
        growth,before,after,file,line,moved_from,function,note,source
        4000000,,4000000,src/shop.rs,12,,shop::load,,    audit.push(a | b);
        551424,1048576,1600000,src/shop.rs,20,19,shop::load,,"'	let text = ""`,"";"
        -2097152,2097152,,src/shop.rs,30,,shop::load,,    old();
        "#);
    }

    #[test]
    fn json_of_changes() {
        insta::assert_snapshot!(rendered(json).replace('{', "\n{"), @r#"
        [
        {"function":"shop::load","file":"src/shop.rs","line":12,"moved_from":null,"source":"    audit.push(a | b);","before":null,"after":
        {"increment":4000000,"peak":null,"allocated":null,"allocations":null,"occurrences":1,"at_peak":null,"live":null}},
        {"function":"shop::load","file":"src/shop.rs","line":20,"moved_from":19,"source":"\tlet text = \"`,\";","before":
        {"increment":1048576,"peak":null,"allocated":null,"allocations":null,"occurrences":1,"at_peak":null,"live":null},"after":
        {"increment":1600000,"peak":null,"allocated":null,"allocations":null,"occurrences":1,"at_peak":null,"live":null}},
        {"function":"shop::load","file":"src/shop.rs","line":30,"moved_from":null,"source":"    old();","before":
        {"increment":2097152,"peak":null,"allocated":null,"allocations":null,"occurrences":1,"at_peak":null,"live":null},"after":null}]
        "#);
    }

    #[test]
    fn nothing_changed() {
        let measure = Measure::Peak;
        let none = Ranking { shown: vec![], measure, grew: 0, shrank: 0, same: 9 };
        insta::assert_snapshot!(text(&none, &Style::default()), @"mem-profile: by peak, 0 grew, 0 shrank and 9 did not change");
        assert_eq!(markdown(&none, &Style::default()), text(&none, &Style::default()));
    }
}
