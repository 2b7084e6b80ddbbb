//! A program that is built, captured at its end, and captured while it runs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Folder, Ran, ran};

/// Listeners hold 50 texts of 1,000 bytes, and three cycles of two nodes are lost.
const PROGRAM: &str = r#"
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;

struct Payload {
    text: String,
}

type Listener = Box<dyn Fn() -> usize + Send>;

static REGISTRY: Mutex<Vec<Listener>> = Mutex::new(Vec::new());

/// Of 512 bytes with its counts: nothing was there before, to which a stale word could lead.
struct Node {
    next: RefCell<Option<Rc<Node>>>,
    _room: [u64; 60],
}

fn node() -> Rc<Node> {
    Rc::new(Node { next: RefCell::default(), _room: [0; 60] })
}

fn subscribe(payload: Payload) {
    REGISTRY.lock().unwrap().push(Box::new(move || payload.text.len()));
}

fn cycle() {
    let (one, other) = (node(), node());
    *one.next.borrow_mut() = Some(other.clone());
    *other.next.borrow_mut() = Some(one);
}

/// Far out on the stack, where no frame comes later that a stale word could be left in.
#[inline(never)]
fn far_out(levels: u32) {
    let room = std::hint::black_box([0_u8; 4096]);
    if levels == 0 { cycle() } else { far_out(levels - 1) }
    std::hint::black_box(&room);
}

fn main() {
    (0..50).for_each(|_| subscribe(Payload { text: "x".repeat(1000) }));
    (0..3).for_each(|_| far_out(32));
    println!("ready");
    if std::env::args().nth(1).is_some() {
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }
    std::process::exit(7);
}
"#;

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("Cargo.toml", MANIFEST);
    fs::create_dir(folder.path("src")).unwrap();
    folder.write("src/main.rs", PROGRAM);
    folder
}

fn graph(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = folder.command(&[&["graph"], arguments].concat());
    command.env_remove("CARGO_PROFILE_DEV_DEBUG");
    command
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let ran = ran(&graph(folder, arguments).arg("--json").output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn sum<'a>(rows: impl Iterator<Item = &'a Value>, figure: &str) -> u64 {
    rows.map(|row| row[figure].as_u64().unwrap()).sum()
}

#[test]
#[ignore = "builds the tracer: `.ci/run graph`"]
fn a_program_is_captured_at_its_end_and_while_it_runs() {
    let folder = project();
    let ran: Ran = ran(&graph(&folder, &["run", "--quiet"]).output().unwrap());
    // Its exit code is the program's, and nothing was changed beside it.
    assert_eq!((ran.code, ran.stdout.as_str()), (7, "ready\n"), "{}", ran.stderr);
    assert_eq!(folder.read("src/main.rs"), PROGRAM);
    assert!(ran.stderr.contains("mem-profile: captured "), "{}", ran.stderr);
    is_as_planted(&folder, "app.mheap");

    let mut command = graph(&folder, &["run", "--release", "--after", "1000s", "--", "wait"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    // Cargo becomes the program.
    let captured =
        crate::run::ran(&graph(&folder, &["capture", &program.id().to_string()]).output().unwrap());
    assert!(captured.stdout.ends_with("/app.2.mheap\n"), "{captured:?}");
    is_as_planted(&folder, "app.2.mheap");
    program.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    let output = program.wait_with_output().unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{messages}");
    assert!(messages.contains("building the profile release with debug = 2: "), "{messages}");
    assert!(messages.contains("the program ends before 1000s are over"), "{messages}");
    let last = folder.path("app.3.mheap");
    assert!(last.exists(), "{messages}");
}

fn is_as_planted(folder: &Folder, name: &str) {
    let retained = json(folder, &["retained", name]);
    let registry = &retained["rows"][0];
    // Buffer of the registry, and a closure of 24 bytes and a text for each of 50.
    assert_eq!(
        (&registry["blocks"], &registry["class"]),
        (&101.into(), &"Named".into()),
        "{retained}"
    );
    assert_eq!(registry["retained"], 64 * 16 + 50 * (24 + 1000), "{retained}");
    let leaks = json(folder, &["leaks", name]);
    assert_eq!(sum(leaks["rows"].as_array().unwrap().iter(), "retained"), 6 * 512, "{leaks}");
    let cycles = json(folder, &["cycles", name]);
    let lost = cycles["rows"].as_array().unwrap().iter().filter(|row| row["class"] == "Lost");
    assert_eq!(sum(lost, "cycles"), 3, "{cycles}");
    let check = |limit: &str| {
        ran(&graph(folder, &["check", name, "--max-leaked", limit]).output().unwrap()).code
    };
    assert_eq!([check("3072"), check("3071")], [0, 3]);
}

#[test]
fn who_does_not_listen_is_not_signalled() {
    let folder = Folder::new();
    let own = std::process::id().to_string();
    let ran = folder.run(&["graph", "capture", &own]);
    let line = format!(
        "error: process {own} waits for no capture: start it by `cargo mem-profile graph run`\n"
    );
    assert_eq!((ran.code, ran.stderr), (125, line));
    let ran = folder.run(&["graph", "capture", "4294967295"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: cannot look into process 4294967295: No such file or directory (os error 2)");
}
