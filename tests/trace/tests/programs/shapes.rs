//! Built in every shape that cargo's profiles can give a program.

use mem_profile::trace::{self, By, Config, Snapshot};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[inline(never)]
fn keeps() -> Vec<Vec<u8>> {
    let kept = (0..7).map(|_| vec![1; 100]).collect();
    // Not a tail call, of which no frame would be left.
    std::hint::black_box(kept)
}

/// The stacks of the seven blocks, and the report.
fn show(snapshot: &Snapshot) {
    for stack in snapshot.statistics(By::Traceback) {
        if (stack.size, stack.count) == (700, 7) {
            let frames = stack.traceback.iter().map(|frame| frame.function.as_str());
            println!("stack {}", frames.collect::<Vec<_>>().join(" "));
        }
    }
    print!("{}", snapshot.to_text(10));
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["save", path] => {
            trace::start(Config::exact()).expect("it can be traced");
            let kept = keeps();
            let snapshot = trace::snapshot();
            snapshot.save(path).expect("a file");
            show(&snapshot);
            drop(kept);
        }
        ["load", path] => show(&Snapshot::load(path).expect("a snapshot")),
        ["load", path, symbols] => {
            let mut snapshot = Snapshot::load(path).expect("a snapshot");
            snapshot.with_symbols(symbols).expect("the unstripped file");
            show(&snapshot);
        }
        ["panic"] => {
            let kept = keeps();
            panic!("on purpose, with {} blocks", kept.len());
        }
        _ => panic!("save, load or panic"),
    }
}
