use std::fs;
use std::path::Path;
use std::time::Duration;

use super::bytes::Pen;
use super::mark::{HEADER, Head, Source, Sums, write_line};
use super::moment::Moment;
use super::run::Run;
use super::*;
use crate::process::{Identity, inode};
use crate::sample::{Group, GroupEvents, Sample};

fn sample(mib: u64) -> Sample {
    Sample { resident: mib << 20, ..Sample::default() }
}

#[test]
fn a_mark_is_written_at_each_step_and_once_when_it_is_critical() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    let steps = [(10, false), (25, false), (26, false), (300, false), (329, false), (330, true)];
    let marks = steps.map(|(mib, is_critical)| recorder.tick(&sample(mib), is_critical).unwrap());
    let expected = [
        Some(Occasion::Begin),
        None,
        Some(Occasion::High),
        Some(Occasion::High),
        None,
        Some(Occasion::Critical),
    ];
    assert_eq!(marks, expected);
    assert_eq!(recorder.tick(&sample(331), true).unwrap(), None);
    assert_eq!(last_run(folder.path()).unwrap().end, End::StillRuns);
    let error = Recorder::open(folder.path(), None, &sample(10)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    drop(recorder);
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.mark.unwrap().resident), (End::Well, 330 << 20));
    let curve: Vec<_> = run.curve.iter().map(|sample| sample.resident >> 20).collect();
    assert_eq!(curve, [10, 25, 26, 300, 329, 330, 331]);
}

#[test]
fn the_mark_of_a_failed_allocation_outlives_those_of_the_next_two_seconds() {
    for (later, expected) in [(1, Occasion::Failure), (3, Occasion::High)] {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
        let at = |second, mib| Sample { at: Duration::from_secs(second), ..sample(mib) };
        recorder.tick(&at(5, 10), false).unwrap();
        assert!(recorder.allocation_failed(1 << 40, Some(50 << 20)).unwrap());
        assert_eq!(recorder.tick(&at(5 + later, 50), false).unwrap(), Some(Occasion::High));
        drop(recorder);
        assert_eq!(last_run(folder.path()).unwrap().occasion, Some(expected));
    }
}

#[test]
fn a_torn_mark_leaves_the_one_before_and_damage_is_never_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    recorder.tick(&sample(10), false).unwrap();
    recorder.tick(&sample(50), false).unwrap();
    drop(recorder);
    let names = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path());
    let names: Vec<_> = names.filter(|path| path.extension().is_some()).collect();
    let latest = folder.path().join("mark-2.mflight");
    let mut torn = fs::read(&latest).unwrap();
    torn[100] ^= 1;
    fs::write(&latest, torn).unwrap();
    assert_eq!(last_run(folder.path()).unwrap().mark.unwrap().resident, 10 << 20);

    let mut random = fastrand::Rng::with_seed(21);
    let (mut errors, mut runs) = (0, 0);
    for _ in 0..3000 {
        let path = &names[random.usize(..names.len())];
        let whole = fs::read(path).unwrap();
        let mut damaged = whole.clone();
        for _ in 0..random.usize(1..20) {
            let most = if random.bool() { damaged.len() } else { damaged.len().min(300) };
            damaged[random.usize(..most)] = random.u8(..);
        }
        damaged.truncate(random.usize(damaged.len() / 2..=damaged.len()));
        fs::write(path, damaged).unwrap();
        match last_run(folder.path()) {
            Ok(run) => runs += usize::from(!run.text().is_empty()),
            Err(_) => errors += 1,
        }
        fs::write(path, whole).unwrap();
    }
    assert!(errors > 100 && runs > 100, "{errors} errors, {runs} runs");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_folder_is_no_recording_and_nobody_waits_for_it() {
    for name in [run::FILE, "mark-1.mflight", "lock"] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = Recorder::open(folder.path(), None, &sample(10)).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is no plain file", pipe.display()));
        let error = last_run(folder.path()).unwrap_err();
        let expected = match name {
            run::FILE => std::io::ErrorKind::InvalidData,
            _ => std::io::ErrorKind::NotFound,
        };
        assert_eq!(error.kind(), expected);
    }
}

/// The sums of a file that is whole may have been made up.
#[test]
fn lines_with_more_bytes_than_there_are_do_not_overflow() {
    let folder = tempfile::tempdir().unwrap();
    drop(Recorder::open(folder.path(), None, &sample(10)).unwrap());
    let run = Run::read(&fs::read(folder.path().join(run::FILE)).unwrap()).unwrap();
    let sums =
        Sums { source: Source::Lines, bytes: u64::MAX, count: 2, written: 2, ..Sums::default() };
    let head = Head {
        occasion: Occasion::High,
        number: 1,
        run: run.began,
        asked: 0,
        moment: Moment::now(&sample(10)),
        sums,
    };
    let mut file = vec![0; 4096];
    let mut pen = Pen::new(&mut file[HEADER..]);
    for _ in 0..2 {
        assert!(write_line([u64::MAX, 1], 7, ["src/a.rs", "a::b"], &mut pen));
    }
    let length = HEADER + pen.at();
    head.write(&mut file, length);
    fs::write(folder.path().join("mark-0.mflight"), file).unwrap();
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.lines.len(), run.lines[0].bytes), (1, u64::MAX));
    assert!(run.text().contains("src/a.rs:7 a::b") && run.html().contains("src/a.rs:7"));
}

#[test]
fn a_mark_is_written_when_tasks_begin_to_wait_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    let pressed = |percent| Sample {
        group: Some(Group { pressure: Some(percent), ..Group::default() }),
        ..sample(10)
    };
    // Again only after it was half as much.
    let pressures = [0.0, 9.9, 10.0, 60.0, 6.0, 12.0, 4.9, 11.0];
    let marks = pressures.map(|it| recorder.tick(&pressed(it), false).unwrap());
    let [begin, pressure] = [Occasion::Begin, Occasion::Pressure].map(Some);
    assert_eq!(marks, [begin, None, pressure, None, None, None, None, pressure]);
    drop(recorder);
    assert_eq!(last_run(folder.path()).unwrap().occasion, pressure);
}

/// A run of this system that has ended without a word, in a control group whose file says `oom_kill 3`, after a last
/// sample at which it was so often.
fn ended(folder: &Path, change: impl FnOnce(&mut Run), seen: u64) -> LastRun {
    let group = folder.join("group");
    fs::create_dir_all(&group).unwrap();
    fs::write(group.join("memory.events"), "low 0\noom 3\noom_kill 3\n").unwrap();
    let own = Identity::of_self();
    let events = GroupEvents { oom_kill: 1, ..GroupEvents::default() };
    let mut run = Run {
        // The number was given again.
        identity: Identity { start: own.start + 1, ..own },
        points: 2,
        group: inode(&group),
        group_folder: group,
        events,
        ..Run::default()
    };
    change(&mut run);
    let mut file = run.new_file();
    let events = GroupEvents { oom_kill: seen, ..events };
    let group = Group { events, oom_kill_around: Some(4), ..Group::default() };
    let last = Moment::now(&Sample { group: Some(group), ..sample(10) });
    let place = run.place_of(1) as usize;
    file[place..place + moment::POINT].copy_from_slice(&last.point(1));
    fs::write(folder.join(run::FILE), file).unwrap();
    last_run(folder).unwrap()
}

#[test]
fn only_processes_that_were_ended_since_the_last_sample_count() {
    let folder = tempfile::tempdir().unwrap();
    let end = |seen| ended(folder.path(), |_| (), seen).end;
    assert_eq!(end(2), End::OutOfMemory(1));
    assert_eq!(end(3), End::Unclear, "others were ended, which this run has outlived");
    assert_eq!(end(0), End::OutOfMemory(2), "nobody has seen them before the end");
}

#[test]
fn a_control_group_that_is_gone_or_another_one_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gone = ended(folder.path(), |run| run.group_folder = folder.path().join("gone"), 2);
    // At the same path after the restart of a container.
    let other = ended(folder.path(), |run| run.group += 1, 2);
    for run in [gone, other] {
        assert_eq!(run.end, End::Unknown);
        let text = run.text();
        assert!(
            text.contains(
                ") ended without a word, last seen at 10.0 MiB: by a signal or by itself\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("\nnote: its control group is gone, or cannot be seen from here"),
            "{text}"
        );
    }
    let without = ended(folder.path(), |run| run.group = 0, 2);
    assert_eq!((without.end, without.notes.len()), (End::Unknown, 1));
}

/// As a service whose group was removed by the time that somebody asks.
#[test]
fn the_group_around_one_that_is_gone_says_if_nobody_was_ended() {
    let folder = tempfile::tempdir().unwrap();
    let end = |count: u64, number: u64| {
        fs::write(folder.path().join("memory.events"), format!("oom_kill {count}\n")).unwrap();
        let gone = folder.path().join("gone");
        let around = inode(folder.path()) + number;
        ended(folder.path(), |run| (run.group_folder, run.around) = (gone, around), 2)
    };
    assert_eq!(end(4, 0).end, End::Unclear);
    let note = |run: LastRun| {
        assert_eq!(run.end, End::Unknown);
        run.notes[0].clone()
    };
    let gone = "its control group is gone, or cannot be seen from here";
    let around = folder.path().display();
    let rose = format!("{gone}; oom_kill of {around} rose by 2, where others count, too");
    assert_eq!(note(end(6, 0)), rose);
    let nobody_knows = format!("{gone}, so nobody knows whether it was ended for lack of memory");
    // Another group of that name, which has counted less or just as much.
    assert_eq!([end(3, 0), end(4, 1)].map(note), [&*nobody_knows; 2]);
}

#[test]
fn a_process_that_moves_is_recorded_in_its_new_group() {
    let folder = tempfile::tempdir().unwrap();
    let groups = ["a", "b"].map(|name| folder.path().join("groups").join(name));
    groups.iter().for_each(|group| fs::create_dir_all(group).unwrap());
    let [a, b] = groups.each_ref().map(|group| Some(&**group));
    let killed = |oom_kill| {
        let events = GroupEvents { oom_kill, ..GroupEvents::default() };
        Sample { group: Some(Group { events, ..Group::default() }), ..sample(10) }
    };
    let read = || Run::read(&fs::read(folder.path().join(run::FILE)).unwrap()).unwrap();
    let mut recorder = Recorder::open(folder.path(), a, &killed(7)).unwrap();
    let before = read();
    assert_eq!((before.group, before.events.oom_kill), (inode(&groups[0]), 7));
    for (group, count) in [(a, 8), (b, 2), (b, 3)] {
        recorder.follow(group, &killed(count)).unwrap();
        recorder.tick(&killed(count), false).unwrap();
    }
    let moved = before.in_group(b, &killed(2));
    assert_eq!(read(), moved);
    assert_eq!(
        (moved.group, moved.around),
        (inode(&groups[1]), inode(&folder.path().join("groups")))
    );
    drop(recorder);
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.curve.len()), (End::Well, 3));
}

#[test]
fn a_run_of_another_container_or_of_an_earlier_boot_is_never_said_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let own = Identity::of_self();
    let apart = ended(folder.path(), |run| run.identity = Identity { namespace: 1, ..own }, 2);
    assert_eq!(apart.end, End::OutOfMemory(1));
    assert_eq!(apart.notes[0], "it ran in another container: it may still run");
    let earlier = ended(folder.path(), |run| run.identity = Identity { boot: [1, 2], ..own }, 2);
    assert_eq!(earlier.end, End::Restarted);
    assert!(
        earlier
            .text()
            .contains(") ended when the system was started again, last seen at 10.0 MiB\n")
    );
}

/// The second one is killed as soon as it has begun.
#[test]
fn of_two_runs_in_one_folder_the_later_one_is_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    first.tick(&sample(10), false).unwrap();
    drop(first);
    let before = ended(folder.path(), |run| run.began = 7, 2);
    assert_eq!((before.began.as_nanos(), before.mark), (7, None), "the marks are another run's");
    let mut second = Recorder::open(folder.path(), None, &sample(20)).unwrap();
    assert_eq!(last_run(folder.path()).unwrap(), before, "while another one runs");
    second.tick(&sample(20), false).unwrap();
    drop(second);
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.mark.unwrap().resident), (End::Well, 20 << 20));
    assert_eq!(last_run(&folder.path().join("before")).unwrap(), before);
}
