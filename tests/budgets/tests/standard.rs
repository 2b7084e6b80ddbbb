//! Memory that the standard library and the test harness keep is not a leak: with and without captured
//! output, on a thread of the harness and on the main thread, with and without backtraces.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{Read, Write, stdin, stdout};
use std::process::Command;
use std::sync::mpsc::{channel, sync_channel};
use std::time::Duration;
use std::{env, panic, thread};

use mem_profile::assert_budget;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Each test runs again in a process of its own, where it uses everything for the first time.
const TESTS: [&str; 12] = [
    "a_joined_thread",
    "threads_of_a_scope",
    "a_detached_thread_that_has_answered",
    "a_blocking_channel",
    "first_output",
    "later_output",
    "output_of_another_thread",
    "a_caught_panic",
    "the_first_hash_map",
    "the_handle_of_the_thread",
    "a_thread_local_with_a_destructor",
    "standard_input_and_the_environment",
];

#[test]
fn a_joined_thread() {
    assert_budget!(no_leak, {
        let numbers = thread::spawn(|| black_box(vec![1_u8; 1000])).join().unwrap();
        assert_eq!(numbers.len(), 1000);
    });
    assert_budget!(no_leak, {
        let named = thread::Builder::new().name("helper".to_owned());
        named.spawn(|| thread::current().name().map(str::len)).unwrap().join().unwrap()
    });
}

/// A scope ends before its threads.
#[test]
fn threads_of_a_scope() {
    for _ in 0..50 {
        assert_budget!(no_leak, {
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| black_box(vec![1_u8; 100]).len());
                }
            });
        });
    }
}

#[test]
fn a_detached_thread_that_has_answered() {
    assert_budget!(no_leak, {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            sender.send(1).unwrap();
            thread::sleep(Duration::from_millis(50));
        });
        receiver.recv().unwrap()
    });
}

#[test]
fn a_blocking_channel() {
    assert_budget!(no_leak, {
        let (requests, served) = sync_channel::<Vec<u8>>(1);
        let (answers, answered) = channel();
        let helper = thread::spawn(move || {
            for request in served {
                thread::sleep(Duration::from_millis(2));
                answers.send(request.len()).unwrap();
            }
        });
        for size in 1..40 {
            requests.send(vec![1; size]).unwrap();
        }
        assert_eq!(answered.iter().take(39).sum::<usize>(), 39 * 40 / 2);
        drop(requests);
        helper.join().unwrap();
    });
}

#[test]
fn first_output() {
    assert_budget!(no_leak, {
        println!("hello {}", black_box(1));
    });
    assert_budget!(no_leak, {
        for line in 0..100 {
            println!("hello {line}");
        }
    });
    assert_budget!(no_leak, {
        write!(stdout(), "").unwrap();
        eprintln!("hello {}", black_box(2));
        for line in 0..1000 {
            print!("{line}");
        }
        println!();
    });
}

#[test]
fn later_output() {
    println!("before");
    assert_budget!(no_leak, {
        for line in 0..1000 {
            println!("hello {line}");
        }
    });
}

#[test]
fn output_of_another_thread() {
    assert_budget!(no_leak, {
        println!("hello");
        thread::spawn(|| (0..1000).for_each(|line| println!("hello {line}"))).join().unwrap();
        println!("hello");
    });
}

#[test]
fn a_caught_panic() {
    assert_budget!(no_leak, {
        let caught = panic::catch_unwind(|| {
            let held = black_box(vec![1_u8; 100]);
            panic!("on purpose: {}", held.len());
        });
        assert!(caught.is_err());
    });
}

#[test]
fn the_first_hash_map() {
    assert_budget!(no_leak, {
        let map = (0..100).map(|number| (number, number)).collect::<HashMap<_, _>>();
        black_box(map).len()
    });
}

#[test]
fn the_handle_of_the_thread() {
    let take = || {
        assert_budget!(no_leak, {
            let handle = thread::current();
            thread::park_timeout(Duration::from_millis(1));
            handle.name().map(str::len)
        })
    };
    take();
    thread::spawn(take).join().unwrap();
}

#[test]
fn a_thread_local_with_a_destructor() {
    struct Counted(u8);
    impl Drop for Counted {
        fn drop(&mut self) {
            black_box(self.0);
        }
    }
    thread_local!(static COUNTED: Counted = const { Counted(1) });
    let take = || assert_budget!(no_leak, { COUNTED.with(|counted| counted.0) });
    take();
    thread::spawn(take).join().unwrap();
}

#[test]
fn standard_input_and_the_environment() {
    assert_budget!(no_leak, {
        let mut byte = [0];
        let read = stdin().lock().read(&mut byte);
        (
            read.is_ok(),
            env::var_os("PATH").is_some(),
            env::args().count(),
            env::current_dir().is_ok(),
        )
    });
}

/// As nextest runs them, with `--test-threads=1`, and with backtraces.
#[test]
fn alone_in_a_process_with_and_without_captured_output() {
    let variants: [(&[&str], &str); 4] = [
        (&["--nocapture"], "0"),
        (&["--nocapture", "--test-threads=1"], "1"),
        (&["--test-threads=1"], "0"),
        (&[], "1"),
    ];
    for (arguments, backtrace) in variants {
        for test in TESTS {
            let output = Command::new(env::current_exe().unwrap())
                .args(["--exact", test])
                .args(arguments)
                .env("RUST_BACKTRACE", backtrace)
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let message = String::from_utf8_lossy(&output.stdout);
            assert!(message.contains("1 passed"), "{test} {arguments:?} {backtrace}: {message}");
        }
    }
}
