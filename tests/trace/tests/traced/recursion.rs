//! Recursion that is folded, beside the same with whole stacks.

use crate::run::{printed, program};

const SCALE: &str = if cfg!(debug_assertions) { "1" } else { "2" };
const WHOLE: &str = "4294967295";

const WORKS: [&str; 5] = ["builder", "wide", "parser", "display", "closures"];

/// The lines that begin like this, without their beginning.
fn lines<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(start)).collect()
}

fn number(text: &str, name: &str) -> u64 {
    lines(text, name)[0].trim().parse().expect("a number")
}

#[test]
fn folding_changes_no_figure_by_line_function_file_or_crate() {
    for work in WORKS {
        let whole = printed(&mut program!("recursive", work, SCALE, WHOLE));
        assert!(lines(&whole, "note ").is_empty(), "{work}");
        for above in ["0", "4096"] {
            let folded = printed(&mut program!("recursive", work, SCALE, above));
            assert!(lines(&folded, "note ")[0].contains("[recursion]"), "{work}");
            let exact = ["own ", "cumulative function", "cumulative file", "cumulative crate"];
            for part in exact {
                let expected = lines(&whole, part);
                assert!(expected.len() >= 2, "{whole}");
                assert_eq!(lines(&folded, part), expected, "{work} above {above}: {part}");
            }
            never_higher(&lines(&folded, "cumulative line "), &lines(&whole, "cumulative line "));
        }
    }
}

fn never_higher(folded: &[&str], whole: &[&str]) {
    let figures = |line: &str| -> Vec<u64> {
        let figures = line.rsplit_once(": ").expect("figures").1.split(' ');
        figures.map(|figure| figure.parse().expect("a number")).collect()
    };
    let mut lower = 0;
    for line in folded {
        let name = line.rsplit_once(": ").expect("figures").0;
        let of = whole.iter().find(|one| one.rsplit_once(": ").expect("figures").0 == name);
        let (folded, whole) = (figures(line), figures(of.expect("a line that was called")));
        assert!(
            folded.iter().zip(&whole).all(|(one, other)| one <= other),
            "{line}, not {whole:?}"
        );
        lower += usize::from(folded != whole);
    }
    assert!(folded.len() >= 4 && lower < folded.len(), "{lower} lines are lower");
}

#[test]
fn recursive_programs_have_few_stacks_and_small_tables_and_lose_none() {
    for work in WORKS {
        let text = printed(&mut program!("recursive", work, SCALE, "4096"));
        let (stacks, tables) = (number(&text, "stacks"), number(&text, "tables"));
        assert!(stacks < 50_000, "{work}: {stacks} stacks");
        assert!(tables < 16 << 20, "{work}: {tables} bytes of tables");
        let [note] = lines(&text, "note ")[..] else { panic!("{work}: {text}") };
        let (share, rest) = note.split_once(" % ").expect("a share");
        assert!((1.0..100.0).contains(&share.parse::<f64>().expect("a number")), "{work}: {note}");
        let expected = "of the bytes has stacks with [recursion] in the place of repeated calls: \
                        cumulative figures of lines inside are lower bounds";
        assert_eq!(rest, expected, "{work}");
    }
}

#[test]
fn other_programs_keep_their_whole_stacks() {
    let text = printed(&mut program!("recursive", "json", SCALE, "4096"));
    assert!(lines(&text, "note ").is_empty(), "{text}");
    assert!(number(&text, "stacks") < 1000, "{text}");
}
