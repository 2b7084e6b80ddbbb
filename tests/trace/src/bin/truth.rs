//! Runs some work with everything recorded, and compares the tracer's figures with the record,
//! stack by stack. Prints how many captures of how many stacks were the same.
//!
//! `truth WORK SCALE [full]`: with `full` each stack is walked to its end.

use std::collections::{BTreeMap, HashMap};

use mem_profile::trace::{self, Config};
use serde_json::Value;
use traced::record::{self, Recorder};
use traced::{scene, work};

#[global_allocator]
static ALLOC: Recorder<mem_profile::Alloc> = Recorder(mem_profile::Alloc::new());

/// Allocated blocks and bytes, live blocks and bytes.
type Figures = [i64; 4];

fn main() {
    let name = scene();
    let mut arguments = std::env::args().skip(2);
    let scale = arguments.next().and_then(|scale| scale.parse().ok()).expect("a scale");
    let in_full = arguments.next().as_deref() == Some("full");
    record::prepare();
    // The unwinder's first use allocates, which is not part of the work.
    backtrace::trace(|_| true);
    trace::start(Config::exact()).expect("it can be traced");
    trace::walk_in_full(in_full);
    // The record has whole stacks.
    trace::fold_above(usize::MAX);
    record::start();
    let kept = work::run(&name, scale);
    record::pause();
    let snapshot = trace::snapshot();
    drop(kept);
    let path = std::env::temp_dir().join(format!("mem-profile-truth-{}", std::process::id()));
    snapshot.save(&path).expect("a file");
    let text = std::fs::read_to_string(&path).expect("the file");
    let _ = std::fs::remove_file(&path);
    let measured: Value = serde_json::from_str(&text).expect("JSON");
    let mut names = Names::default();
    let (truth, captures) = truth(&mut names);
    compare(&truth, &traced(&measured, &mut names));
    println!("{captures} {}", truth.len());
}

/// Which return addresses lie in allocators: those frames differ between the two sides.
#[derive(Default)]
struct Names(HashMap<usize, bool>);

impl Names {
    fn is_allocator(&mut self, address: usize) -> bool {
        *self.0.entry(address).or_insert_with(|| {
            let mut found = false;
            backtrace::resolve((address - 1) as *mut _, |symbol| {
                let name = symbol.name().map(|name| name.to_string()).unwrap_or_default();
                let parts = ["backtrace::", "mem_profile_runtime::", "traced::record::", "__rust"];
                found |= parts.iter().any(|part| name.contains(part));
            });
            found
        })
    }

    fn callers(&mut self, frames: &[usize]) -> Vec<usize> {
        let inner = frames.iter().take_while(|&&frame| self.is_allocator(frame)).count();
        frames[inner..].to_vec()
    }
}

/// The recorded figures, and the number of stacks captured for them.
fn truth(names: &mut Names) -> (BTreeMap<Vec<usize>, Figures>, usize) {
    let mut stacks = HashMap::new();
    let mut sums: HashMap<u64, Figures> = HashMap::new();
    let mut live = HashMap::new();
    let mut captures = 0;
    for event in record::events() {
        if event.size > 0 {
            captures += 1;
            add(sums.entry(event.stack).or_default(), [1, event.size as i64, 1, event.size as i64]);
            live.insert(event.block, *event);
        } else if let Some(made) = live.remove(&event.block) {
            add(sums.entry(made.stack).or_default(), [0, 0, -1, -(made.size as i64)]);
        }
    }
    let mut by_callers = BTreeMap::new();
    for (stack, figures) in sums {
        let callers =
            stacks.entry(stack).or_insert_with(|| names.callers(&record::frames(stack))).clone();
        add(by_callers.entry(callers).or_default(), figures);
    }
    (by_callers, captures)
}

fn traced(measured: &Value, names: &mut Names) -> BTreeMap<Vec<usize>, Figures> {
    let number = |value: &Value| value.as_i64().expect("a number");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let addresses: Vec<usize> =
        list(&measured["addresses"]).iter().map(|one| number(&one["address"]) as usize).collect();
    let mut by_callers = BTreeMap::new();
    for trace in list(&measured["traces"]) {
        let frames = list(&trace["frames"]);
        let frames: Vec<_> = frames.iter().map(|frame| addresses[number(frame) as usize]).collect();
        let figure = |name: &str| number(&trace[name]);
        let figures = [
            figure("allocated_blocks") / 1024,
            figure("allocated_bytes"),
            figure("live_blocks") / 1024,
            figure("live_bytes"),
        ];
        assert_eq!(trace["reach"], "Whole", "{trace}");
        add(by_callers.entry(names.callers(&frames)).or_default(), figures);
    }
    by_callers
}

fn add(sum: &mut Figures, change: Figures) {
    sum.iter_mut().zip(change).for_each(|(sum, change)| *sum += change);
}

fn compare(truth: &BTreeMap<Vec<usize>, Figures>, traced: &BTreeMap<Vec<usize>, Figures>) {
    let mut differences = 0;
    let mut different = |what: &str, callers: &[usize], one: Figures, other: Figures| {
        differences += 1;
        if differences <= 5 {
            eprintln!("{what}: true {one:?}, traced {other:?}, from {callers:x?}");
            for &caller in callers {
                backtrace::resolve((caller - 1) as *mut _, |symbol| {
                    eprintln!("    {caller:x} {:?} {:?}", symbol.name(), symbol.lineno());
                });
            }
        }
    };
    for (callers, &figures) in truth {
        match traced.get(callers) {
            Some(&other) if other == figures => {}
            other => different("stack", callers, figures, other.copied().unwrap_or_default()),
        }
    }
    for (callers, &figures) in traced.iter().filter(|(callers, _)| !truth.contains_key(*callers)) {
        different("extra", callers, Figures::default(), figures);
    }
    assert_eq!(differences, 0, "of {} stacks", truth.len());
}
