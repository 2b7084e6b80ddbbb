//! `exec`: how often signals from processes and from the terminal reach the program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{COMMAND, Folder, ran, wait_for};
use crate::terminal::in_terminal;

/// A program that counts signals, and ends with SIGUSR1.
const COUNTER: &str = r#"
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    static COUNTS: [AtomicUsize; 16] = [const { AtomicUsize::new(0) }; 16];

    extern "C" fn count(number: i32) {
        COUNTS[number as usize].fetch_add(1, SeqCst);
    }

    unsafe extern "C" {
        safe fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    }

    fn write(name: &str, text: String) {
        std::fs::write("new", text).unwrap();
        std::fs::rename("new", name).unwrap();
    }

    fn main() {
        [1, 2, 10, 15].into_iter().for_each(|number| _ = signal(number, count));
        write("ready", std::os::unix::process::parent_id().to_string());
        let count = |number: usize| COUNTS[number].load(SeqCst);
        while count(10) == 0 {
            if [1, 2, 15].into_iter().any(|number| count(number) > 0) {
                write("reached", String::new());
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        println!("HUP {} INT {} TERM {}", count(1), count(2), count(15));
    }
"#;

/// The counting program, built once for each test.
fn counter(folder: &Folder) -> PathBuf {
    folder.write("counter.rs", COUNTER);
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "counter.rs"]).current_dir(folder.path(""));
    assert!(rustc.status().unwrap().success());
    folder.path("counter")
}

fn send(signal: &str, process: &str) {
    let status = Command::new("kill").args(["-s", signal, process]).status();
    assert!(status.unwrap().success());
}

/// The process id of the counter, once it handles signals.
fn parent(folder: &Folder) -> String {
    wait_for(|| folder.path("ready").exists() && folder.has_samples());
    folder.read("ready")
}

/// Waits for a signal, then ends the counter with another one that is forwarded, so it arrives last.
fn end(folder: &Folder, parent: &str, child: Child) -> String {
    wait_for(|| folder.path("reached").exists());
    send("USR1", parent);
    let ran = ran(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn exec_in_terminal(folder: &Folder, program: &Path) -> Child {
    in_terminal(folder, &format!("MEM exec -q -o a.dat '{}'", program.display()))
}

#[test]
fn ctrl_c_reaches_the_program_once() {
    let folder = Folder::new();
    let mut child = exec_in_terminal(&folder, &counter(&folder));
    let parent = parent(&folder);
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    let counts = end(&folder, &parent, child);
    assert!(counts.contains("HUP 0 INT 1 TERM 0"), "{counts}");
    drop(keys);
}

#[test]
fn a_signal_to_the_command_alone_reaches_the_program_once() {
    let expected = [("HUP", [1, 0, 0]), ("INT", [0, 1, 0]), ("TERM", [0, 0, 1])];
    for (signal, [hup, int, term]) in expected {
        for has_terminal in [true, false] {
            let folder = Folder::new();
            let program = counter(&folder);
            let mut child = match has_terminal {
                true => exec_in_terminal(&folder, &program),
                false => {
                    let mut command = Command::new("env");
                    command.args(["--default-signal", COMMAND, "exec", "-q", "-o", "a.dat"]);
                    command.arg(program).current_dir(folder.path("")).stdin(Stdio::null());
                    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
                }
            };
            let keys = child.stdin.take();
            let parent = parent(&folder);
            send(signal, &parent);
            let counts = end(&folder, &parent, child);
            assert!(
                counts.contains(&format!("HUP {hup} INT {int} TERM {term}")),
                "{signal} {has_terminal}: {counts}"
            );
            drop(keys);
        }
    }
}
