//! Tests of formats for programs.

use csv::StringRecord;
use mem_profile_format::report::{self, Format, Style};

use super::{check, recordings, with_paths};
use crate::compare::{self, Ranking};
use crate::figures::{Measure, Own};
use crate::recording::Recording;
use crate::view::{comparison, folded, pprof, speedscope};

fn rows(csv: &str) -> Vec<StringRecord> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.records().map(|row| row.expect("each row has as many fields as the first")).collect()
}

/// Asserts that no spreadsheet takes a field for a formula; returns it without the apostrophe.
fn plain(field: &str) -> &str {
    let is_formula = |sign: char| "=+-@\t\r＝".contains(sign);
    assert!(!field.trim_start().starts_with(is_formula), "{field:?}");
    field.strip_prefix('\'').unwrap_or(field)
}

/// Escaped except for tabs.
fn escaped(text: &str) -> String {
    let parts = text.split('\t').map(|part| report::printable(&format!("{part}|")));
    parts
        .map(|part| part.strip_suffix('|').unwrap_or_default().to_owned())
        .collect::<Vec<_>>()
        .join("\t")
}

#[test]
fn csv_has_no_formula_and_is_read_back() {
    for Recording { snapshot, .. } in recordings() {
        let shown = report::render(&snapshot, Format::Csv, &Style::default());
        check("csv", &shown.replace('\t', " "));
        let lines =
            snapshot.functions.iter().flat_map(|it| it.lines.iter().map(move |line| (it, line)));
        for (row, (function, line)) in rows(&shown).iter().zip(lines) {
            assert_eq!(plain(&row[0]), escaped(&function.name));
            assert_eq!(plain(&row[1]), escaped(&function.file));
            assert_eq!(row[4].parse::<i64>().ok(), line.increment, "numbers stay numbers");
            assert_eq!(plain(&row[12]), escaped(function.note.as_deref().unwrap_or_default()));
            assert_eq!(plain(&row[13]), escaped(&line.source));
        }
    }
}

#[test]
fn comparisons_as_csv_and_json_are_read_back() {
    let mut all = recordings();
    while let (Some(one), Some(other)) = (all.next(), all.next()) {
        let changes = compare::compare(&one.snapshot, &other.snapshot).unwrap();
        let ranking = Ranking::of(compare::lines(changes), Measure::Increment, None);
        let shown = comparison::csv(&ranking);
        check("csv of a comparison", &shown.replace('\t', " "));
        for (row, change) in rows(&shown).iter().zip(&ranking.shown) {
            assert_eq!(row[0].parse::<i128>().unwrap(), change.growth(Measure::Increment));
            assert_eq!(plain(&row[6]), escaped(&change.function));
        }
        let shown = comparison::json(&ranking);
        check("json of a comparison", &shown);
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, serde_json::to_value(&ranking.shown).unwrap());
    }
}

#[test]
fn json_means_what_it_did() {
    for recording in recordings() {
        let shown = report::json_printable(&serde_json::to_string(&recording).unwrap());
        check("json", &shown);
        assert_eq!(serde_json::from_str::<Recording>(&shown).unwrap(), recording);
        let own = report::render(&recording.snapshot, Format::Json, &Style::default());
        check("json of a program", &own);
        assert_eq!(serde_json::from_str::<Recording>(&own).unwrap().snapshot, recording.snapshot);
    }
}

#[test]
fn folded_stacks_have_their_frames_and_one_number() {
    for Recording { snapshot, .. } in recordings() {
        let shown = folded::render(&with_paths(snapshot), Own::Live).unwrap();
        check("folded", &shown);
        let mut frames = Vec::new();
        for line in shown.lines() {
            let (stack, number) = line.rsplit_once(' ').unwrap();
            assert_eq!(number, "100000", "{line}");
            frames.push(stack.split(';').count());
            let before = stack.rsplit(' ').next().unwrap_or_default();
            let is_figure = before.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
            assert!(!is_figure, "a second figure: {line}");
        }
        assert_eq!(frames, [2, 5, 1, 1], "{shown}");
    }
}

#[test]
fn speedscope_reads_the_names_that_were_recorded() {
    for Recording { snapshot, .. } in recordings() {
        let snapshot = with_paths(snapshot);
        let shown = speedscope::render(&snapshot, Own::AtPeak).unwrap();
        check("speedscope", &shown);
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["shared"]["frames"][0]["name"], snapshot.functions[0].name);
    }
}

#[test]
fn coverage_has_a_record_for_each_line() {
    for Recording { snapshot, .. } in recordings() {
        let shown = report::render(&snapshot, Format::Lcov, &Style::default());
        check("lcov", &shown);
        let kinds = [
            "TN:",
            "SF:",
            "FN:",
            "FNDA:",
            "FNF:",
            "FNH:",
            "DA:",
            "LF:",
            "LH:",
            "end_of_record",
            "# ",
        ];
        for line in shown.lines() {
            assert!(kinds.iter().any(|kind| line.starts_with(kind)), "{line}");
        }
        assert_eq!(shown.matches("\nFN:").count(), 2);
    }
}

#[test]
fn pprof_has_texts_that_can_be_shown() {
    for Recording { snapshot, .. } in recordings() {
        let bytes = pprof::render(&with_paths(snapshot), Own::AtPeak).unwrap();
        for text in ["\u{1b}[", "\u{202e}", "\u{200b}", "\u{9b}", "\n\n", "\r\n"] {
            let mut windows = bytes.windows(text.len());
            assert!(!windows.any(|window| window == text.as_bytes()), "{text:?}");
        }
    }
}
