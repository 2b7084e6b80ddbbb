use mem_profile_format::{CallPath, CallPaths, Held, ProcessPeak, Snapshot};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode::{self, Char, Down, Enter, Esc, Up};
use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

use super::{Top, render};
use crate::recording::{Incomplete, Recording};
use crate::sample;

fn recording(snapshot: Snapshot) -> Recording {
    let reason = "process 41 still runs; these are its figures so far".into();
    Recording { snapshot, program: None, incomplete: Some(Incomplete { reason, lossy: false }) }
}

/// The leak with its live blocks, of which 1,000 bytes lie outside of measured functions.
fn held() -> Snapshot {
    let mut snapshot = sample::leak();
    let own = [(0, 35, 95_000_000), (0, 36, 50_000), (1, 6, 9_000)];
    for line in snapshot.functions.iter_mut().flat_map(|it| &mut it.lines) {
        (line.at_peak, line.live) = (Some(0), Some(0));
    }
    let path = |(function, number, at_peak): (usize, u32, u64)| {
        let lines = &mut snapshot.functions[function].lines;
        let line = lines.iter_mut().find(|line| line.line == number).unwrap();
        (line.at_peak, line.live) = (Some(at_peak), Some(at_peak / 10));
        let own = Held { at_peak, live: at_peak / 10, ..Held::default() };
        CallPath { caller: None, function, line: number, is_recursive: false, own }
    };
    let all = own.map(path).to_vec();
    let outside = Held { at_peak: 1000, live: 100, ..Held::default() };
    snapshot.paths = Some(CallPaths { all, outside, ..CallPaths::default() });
    snapshot.peak =
        Some(ProcessPeak { bytes: 95_060_000, after: Some(1_234_000_000), uncertainty: 0 });
    snapshot.process_bytes = Some(9_506_000);
    snapshot.resident_peak = Some(99 << 20);
    snapshot
}

fn top() -> Top {
    let mut top = Top::new("run.mprof");
    top.update(recording(sample::leak()));
    top
}

fn press(top: &mut Top, keys: &[KeyCode]) {
    for key in keys {
        assert!(!top.press(KeyEvent::from(*key)));
    }
}

fn screen(top: &Top, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| render(top, frame)).unwrap();
    terminal
        .backend()
        .to_string()
        .replace('"', "")
        .lines()
        .map(|it| it.trim_end().to_owned() + "\n")
        .collect()
}

fn first_lines(top: &Top) -> Vec<u32> {
    top.rows.iter().take(3).map(|row| row.line.line).collect()
}

#[test]
fn the_hottest_lines_come_first() {
    insta::assert_snapshot!(screen(&top(), 110, 9), @"
    run.mprof: process 41 still runs; these are its figures so far
    95.4 MiB in use
      Increment        Peak   Allocated      Allocs Line             Line Contents
       95.4 MiB    97.7 KiB    95.4 MiB        1000 leak::process:35 let text = x.repeat(100_000);
       48.8 KiB    39.1 KiB    48.8 KiB           1 leak::process:36 kept.push(text);
       46.9 KiB    31.2 KiB    70.3 KiB           9 text::parse:6    let words: Vec<&str> = text.split(' ').colle…
      -46.9 KiB         0 B         0 B           0 text::parse:8    }

    z show 7 rows of 0   sort: i p b n   Enter  q quit
    ");
}

#[test]
fn own_figures_come_with_shares_and_a_total() {
    let mut top = Top::new("run.mprof");
    top.update(recording(held()));
    insta::assert_snapshot!(screen(&top, 140, 10), @"
    run.mprof: process 41 still runs; these are its figures so far
    peak 90.7 MiB after 1.2 s · 9.1 MiB in use · resident at most 99.0 MiB
             At peak             Live   Increment        Peak   Allocated      Allocs Line             Line Contents
      90.6 MiB 100 %    9.1 MiB 100 %    95.4 MiB    97.7 KiB    95.4 MiB        1000 leak::process:35 let text = x.repeat(100_000);
      48.8 KiB  <1 %    4.9 KiB  <1 %    48.8 KiB    39.1 KiB    48.8 KiB           1 leak::process:36 kept.push(text);
       8.8 KiB  <1 %      900 B  <1 %    46.9 KiB    31.2 KiB    70.3 KiB           9 text::parse:6    let words: Vec<&str> = text.split(' ').c…

        1000 B  <1 %      100 B  <1 %                                                 outside of measured functions
      90.7 MiB 100 %    9.1 MiB 100 %                                                 the whole process
    z show 8 rows of 0   sort: a at peak  l live  i increment  p peak  b allocated  n allocs   arrows, Enter: function  q quit
    ");
    let whole: u64 = top.rows.iter().map(|row| row.line.at_peak.unwrap()).sum();
    assert_eq!((whole + 1000, top.hidden), (95_060_000, 8));
    press(&mut top, &[Char('i')]);
    assert_eq!(first_lines(&top), [35, 36, 6]);
    insta::assert_snapshot!(screen(&top, 60, 9), @"
    run.mprof: process 41 still runs; these are its figures so …
    peak 90.7 MiB after 1.2 s · 9.1 MiB in use
      Increment Line             Line Contents
       95.4 MiB leak::process:35 let text = x.repeat(100_000);
       48.8 KiB leak::process:36 kept.push(text);
       46.9 KiB text::parse:6    let words: Vec<&str> = text.sp…
      -46.9 KiB text::parse:8    }

    z show 7 rows of 0   sort: a l i p b n   Enter  q quit
    ");
}

#[test]
fn the_number_of_a_line_is_never_cut_off() {
    let mut snapshot = held();
    let name = "pulldown_cmark::firstpass::FirstPass<'a, 'b>::parse_line_of_a_very_long_name";
    snapshot.functions[0].name = name.into();
    let mut top = Top::new("run.mprof");
    top.update(recording(snapshot));
    for width in [60, 90, 260] {
        let screen = screen(&top, width, 12);
        let row = screen.lines().find(|line| line.contains(" 90.6 MiB")).unwrap();
        let (before, _) = row.split_once(":35 ").unwrap_or_default();
        assert!(before.ends_with("of_a_very_long_name"), "{width}: {screen}");
        assert!(row.contains("…") || width > 200, "{width}: {screen}");
    }
}

#[test]
fn rows_of_0_are_hidden_and_counted() {
    let mut top = top();
    assert_eq!((top.rows.len(), top.hidden), (4, 7));
    assert!(screen(&top, 110, 9).contains("z show 7 rows of 0 "));
    press(&mut top, &[Char('z')]);
    assert_eq!((top.rows.len(), top.hidden), (11, 0));
    assert!(screen(&top, 110, 9).contains("z hide rows of 0 "));
    press(&mut top, &[Char('z'), Char('p')]);
    assert_eq!((first_lines(&top), top.rows.len()), (vec![21, 35, 38], 5));
}

#[test]
fn the_process_is_in_one_line() {
    let line = |snapshot: Snapshot| {
        let mut top = Top::new("run.mprof");
        top.update(recording(snapshot));
        screen(&top, 140, 9).lines().nth(1).unwrap().to_owned()
    };
    insta::assert_snapshot!(line(held()), @"peak 90.7 MiB after 1.2 s · 9.1 MiB in use · resident at most 99.0 MiB");
    insta::assert_snapshot!(line(sample::leak()), @"95.4 MiB in use");
    insta::assert_snapshot!(line(sample::resident()), @"95.4 MiB resident");
    // With live blocks, the peak is the sum of the lines.
    let mut threads = sample::leak();
    (threads.process_bytes, threads.resident_peak) = (Some(9_532_000), Some(99 << 20));
    threads.peak = Some(ProcessPeak { bytes: 1 << 20, after: None, uncertainty: 65536 });
    insta::assert_snapshot!(line(threads.clone()), @"peak 1.0 MiB (within 64.0 KiB) · 9.1 MiB in use · resident at most 99.0 MiB");
    // An error is never more than the peak itself: it only bounds it.
    threads.peak = Some(ProcessPeak { bytes: 1 << 20, after: None, uncertainty: 1 << 20 });
    insta::assert_snapshot!(line(threads), @"peak 1.0 MiB (at most 2.0 MiB) · 9.1 MiB in use · resident at most 99.0 MiB");
}

#[test]
fn keys_sort() {
    let mut top = top();
    for (key, expected) in
        [('p', [21, 35, 38]), ('b', [21, 35, 38]), ('n', [21, 35, 6]), ('i', [35, 36, 6])]
    {
        press(&mut top, &[Char(key)]);
        assert_eq!(first_lines(&top), expected, "{key}");
    }
}

#[test]
fn a_key_opens_the_table_of_the_function_of_the_line() {
    let mut top = top();
    press(&mut top, &[Down, Down, Enter]);
    insta::assert_snapshot!(screen(&top, 110, 12), @"
    run.mprof: process 41 still runs; these are its figures so far
    95.4 MiB in use
    text::parse  src/text.rs  peak 31.2 KiB
      Increment        Peak   Allocated      Allocs Line Line Contents
                                                       5 fn parse(text: &str) -> usize {
       46.9 KiB    31.2 KiB    70.3 KiB           9    6     let words: Vec<&str> = text.split(' ').collect();
            0 B         0 B         0 B           0    7     words.len()
      -46.9 KiB         0 B         0 B           0    8 }



    arrows scroll  Esc back  q quit
    ");
    press(&mut top, &[Down, Up, Down]);
    assert!(!screen(&top, 110, 12).contains("fn parse"), "it is scrolled");
    press(&mut top, &[Esc]);
    assert!(screen(&top, 110, 12).contains("kept.push(text)"));
}

#[test]
fn a_chosen_line_stays_chosen_while_figures_change() {
    let mut top = top();
    press(&mut top, &[Down, Down]);
    let chosen = top.rows[2].clone();
    let mut later = sample::leak();
    for line in &mut later.functions[1].lines {
        line.increment = line.increment.map(|it| it * 10_000);
    }
    top.update(recording(later));
    assert_eq!((top.selected, top.rows[0].line.line), (0, 6));
    assert_eq!(top.rows[0].source, chosen.source);
    press(&mut top, &[Up, Up]);
    assert_eq!(top.selected, 0);
    press(&mut top, &[Down; 50]);
    assert_eq!(top.selected, top.rows.len() - 1);
}

#[test]
fn q_and_ctrl_c_quit() {
    let mut top = top();
    assert!(top.press(KeyEvent::from(Char('q'))));
    assert!(top.press(KeyEvent::new(Char('c'), KeyModifiers::CONTROL)));
    assert!(!top.press(KeyEvent::from(Char('c'))));
}

#[test]
fn small_screens_and_empty_recordings_are_no_trouble() {
    let mut top = top();
    for (width, height) in [(1, 1), (20, 3), (300, 100)] {
        screen(&top, width, height);
    }
    top.update(recording(Snapshot { functions: vec![], ..sample::leak() }));
    press(&mut top, &[Down, Enter, Up, Esc]);
    top.lose("cannot read run.mprof");
    assert!(screen(&top, 60, 5).starts_with("run.mprof: cannot read run.mprof\n"));
}

#[test]
fn lines_of_a_function_that_is_measured_in_part_say_so() {
    let note = "measured in part: it ran on a coroutine";
    let mut snapshot = sample::leak();
    snapshot.functions[0].note = Some(note.into());
    let mut top = Top::new("run.mprof");
    top.update(recording(snapshot));
    assert!(screen(&top, 160, 20).contains(&format!("kept.push(text); ({note})")));
    press(&mut top, &[Enter]);
    assert!(screen(&top, 160, 20).contains(&format!("  {note}\n")));
}
