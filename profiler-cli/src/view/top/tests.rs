use mem_profile_format::Snapshot;
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
    top.rows.iter().take(3).map(|row| row.line).collect()
}

#[test]
fn the_hottest_lines_come_first() {
    insta::assert_snapshot!(screen(&top(), 110, 8), @"
    run.mprof: process 41 still runs; these are its figures so far
      Increment        Peak   Allocated      Allocs Occurrences Line                Line Contents
       95.4 MiB    97.7 KiB    95.4 MiB        1000         500 leak::process:35    let text = x.repeat(100_000)
       48.8 KiB    39.1 KiB    48.8 KiB           1         500 leak::process:36    kept.push(text);
       46.9 KiB    31.2 KiB    70.3 KiB           9           3 text::parse:6       let words: Vec<&str> = text.sp
            0 B         0 B         0 B           0           1 leak::process:33    let mut kept = Vec::new(); //
            0 B         0 B         0 B           0         501 leak::process:34    for id in 0..items {
    sort: i increment  p peak  b allocated  n allocs   arrows, Enter: function  q quit
    ");
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
    Filename: src/text.rs  Function: text::parse

    Line #    Mem usage    Increment         Peak  Allocs  Occurrences   Line Contents
    ==================================================================================
         5      1.5 KiB      1.0 KiB          0 B       0            3   fn parse(text: &str) -> usize {
         6     47.4 KiB     46.9 KiB     31.2 KiB       9            3       let words: Vec<&str> = text.split(' '
         7        512 B          0 B          0 B       0            3       words.len()
         8        512 B    -46.9 KiB          0 B       0            3   }

    mem-profile: 1 function, 3 lines ran, heap: 95.4 MiB live when reported
    arrows scroll  Esc back  q quit
    ");
    press(&mut top, &[Down, Up, Down]);
    assert!(!screen(&top, 110, 12).contains("Filename"), "it is scrolled");
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
    assert_eq!((top.selected, top.rows[0].line, &top.rows[0].source), (0, 6, &chosen.source));
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
    assert!(screen(&top, 160, 20).contains(&format!("Note: {note}\n")));
}
