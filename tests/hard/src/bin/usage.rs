//! Memory over time, through the facade.
#![allow(missing_docs)]

use std::hint::black_box;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hard::look_at;
use mem_profile::{MemoryUsageOptions, memory_usage};

const SIZE: usize = 64 << 20;

/// Holds [`SIZE`] bytes until standard input ends.
fn hold() {
    let kept = vec![1_u8; SIZE];
    println!("held");
    let _ = std::io::stdin().read(&mut [0]);
    look_at(&kept);
}

/// A child that already holds its memory.
fn holder() -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let command = command.arg("hold").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
    child
}

fn of_a_closure() {
    let mut runs = 0;
    let usage = memory_usage(Duration::from_millis(5), || {
        runs += 1;
        let kept = black_box(vec![1_u8; SIZE]);
        std::thread::sleep(Duration::from_millis(200));
        kept.len()
    });
    assert!(usage.samples.is_sorted_by_key(|sample| sample.elapsed));
    let first = usage.samples.first().unwrap().bytes;
    println!("{} {runs} {} {}", usage.value, usage.samples.len(), usage.max - first);
}

fn with_children() {
    let options = MemoryUsageOptions::new().interval(Duration::from_millis(5));
    let mut child = holder();
    let alone = options.run(|| std::thread::sleep(Duration::from_millis(50))).max;
    let options = options.include_children(true);
    let family = options.run(|| std::thread::sleep(Duration::from_millis(50))).max;
    drop(child.stdin.take());
    child.wait().unwrap();
    println!("{}", family - alone);
}

fn of_another_process() {
    let options = MemoryUsageOptions::new().interval(Duration::from_millis(5));
    let mut child = holder();
    let timed = options.clone().timeout(Some(Duration::from_millis(100)));
    let timed = timed.watch(child.id()).unwrap();
    assert!(timed.samples.last().unwrap().elapsed < Duration::from_secs(30));
    let stdin = child.stdin.take();
    let ender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(stdin);
    });
    let whole = options.watch(child.id()).unwrap();
    ender.join().unwrap();
    child.wait().unwrap();
    let gone = options.watch(child.id()).unwrap_err();
    println!("{} {} {:?}", timed.max, whole.max, gone.kind());
}

fn main() {
    match hard::scene().as_str() {
        "hold" => hold(),
        "closure" => of_a_closure(),
        "children" => with_children(),
        "process" => of_another_process(),
        other => panic!("{other}?"),
    }
}
