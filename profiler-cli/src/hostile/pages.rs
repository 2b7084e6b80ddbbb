//! Tests of formats that are markup.

use std::collections::BTreeSet;

use fastrand::Rng;
use mem_profile_format::report::{self, Format, Selection, Style, Top};
use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::events::Event as Node;

use super::{check, recordings, text, with_paths};
use crate::figures::Own;
use crate::recording::Recording;
use crate::sample;
use crate::view::{flame, html};

/// The parts of a page in Markdown.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    headings: usize,
    paragraphs: usize,
    rows: usize,
    /// Rows, including empty ones.
    cells: usize,
    codes: Vec<String>,
}

fn parts(markdown: &str) -> Parts {
    let mut parts = Parts::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Heading { .. }) => parts.headings += 1,
            Event::Start(Tag::Paragraph) => parts.paragraphs += 1,
            Event::Start(Tag::TableRow) => parts.rows += 1,
            Event::Start(Tag::TableCell) => parts.cells += 1,
            Event::Start(Tag::Table(_) | Tag::TableHead) | Event::End(_) | Event::Text(_) => {}
            Event::Code(code) => parts.codes.push(code.into_string()),
            other => panic!("{other:?} in {markdown}"),
        }
    }
    parts
}

/// A text as the code in a cell.
fn code(text: &str) -> Option<String> {
    let text = report::printable(&text.replace("\\|", "\\\\u{7c}"));
    Some(text).filter(|text| !text.is_empty())
}

#[test]
fn markdown_has_the_cells_that_it_is_given() {
    for Recording { mut snapshot, .. } in recordings() {
        snapshot.notes.clear();
        let shown = report::render(&snapshot, Format::Markdown, &Style::default());
        check("markdown", &shown);
        let found = parts(&shown);
        let notes = snapshot.functions.iter().filter_map(|it| code(it.note.as_deref()?)).count();
        let peaks = snapshot.functions.iter().filter(|it| it.peak.is_some()).count();
        let paragraphs = 3 + peaks + notes;
        assert_eq!((found.headings, found.paragraphs, found.rows), (2, paragraphs, 8), "{shown}");
        assert_eq!(found.cells, 2 * 5 * 7, "{shown}");
        let mut expected = Vec::new();
        for index in Selection::hottest(&snapshot, Top::Hot).functions {
            let function = &snapshot.functions[index];
            let place = format!("{}:{}", function.file, function.line);
            expected.extend([report::printable(&function.name), report::printable(&place)]);
            expected.extend(function.note.as_deref().map(report::printable));
            expected.extend(function.lines.iter().filter_map(|line| code(&line.source)));
        }
        expected.retain(|text| !text.is_empty());
        assert_eq!(found.codes, expected, "{shown}");
    }
}

#[test]
fn a_summary_has_a_row_for_each_line() {
    for Recording { snapshot, .. } in recordings() {
        let snapshot = super::with_live_blocks(snapshot);
        let shown = report::render(&snapshot, Format::Markdown, &Style::default());
        check("markdown", &shown);
        let summary = parts(shown.split("###").next().unwrap_or_default());
        assert_eq!((summary.paragraphs, summary.rows, summary.cells), (1, 3, 4 * 4), "{shown}");
    }
}

#[test]
fn a_note_is_a_paragraph_of_markdown() {
    let mut random = Rng::with_seed(5);
    for _ in 0..2_000 {
        let note = text(&mut random);
        let shown = report::markdown_prose(&note);
        check("prose", &shown);
        let found = parts(&format!("before\n\n{shown}\n\nafter"));
        let lines = if report::printable(&note).is_empty() { 2 } else { 3 };
        assert_eq!((found.paragraphs, found.headings, found.rows), (lines, 0, 0), "{shown}");
        assert!(
            !shown.contains("https://") || found.codes.concat().contains("https://"),
            "{shown}"
        );
    }
}

#[test]
fn a_page_has_the_same_elements_whatever_was_recorded() {
    // Without the data, which are read below.
    let elements = |page: &str| {
        let (before, rest) = page.split_once(" id=\"data\">").unwrap();
        let (data, after) = rest.split_once("</script>").unwrap();
        (before.matches('<').count() + after.matches('<').count(), data.to_owned())
    };
    let mut harmless = recordings().next().unwrap();
    harmless.snapshot = sample::leak();
    let (expected, _) = elements(&html::render(&harmless));
    for recording in recordings() {
        let page = html::render(&recording);
        check("html", &page);
        let (found, data) = elements(&page);
        assert_eq!(found, expected, "{page}");
        assert!(!data.contains('<'));
        let read: serde_json::Value = serde_json::from_str(&data).unwrap();
        let function = &recording.snapshot.functions[0];
        assert_eq!(read["functions"][0]["name"], report::printable(&function.name));
        let label = &recording.snapshot.timeline.as_ref().unwrap().labels[1].name;
        assert_eq!(read["timeline"]["rows"][1]["name"], report::printable(label));
    }
}

/// The names of all elements; the picture is well-formed.
pub(super) fn elements(picture: &str) -> BTreeSet<String> {
    let mut reader = quick_xml::Reader::from_str(picture);
    let mut names = BTreeSet::new();
    loop {
        match reader.read_event().unwrap() {
            Node::Start(tag) | Node::Empty(tag) => {
                tag.attributes().for_each(|attribute| assert!(attribute.is_ok(), "{picture}"));
                names.insert(format!("{:?}", tag.name()));
            }
            Node::Eof => return names,
            _ => {}
        }
    }
}

#[test]
fn a_flame_graph_is_the_picture_that_was_meant() {
    let harmless = flame::render(&sample::by_line(), Own::Allocated).unwrap();
    let (elements_of, expected) = (elements, elements(&harmless));
    for Recording { snapshot, .. } in recordings() {
        let picture = flame::render(&with_paths(snapshot), Own::Allocated).unwrap();
        let plain = |picture: &str| picture.replace(['\t', '\r'], " ");
        check("flame graph", &plain(&picture));
        assert!(elements_of(&picture).is_subset(&expected), "{picture}");
    }
}
