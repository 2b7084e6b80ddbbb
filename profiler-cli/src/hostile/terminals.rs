//! Tests of formats for terminals.

use fastrand::Rng;
use mem_profile_format::report::{self, Format, Style};

use super::{check, pages, recordings, text, texts, without_colors};
use crate::check::{Breach, Verdict};
use crate::compare::{self, Ranking};
use crate::figures::Measure;
use crate::output;
use crate::recording::Recording;
use crate::timeline::dat;
use crate::view::peaks::Tested;
use crate::view::{comparison, peaks, plot, verdict};

#[test]
fn tables_show_no_controls() {
    for Recording { snapshot, .. } in recordings() {
        let style = Style { color: true, width: Some(120), ..Style::default() };
        let shown = report::render(&snapshot, Format::Table, &style);
        check("table", &without_colors(&shown));
        let notes = snapshot.notes.len()
            + snapshot.functions.iter().filter_map(|it| it.note.as_ref()).count();
        assert_eq!(shown.lines().count(), 2 + 2 * (2 + 2 + 4 + 1) + 2 + notes, "{shown}");
    }
}

#[test]
fn a_summary_shows_no_controls() {
    for Recording { snapshot, .. } in recordings() {
        let snapshot = super::with_live_blocks(snapshot);
        let style = Style { width: Some(100), ..Style::default() };
        let shown = report::render(&snapshot, Format::Table, &style);
        check("summary", &shown);
        let summary = shown.split("\n\n").next().unwrap_or_default();
        assert_eq!(summary.lines().count(), 2 + 2 + 1, "{shown}");
        assert!(summary.ends_with("outside of measured functions"), "{shown}");
    }
}

#[test]
fn comparisons_show_no_controls() {
    let mut all = recordings();
    while let (Some(one), Some(other)) = (all.next(), all.next()) {
        let changes = compare::compare(&one.snapshot, &other.snapshot).unwrap();
        let ranking = Ranking::of(compare::lines(changes), Measure::Increment, None);
        let style = Style { color: true, ..Style::default() };
        check("comparison", &without_colors(&comparison::text(&ranking, &style)));
        check("comparison in markdown", &comparison::markdown(&ranking, &style));
    }
}

fn verdict(random: &mut Rng) -> Verdict {
    let breach = |random: &mut Rng| {
        let [function, file, source] = texts(random);
        Breach {
            function,
            file,
            line: 3,
            source,
            measure: Measure::Peak,
            figure: 9,
            limit: 3,
            baseline: None,
        }
    };
    Verdict { breaches: vec![breach(random), breach(random)], judged: 7, ..Verdict::default() }
}

#[test]
fn verdicts_have_no_foreign_workflow_commands() {
    let mut random = Rng::with_seed(3);
    for _ in 0..300 {
        let verdict = verdict(&mut random);
        check("verdict", &without_colors(&verdict::text(&verdict)));
        check("summary", &verdict::summary(&verdict, None));
        let shown = verdict::annotations(&verdict);
        assert_eq!(shown.lines().count(), 2, "{shown}");
        for line in shown.lines() {
            let command = line.strip_prefix("::error file=").unwrap();
            check("annotation", command);
            let (properties, _) = command.split_once("::").unwrap();
            assert_eq!(properties.matches(',').count(), 2, "{line}");
        }
    }
}

/// A sample file with a hostile command line and calls.
fn samples(random: &mut Rng) -> Vec<u8> {
    let [command, one, other] = texts(random).map(|text| text.replace('\n', "\r"));
    let [one, other] = [one, other].map(|text| format!("f{}", text.replace(' ', "\u{a0}")));
    let mut lines = format!("CMDLINE {command}\n");
    for time in 0..20 {
        lines += &format!("MEM {time}.5 {}.0\n", 1_764_011_432 + time);
    }
    for (name, level) in [(one, 0), (other, 1)] {
        lines += &format!("FUNC {name} 1.0 1764011433.0 2.0 1764011450.0 {level} 0\n");
    }
    lines.into_bytes()
}

#[test]
fn plots_show_no_controls() {
    let mut random = Rng::with_seed(4);
    let mut expected = None;
    for flame in [false, true].repeat(50) {
        let timeline = dat::parse(&samples(&mut random)).unwrap().timeline;
        assert_eq!(timeline.spans.len(), 2);
        let run = || plot::Run { name: text(&mut random.clone()), timeline: timeline.clone() };
        let options = plot::Options { flame, slope: true, ..plot::Options::default() };
        for runs in [vec![run()], vec![run(), run()]] {
            let chart = plot::Chart::new(&runs, &options).unwrap();
            check("plot", &without_colors(&plot::terminal(&chart, 100)));
            let picture = plot::svg(&chart, 900, None);
            check("picture", &picture);
            let elements = pages::elements(&picture);
            assert!(elements.len() <= 7, "{elements:?}");
            assert!(expected.get_or_insert(elements.clone()).is_superset(&elements) || flame);
        }
    }
}

#[test]
fn messages_are_one_line_without_controls() {
    let mut random = Rng::with_seed(6);
    for _ in 0..2_000 {
        let line = format!("warning: {}", output::one_line(&text(&mut random)));
        check("message", &line);
        assert_eq!(line.lines().count(), 1);
        if let Err(fault) = dat::parse(text(&mut random).as_bytes()) {
            check("fault", &fault);
        }
        let [package, binary, test] = texts(&mut random);
        let tested = Tested { package, binary, test: Some(test), peak: Some(5), code: 1 };
        check("peaks", &peaks::text(&[tested]));
    }
}

#[cfg(feature = "tui")]
#[test]
fn the_screen_shows_no_controls() {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use crate::view::top::{Top, render};

    let mut random = Rng::with_seed(7);
    for recording in recordings() {
        let mut top = Top::new(&text(&mut random));
        top.update(recording);
        for key in [KeyCode::Enter, KeyCode::Esc] {
            let mut terminal = Terminal::new(TestBackend::new(200, 30)).unwrap();
            terminal.draw(|frame| render(&top, frame)).unwrap();
            let cells = terminal.backend().buffer().content.chunks(200);
            let line = |cells: &[ratatui::buffer::Cell]| {
                cells.iter().map(|cell| cell.symbol()).collect::<String>() + "\n"
            };
            check("screen", &cells.map(line).collect::<String>());
            top.press(KeyEvent::from(key));
        }
    }
}
