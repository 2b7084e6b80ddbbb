//! Starts and stops monitors: at once, from the inside, and without a trace in the figures of the program.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile::monitor::{Event, Level, Monitor};
use monitored::{MIB, touched};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn live() -> u64 {
    mem_profile::account::brief().and_then(|brief| brief.live).expect("blocks are counted")
}

fn names() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("threads").flatten();
    let name = |folder: std::fs::DirEntry| std::fs::read_to_string(folder.path().join("comm")).ok();
    tasks.filter_map(name).collect()
}

fn wait(is_done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(1));
    }
}

/// An interval of a day is not waited for.
fn stops_at_once() {
    let monitor = Monitor::builder().interval(Duration::from_secs(86_400)).start().expect("starts");
    wait(|| monitor.latest().sample.is_some());
    assert!(names().iter().any(|name| name == "mem-monitor\n"), "{:?}", names());
    let begin = Instant::now();
    drop(monitor);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    wait(|| names().len() == 1);
}

/// Neither the monitor nor its warnings are in the live bytes of the program, at any time.
fn is_not_counted() {
    let held = touched(16 * MIB);
    let is_said = Arc::new(AtomicBool::new(false));
    let before = live();
    let said = Arc::clone(&is_said);
    let on_event = move |event: &Event| {
        assert_eq!(event.level(), Level::Warning);
        said.store(true, Relaxed);
    };
    let builder = Monitor::builder().interval(Duration::from_millis(10)).log(false);
    let builder = builder.warn_above(MIB as u64).on_event(on_event);
    // The callback is the program's own.
    let callback = live() - before;
    assert_eq!(callback, size_of::<Arc<AtomicBool>>() as u64);
    let monitor = builder.start().expect("starts");
    wait(|| is_said.load(Relaxed));
    assert_eq!(live(), before + callback);
    drop(monitor);
    assert_eq!(live(), before);
    drop(held);
}

/// It warns at the first sample that is above. Samples are one interval apart, so a warning comes within two.
fn warns_at_the_first_sample() {
    let resident = |monitor: &Monitor| monitor.latest().sample.map(|it| (it.at, it.resident));
    let monitor = Monitor::builder().start().expect("starts");
    wait(|| resident(&monitor).is_some());
    let above = resident(&monitor).expect("a sample").1 + 32 * MIB as u64;
    drop(monitor);
    let (sender, events) = std::sync::mpsc::channel();
    let on_event = move |event: &Event| _ = sender.send(event.alarm.sample);
    let builder = Monitor::builder().interval(Duration::from_millis(20)).log(false);
    let monitor = builder.warn_above(above).on_event(on_event).start().expect("starts");
    let (mut held, mut seen) = (Vec::new(), Vec::new());
    let begin = Instant::now();
    let event = loop {
        if let Ok(event) = events.try_recv() {
            break event;
        }
        assert!(begin.elapsed() < Duration::from_secs(20));
        if held.len() < 128 {
            held.push(touched(MIB));
        }
        seen.extend(resident(&monitor));
        thread::sleep(Duration::from_millis(1));
    };
    assert!(event.resident >= above);
    seen.retain(|&(at, _)| at < event.at);
    assert!(seen.iter().all(|&(_, resident)| resident < above), "{event:?} {seen:?}");
    drop((monitor, held));
    wait(|| names().len() == 1);
}

/// The callback may drop the handle, and panic.
fn ends_from_the_inside() {
    let handle = Arc::new(Mutex::new(None));
    let inside = Arc::clone(&handle);
    let on_event = move |_: &Event| {
        drop(inside.lock().expect("not poisoned").take());
    };
    let builder = Monitor::builder().interval(Duration::from_millis(10)).log(false);
    let builder = builder.warn_above(1_u64).on_event(on_event);
    let mut place = handle.lock().expect("not poisoned");
    *place = Some(builder.start().expect("starts"));
    drop(place);
    wait(|| names().len() == 1);
    assert!(handle.lock().expect("not poisoned").is_none());
}

fn main() {
    stops_at_once();
    is_not_counted();
    warns_at_the_first_sample();
    ends_from_the_inside();
}
