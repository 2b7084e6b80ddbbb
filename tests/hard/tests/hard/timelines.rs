//! The contents of a timeline.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mem_profile::recording::{Recording, State};
use mem_profile::{Span, Timeline};
use tempfile::TempDir;

use crate::run::{bin, run};

/// The program `timed`, recorded with a timeline to `run.mprof` in the folder.
fn timed(folder: &TempDir, scene: &str) -> Command {
    let mut command = bin!("timed", scene);
    command.env("MEM_PROFILE_OUTPUT", folder.path().join("run.mprof"));
    command.env("MEM_PROFILE_TIMELINE", "1");
    command
}

fn open(path: &Path) -> Option<Timeline> {
    Recording::open(path).unwrap_or_else(|error| panic!("{error}")).snapshot.timeline
}

/// The timeline of a scene.
fn timeline(scene: &str) -> Timeline {
    let folder = TempDir::new().unwrap();
    let ended = run(&mut timed(&folder, scene));
    assert_eq!(ended.stderr, "");
    open(&folder.path().join("run.mprof")).expect("a timeline")
}

fn name<'a>(timeline: &'a Timeline, span: &Span) -> &'a str {
    let name = timeline.label(span).expect("a label").name.as_str();
    name.rsplit("::").next().unwrap()
}

/// Name, level, and change of the memory in use, in the order of the starts.
fn spans(timeline: &Timeline) -> Vec<(&str, u32, Option<i64>)> {
    let change = |span: &Span| Some(span.bytes_at_end? as i64 - span.bytes_at_start as i64);
    timeline.spans.iter().map(|span| (name(timeline, span), span.level, change(span))).collect()
}

#[test]
fn calls_have_their_levels_and_changes() {
    let timeline = timeline("calls");
    let expected = [("outer", 0, Some(1000)), ("inner", 1, Some(0)), ("inner", 1, Some(0))];
    assert_eq!(spans(&timeline), expected);
    let [outer, first, second] = timeline.spans[..] else { unreachable!() };
    assert!(outer.start < first.start && first.end < Some(second.start));
    assert!(second.end < outer.end && outer.thread == second.thread);
    assert_eq!((timeline.omitted(), timeline.interval), (0, 100_000_000));
    // Of the beginning and of the end.
    assert!(timeline.samples.len() >= 2, "{:?}", timeline.samples);
    assert!(timeline.samples.is_sorted_by_key(|sample| sample.time));
    assert!(timeline.samples.last().map(|sample| sample.time) > outer.end);
}

#[test]
fn there_is_none_unless_requested() {
    let folder = TempDir::new().unwrap();
    for value in [None, Some("off")] {
        let mut command = timed(&folder, "blocks");
        match value {
            Some(value) => command.env("MEM_PROFILE_TIMELINE", value),
            None => command.env_remove("MEM_PROFILE_TIMELINE"),
        };
        run(&mut command);
        assert_eq!(open(&folder.path().join("run.mprof")), None);
    }
}

#[test]
fn a_panic_ends_the_calls_that_it_leaves() {
    let timeline = timeline("fails");
    // The panic itself is memory, until it is caught.
    let panic = spans(&timeline)[0].2;
    assert!(panic > Some(0));
    let expected = [
        ("fails", 0, panic),
        ("inner", 1, Some(0)),
        ("fails_too", 1, panic),
        ("inner", 0, Some(0)),
    ];
    assert_eq!(spans(&timeline), expected);
    assert!(timeline.spans[2].end <= timeline.spans[0].end);
    assert!(timeline.spans[0].end < Some(timeline.spans[3].start));
}

#[test]
fn calls_that_are_very_deep_are_left_out() {
    let timeline = timeline("deep");
    let levels: Vec<_> = timeline.spans.iter().map(|span| span.level).collect();
    assert_eq!(levels, (0..256).chain([0]).collect::<Vec<_>>());
    assert_eq!((timeline.omitted(), timeline.labels[0].omitted), (45, 45));
}

#[test]
fn a_task_is_one_span_from_its_first_poll_to_its_end() {
    let timeline = timeline("tasks");
    let found = levels(&timeline);
    let first_polls = [("task", 0), ("task", 0)];
    let second = [("inner", 1), ("nested", 1), ("inner", 1), ("nested", 1)];
    let third = [("inner", 2), ("inner", 2)];
    let cancelled = [("task", 0), ("inner", 1), ("nested", 1)];
    assert_eq!(found, [&first_polls[..], &second, &third, &cancelled].concat());
    assert!(timeline.spans.iter().all(|span| span.end.is_some()));
    let [a, b] = [timeline.spans[0], timeline.spans[1]];
    let nested = timeline.spans[3];
    assert!(a.start < b.start && Some(b.start) < a.end && nested.end <= a.end);
    // The memory of the cancelled one is freed before it ends.
    let last = timeline.spans[8];
    assert_eq!(last.bytes_at_end, Some(last.bytes_at_start));
    assert!(timeline.spans[10].end <= last.end);
}

#[test]
fn frequent_calls_are_thinned_out_and_counted() {
    let folder = TempDir::new().unwrap();
    run(&mut timed(&folder, "often"));
    let recording = Recording::open(&folder.path().join("run.mprof")).unwrap();
    let timeline = recording.snapshot.timeline.unwrap();
    let kept = timeline.spans.len() as u64;
    assert_eq!(kept + timeline.labels[0].omitted, 100_000);
    // About as many of each doubling of the calls: 2,047 at first, then half as many each.
    assert_eq!(kept, 7_678);
    let note = format!("the timeline has {kept} of 100000 calls: of what is called very often");
    assert!(recording.snapshot.notes[0].starts_with(&note), "{:?}", recording.snapshot.notes);
}

#[test]
fn named_blocks_are_spans_too() {
    let timeline = timeline("blocks");
    let found = levels(&timeline);
    let expected = [
        ("whole", 0),
        ("inner", 1),
        ("part", 1),
        ("outer", 2),
        ("inner", 3),
        ("inner", 3),
        ("part", 1),
        // `whole` has ended.
        ("inner", 2),
    ];
    assert_eq!(found, expected);
    let (whole, last) = (timeline.spans[0], timeline.spans[6]);
    assert!(Some(last.start) < whole.end && whole.end < last.end);
    let blocks: Vec<_> = timeline.labels.iter().filter(|label| label.is_block).collect();
    assert_eq!(blocks.iter().map(|label| &label.name).collect::<Vec<_>>(), ["whole", "part"]);
    assert_eq!(timeline.omitted(), 0);
}

/// Names and levels, in the order of the starts.
fn levels(timeline: &Timeline) -> Vec<(&str, u32)> {
    spans(timeline).into_iter().map(|(name, level, _)| (name, level)).collect()
}

#[test]
fn a_block_held_over_an_await_contains_later_calls() {
    let turn = timeline("held in turn");
    let outside = ("inner", 0);
    let second = [("inner", 2), ("step", 2), ("nested", 3)];
    let third = [("inner", 4), ("inner", 2), ("inner", 1)];
    let expected = [
        &[("held", 0), ("a", 1), outside, ("held", 0), ("b", 1)],
        &second[..],
        &[outside],
        &second,
        &third,
        &[outside],
        &third,
        &[outside],
    ];
    assert_eq!(levels(&turn), expected.concat());
    assert!(turn.spans.iter().all(|span| span.end.is_some()));
}

#[test]
fn a_task_takes_its_blocks_along_to_other_threads() {
    let timeline = timeline("held on threads");
    let (there, outside) = (("there", 0), ("inner", 1));
    let expected = [
        &[there, ("held", 1), ("a", 2), outside][..],
        &[there, ("inner", 3), ("step", 3), ("nested", 4), outside],
        &[there, ("inner", 5), ("inner", 3), ("inner", 2), outside],
    ];
    assert_eq!(levels(&timeline), expected.concat());
}

#[test]
fn blocks_of_a_task_that_is_dropped_end() {
    let timeline = timeline("held and dropped");
    let expected = [
        &[("held", 0), ("a", 1), ("inner", 1), ("inner", 0)][..],
        &[("held", 0), ("b", 1), ("inner", 2), ("step", 2), ("nested", 3), ("inner", 1)],
        &[("inner", 0)],
    ];
    assert_eq!(levels(&timeline), expected.concat());
    assert!(timeline.spans.iter().all(|span| span.end.is_some()));
}

#[test]
fn a_panic_ends_the_blocks_that_it_leaves() {
    let timeline = timeline("held and panics");
    let expected = [
        &[("held_and_fails", 0), ("block", 1), ("inner", 0)][..],
        &[("step", 2), ("fails", 3), ("inner", 4), ("fails_too", 4)],
        &[("inner", 0), ("inner", 0)],
    ];
    assert_eq!(levels(&timeline), expected.concat());
    assert!(timeline.spans.iter().all(|span| span.end.is_some()));
}

#[test]
fn a_block_of_an_async_block_contains_its_calls() {
    let timeline = timeline("held inside");
    let expected = [("held_inside", 0), ("part", 1), ("inner", 2), ("inner", 1)];
    assert_eq!(levels(&timeline), expected);
}

#[test]
fn a_block_that_was_returned_contains_the_calls_of_its_caller() {
    let timeline = timeline("held by callers");
    let expected = [
        &[("begins", 0), ("begun", 1), ("inner", 2), ("inner", 0)][..],
        &[("goes_on", 0), ("begins_later", 1), ("begun", 2), ("inner", 3), ("inner", 1)],
        &[("inner", 0)],
    ];
    assert_eq!(levels(&timeline), expected.concat());
}

#[test]
fn a_block_that_is_left_out_has_no_level() {
    let timeline = timeline("held often");
    let omitted = |index: usize| timeline.labels[index].omitted;
    assert!(omitted(0) > 10_000 && omitted(1) > 10_000, "{:?}", timeline.labels);
    let (mut block_end, mut calls) = (0, [0, 0]);
    for span in &timeline.spans {
        if name(&timeline, span) == "block" {
            assert_eq!(span.level, 0);
            block_end = span.end.unwrap();
        } else {
            assert_eq!(span.level, u32::from(span.end.unwrap() <= block_end));
            calls[span.level as usize] += 1;
        }
    }
    assert_eq!(calls, [3277, 3058]);
}

#[test]
fn a_block_that_never_ends_does_not_continue_on_the_next_thread() {
    let timeline = timeline("held for ever");
    assert_eq!(levels(&timeline), [("block", 0), ("inner", 0)]);
    assert_eq!(timeline.spans[0].thread, timeline.spans[1].thread);
}

#[test]
fn threads_have_levels_of_their_own() {
    let timeline = timeline("threads");
    let mut threads = [const { Vec::new() }; 2];
    let first = timeline.spans[0].thread;
    for span in &timeline.spans {
        let own = usize::from(span.thread != first);
        threads[own].push((name(&timeline, span), span.level));
    }
    assert_eq!(threads[0], [("outer", 0), ("inner", 1), ("inner", 1)]);
    assert_eq!(threads[0], threads[1]);
}

#[test]
fn open_spans_are_recorded_at_the_end() {
    for scene in ["kill", "exit"] {
        let timeline = timeline(scene);
        assert_eq!(spans(&timeline), [("stays", 0, None)], "{scene}");
        assert_eq!(timeline.spans[0].end, None);
    }
}

#[test]
fn samples_are_taken_while_the_program_waits() {
    for backend in ["heap", "rss"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("run.mprof");
        let mut command = timed(&folder, "wait");
        command.env("MEM_PROFILE_INTERVAL", "2ms").env("MEM_PROFILE_BACKEND", backend);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        let (samples, interval) = loop {
            let timeline = Recording::open(&path).ok().and_then(|read| read.snapshot.timeline);
            let Timeline { samples, interval, .. } = timeline.unwrap_or_default();
            if samples.iter().filter(|sample| sample.bytes >= 5_000_000).count() >= 70 {
                break (samples, interval);
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{samples:?}");
        };
        assert_eq!(interval, 2_000_000);
        assert!(samples[0].bytes < 5_000_000);
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        let timeline = open(&path).unwrap();
        assert!(
            timeline.samples.last().unwrap().bytes < timeline.peak().unwrap().bytes,
            "{backend}"
        );
        let span = timeline.spans[0];
        assert!(span.bytes_at_start < 5_000_000 && span.bytes_at_end.is_some(), "{span:?}");
    }
}

#[test]
fn a_forked_child_does_not_write_to_the_timeline_of_its_parent() {
    let folder = TempDir::new().unwrap();
    let theirs = folder.path().join("child.mprof");
    let ended = run(timed(&folder, "fork").arg(&theirs));
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    let ours = open(&folder.path().join("run.mprof")).unwrap();
    let names = |timeline: &Timeline| -> Vec<String> {
        timeline.spans.iter().map(|span| name(timeline, span).to_owned()).collect()
    };
    assert_eq!(names(&ours), ["outer", "inner", "inner"]);
    // Earlier spans are included.
    let theirs = open(&theirs).unwrap();
    assert_eq!(names(&theirs), ["outer", "inner", "inner", "inner"]);
    assert!(theirs.samples.last().unwrap().time > theirs.spans[3].start);
}

#[test]
fn a_peak_has_the_time_that_it_has_on_the_timeline() {
    let folder = TempDir::new().unwrap();
    let mut command = timed(&folder, "peak");
    command.env_remove("MEM_PROFILE_TIMELINE").env("MEM_PROFILE_LIVE", "on");
    run(command.env("MEM_PROFILE_FORMAT", "none"));
    let recording = Recording::open(&folder.path().join("run.mprof")).unwrap();
    let timeline = recording.snapshot.timeline.expect("a timeline");
    let [block] = timeline.spans[..] else { panic!("{:?}", timeline.spans) };
    let after = recording.snapshot.peak.and_then(|peak| peak.after).expect("a time");
    assert!(block.start < after && Some(after) < block.end, "{after} {block:?}");
}

#[test]
fn a_program_may_request_one_and_the_environment_has_precedence() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("late.mprof");
    let late = |variables: &[(&str, &str)]| {
        let mut command = bin!("timed", "late");
        command.arg(&path).env("MEM_PROFILE_FORMAT", "none").envs(variables.iter().copied());
        let ended = run(&mut command);
        assert_eq!(ended.stderr, "");
        (ended.stdout, open(&path))
    };
    let (refusal, timeline) = late(&[]);
    assert!(refusal.ends_with("call `record_timeline` first thing in `main`\n"), "{refusal}");
    let timeline = timeline.unwrap();
    assert_eq!(timeline.interval, 7_000_000);
    assert_eq!(spans(&timeline), [("inner", 0, Some(0)), ("inner", 0, Some(0))]);
    assert_eq!(timeline.labels[0].omitted, 1, "the call before it began");
    assert_eq!(late(&[("MEM_PROFILE_TIMELINE", "off")]), (String::new(), None));
    let (_, timeline) = late(&[("MEM_PROFILE_INTERVAL", "0.003s")]);
    assert_eq!(timeline.unwrap().interval, 3_000_000);
}

#[test]
fn a_timeline_without_an_annotated_call_is_recorded() {
    let timeline = timeline("nothing");
    assert_eq!(timeline.spans, []);
    let most = timeline.samples.iter().map(|sample| sample.bytes).max().unwrap();
    assert!((1 << 20..(1 << 20) + 10_000).contains(&most), "{most}");
    assert!(timeline.samples.len() >= 3, "{:?}", timeline.samples);
    // Neither is requested by itself.
    for variable in ["MEM_PROFILE_TIMELINE", "MEM_PROFILE_OUTPUT"] {
        let folder = TempDir::new().unwrap();
        assert_eq!(run(timed(&folder, "nothing").env_remove(variable)).stderr, "");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }
}

#[test]
fn a_recording_and_a_timeline_begin_in_either_order() {
    for (scene, calls) in [("first", 1), ("last", 1), ("first beside a thread", 2)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("run.mprof");
        let ended = run(&mut bin!("timed", scene, path.to_str().unwrap()));
        assert!(ended.status.success(), "{scene}: {}", ended.stderr);
        let recording = Recording::open(&path).unwrap();
        let timeline = recording.snapshot.timeline.expect(scene);
        assert_eq!(timeline.interval, 5_000_000);
        assert_eq!(timeline.spans.len(), 3 * calls, "{scene}: {timeline:?}");
        let outer = recording.snapshot.functions.iter().find(|f| f.name == "timed::outer").unwrap();
        assert_eq!((outer.calls, &recording.state), (calls as u64, &State::Complete), "{scene}");
    }
}
