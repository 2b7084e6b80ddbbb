//! Tests of a whole process: each starts this test binary once more.

use std::env;
use std::ffi::c_void;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use super::{exit, warn};
use crate::process;

const CHILD: &str = "MEM_PROFILE_TEST_CHILD";
const REPORT: &str = "<the report>";

fn report() {
    warn(REPORT);
}

/// Runs `child` in a process of its own, which the named test becomes, and returns how that ended.
fn in_child(test: &str, child: fn()) -> Option<Output> {
    if env::var_os(CHILD).is_some() {
        child();
        return None;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &full_name(test)]).env(CHILD, "1");
    Some(command.output().unwrap())
}

fn full_name(test: &str) -> String {
    format!("{}::{test}", module_path!().split_once("::").unwrap().1)
}

/// The same in a process with the number 1. `None` also where there are no containers.
fn in_container(test: &str, child: fn()) -> Option<Output> {
    if env::var_os(CHILD).is_some() {
        child();
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork"]).arg(env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &full_name(test)]).env(CHILD, "1");
    // It finds no thread by the numbers of a container, and takes what these hold for leaks.
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    let output = command.output().ok()?;
    let is_refused = String::from_utf8_lossy(&output.stderr).contains("unshare failed");
    (!is_refused).then_some(output)
}

fn reports(output: &Output) -> usize {
    String::from_utf8_lossy(&output.stderr).matches(REPORT).count()
}

fn fork() -> bool {
    // SAFETY: the children of these tests leave right away and take no lock.
    unsafe { libc::fork() == 0 }
}

fn wait_for_child() -> libc::c_int {
    let mut status = 0;
    // SAFETY: the status is writable.
    unsafe { libc::wait(&mut status) };
    status
}

#[test]
fn the_report_comes_once_at_the_end() {
    let child = || {
        exit::install(report, || {});
        exit::install(|| warn("never"), || {});
    };
    let Some(ended) = in_child("the_report_comes_once_at_the_end", child) else { return };
    assert!(ended.status.success());
    assert_eq!(reports(&ended), 1);
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("never"));
}

#[test]
fn exit_from_a_thread_reports_and_keeps_its_code() {
    let child = || {
        exit::install(report, || {});
        thread::spawn(|| std::process::exit(3)).join().unwrap();
    };
    let test = "exit_from_a_thread_reports_and_keeps_its_code";
    let Some(ended) = in_child(test, child) else { return };
    assert_eq!((ended.status.code(), reports(&ended)), (Some(3), 1));
}

#[test]
fn a_forked_child_does_not_report() {
    let child = || {
        exit::install(report, || {});
        if fork() {
            // SAFETY: runs the exit handlers, which is the point.
            unsafe { libc::exit(0) };
        }
        assert_eq!(wait_for_child(), 0);
    };
    let Some(ended) = in_child("a_forked_child_does_not_report", child) else { return };
    assert_eq!(reports(&ended), 1);
}

/// As the first process of a container in a container.
#[cfg(target_os = "linux")]
#[test]
fn a_forked_child_with_the_number_of_its_parent_does_not_report() {
    let child = || {
        exit::install(report, || {});
        // SAFETY: only the children of this process are concerned.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWPID) }, 0);
        if fork() {
            assert_eq!(process::id(), 1);
            // SAFETY: runs the exit handlers, which is the point.
            unsafe { libc::exit(0) };
        }
        assert_eq!((process::id(), wait_for_child()), (1, 0));
    };
    let test = "a_forked_child_with_the_number_of_its_parent_does_not_report";
    let Some(ended) = in_container(test, child) else { return };
    assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1), "{ended:?}");
}

#[test]
fn a_panicking_report_does_not_change_the_exit_code() {
    let child = || exit::install(|| panic!("{REPORT}"), || {});
    let test = "a_panicking_report_does_not_change_the_exit_code";
    let Some(ended) = in_child(test, child) else { return };
    assert!(ended.status.success());
    assert_eq!(reports(&ended), 1);
}

#[test]
fn the_resident_set_grows_by_what_is_touched() {
    const SIZE: usize = 64 << 20;
    let child = || {
        let before = process::rss().expect("this system knows");
        let block = std::hint::black_box(vec![1_u8; SIZE]);
        let after = process::rss().expect("this system knows");
        assert!(after - before >= block.len() as u64 * 9 / 10, "{before} to {after}");
    };
    let test = "the_resident_set_grows_by_what_is_touched";
    let Some(ended) = in_child(test, child) else { return };
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
fn an_armed_thread_announces_its_end_until_all_are_disarmed() {
    static EXITED_WITH: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn record(pointer: *mut c_void) {
        EXITED_WITH.store(pointer as usize, SeqCst);
    }
    let child = || {
        assert!(process::on_thread_exit(record));
        thread::spawn(|| assert!(process::arm(0x1234 as *mut c_void))).join().unwrap();
        assert_eq!(EXITED_WITH.load(SeqCst), 0x1234);

        let late = thread::spawn(|| {
            assert!(process::arm(0x5678 as *mut c_void));
            process::disarm_all();
            assert!(!process::arm(0x5678 as *mut c_void));
        });
        late.join().unwrap();
        assert_eq!(EXITED_WITH.load(SeqCst), 0x1234);
    };
    let test = "an_armed_thread_announces_its_end_until_all_are_disarmed";
    let Some(ended) = in_child(test, child) else { return };
    assert!(ended.status.success(), "{ended:?}");
}

#[cfg(feature = "signals")]
mod signals {
    use super::*;
    use crate::session::signals::install;
    use std::os::unix::process::ExitStatusExt;
    use std::time::{Duration, Instant};

    fn start() {
        exit::install(report, || {});
        assert!(install(report, |work| work()));
    }

    fn send(signal: libc::c_int) {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(libc::getpid(), signal) };
        thread::sleep(Duration::from_millis(300));
    }

    extern "C" fn ignore(_signal: libc::c_int) {}

    fn handle(signal: libc::c_int) {
        let handler = ignore as extern "C" fn(libc::c_int);
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }

    #[test]
    fn a_deadly_signal_reports_and_kills() {
        let child = || {
            start();
            send(libc::SIGTERM);
        };
        let Some(ended) = in_child("signals::a_deadly_signal_reports_and_kills", child) else {
            return;
        };
        assert_eq!((ended.status.signal(), reports(&ended)), (Some(libc::SIGTERM), 1));
    }

    /// As where a library with this code in it is unloaded.
    #[test]
    fn nobody_listens_on_when_the_code_goes() {
        let child = || {
            start();
            send(libc::SIGUSR1);
            crate::process::stop_listening();
            assert_eq!(crate::process::listeners(), 0);
            let threads = std::fs::read_dir("/proc/self/task")
                .unwrap()
                .map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap());
            assert_eq!(threads.filter(|name| name == "mem-profile\n").count(), 0);
            send(libc::SIGTERM);
        };
        let Some(ended) = in_child("signals::nobody_listens_on_when_the_code_goes", child) else {
            return;
        };
        assert_eq!((ended.status.signal(), reports(&ended)), (Some(libc::SIGTERM), 1));
    }

    #[test]
    fn a_live_report_lets_the_program_go_on() {
        let child = || {
            start();
            send(libc::SIGUSR1);
            send(libc::SIGUSR1);
        };
        let Some(ended) = in_child("signals::a_live_report_lets_the_program_go_on", child) else {
            return;
        };
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 3));
    }

    #[test]
    fn signals_the_program_handles_are_left_alone() {
        let child = || {
            handle(libc::SIGTERM);
            start();
            send(libc::SIGTERM);
            handle(libc::SIGINT);
            send(libc::SIGINT);
        };
        let test = "signals::signals_the_program_handles_are_left_alone";
        let Some(ended) = in_child(test, child) else { return };
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1));
    }

    #[test]
    fn a_handler_that_chains_to_ours_keeps_the_program_alive() {
        static PREVIOUS: std::sync::OnceLock<libc::sighandler_t> = std::sync::OnceLock::new();
        extern "C" fn chain(signal: libc::c_int) {
            let previous = *PREVIOUS.get().expect("set before the signal");
            // SAFETY: what was installed before is a handler of this type.
            let previous: extern "C" fn(libc::c_int) = unsafe { std::mem::transmute(previous) };
            previous(signal);
        }
        let child = || {
            start();
            let chain = chain as extern "C" fn(libc::c_int) as libc::sighandler_t;
            // SAFETY: the handler only forwards.
            PREVIOUS.set(unsafe { libc::signal(libc::SIGTERM, chain) }).unwrap();
            send(libc::SIGTERM);
        };
        let test = "signals::a_handler_that_chains_to_ours_keeps_the_program_alive";
        let Some(ended) = in_child(test, child) else { return };
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1));
    }

    /// Closes every descriptor but the standard ones, as daemons do.
    fn close_descriptors() {
        // SAFETY: nothing of this process uses them any more.
        (3..1024).for_each(|descriptor| _ = unsafe { libc::close(descriptor) });
    }

    #[test]
    fn a_program_that_closes_all_descriptors_dies_of_its_signal() {
        let child = || {
            start();
            close_descriptors();
            send(libc::SIGUSR1);
            send(libc::SIGTERM);
        };
        let test = "signals::a_program_that_closes_all_descriptors_dies_of_its_signal";
        let Some(ended) = in_child(test, child) else { return };
        assert_eq!((ended.status.signal(), reports(&ended)), (Some(libc::SIGTERM), 2));
    }

    #[test]
    fn a_daemon_dies_of_its_signal() {
        let child = || {
            start();
            if !fork() {
                assert_eq!(wait_for_child(), 0);
                return;
            }
            if fork() {
                close_descriptors();
                send(libc::SIGTERM);
                // SAFETY: reached only if the signal did not kill.
                unsafe { libc::_exit(1) };
            }
            let died_of = libc::WTERMSIG(wait_for_child());
            // SAFETY: ends the process in between.
            unsafe { libc::_exit(libc::c_int::from(died_of != libc::SIGTERM)) };
        };
        let Some(ended) = in_child("signals::a_daemon_dies_of_its_signal", child) else { return };
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1));
    }

    fn hang() {
        loop {
            thread::park();
        }
    }

    fn send_at_once(signal: libc::c_int) {
        // SAFETY: no memory is involved.
        unsafe { libc::kill(libc::getpid(), signal) };
    }

    /// The signal that ends that process, and after how many seconds.
    fn end_of(test: &str, child: fn()) -> Option<(Option<i32>, u64)> {
        let start = Instant::now();
        let ended = in_child(test, child)?;
        Some((ended.status.signal(), start.elapsed().as_secs()))
    }

    #[test]
    fn a_report_that_hangs_does_not_keep_the_process_alive() {
        let child = || {
            exit::install(hang, || {});
            assert!(install(hang, |work| work()));
            send(libc::SIGUSR1);
            send_at_once(libc::SIGTERM);
            hang();
        };
        let test = "signals::a_report_that_hangs_does_not_keep_the_process_alive";
        let Some((signal, seconds)) = end_of(test, child) else { return };
        assert_eq!(signal, Some(libc::SIGTERM));
        assert!((10..60).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_second_signal_kills_at_once() {
        let child = || {
            exit::install(hang, || {});
            assert!(install(hang, |work| work()));
            send(libc::SIGUSR1);
            send(libc::SIGTERM);
            send_at_once(libc::SIGTERM);
            hang();
        };
        let Some((signal, seconds)) = end_of("signals::a_second_signal_kills_at_once", child)
        else {
            return;
        };
        assert_eq!(signal, Some(libc::SIGTERM));
        assert!(seconds < 8, "{seconds}");
    }

    /// The system kills no first process of a container by a signal that it does not handle.
    #[test]
    fn the_first_process_of_a_container_lives_on_as_ever() {
        let child = || {
            start();
            send(libc::SIGTERM);
            send(libc::SIGTERM);
            warn("<alive>");
        };
        let test = "signals::the_first_process_of_a_container_lives_on_as_ever";
        let Some(ended) = in_container(test, child) else { return };
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1), "{said}");
        assert!(said.contains("<alive>"), "{said}");
    }

    #[test]
    fn a_forked_child_dies_as_ever() {
        let child = || {
            start();
            if fork() {
                send(libc::SIGTERM);
                // SAFETY: reached only if the signal did not kill.
                unsafe { libc::_exit(1) };
            }
            assert_eq!(libc::WTERMSIG(wait_for_child()), libc::SIGTERM);
        };
        let Some(ended) = in_child("signals::a_forked_child_dies_as_ever", child) else { return };
        assert_eq!((ended.status.code(), reports(&ended)), (Some(0), 1));
    }
}
