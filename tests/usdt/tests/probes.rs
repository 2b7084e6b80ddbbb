//! Listens to programs by the kernel, where that is allowed: root may, or whoever has `CAP_PERFMON`.
#![cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]
#![allow(missing_docs)]

mod listener;
mod notes;

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use listener::{Count, Hit, Listener};

const MEAN: f64 = (512 << 10) as f64;
const BLOCKS: &str = env!("CARGO_BIN_EXE_blocks");

#[test]
fn a_program_has_each_probe_once_and_semaphores_that_the_kernel_finds() {
    assert_has_probes(Path::new(BLOCKS));
}

/// Each is a build of its own.
#[test]
#[ignore = "it builds the program three times"]
fn probes_stay_in_programs_that_are_optimised_as_a_whole_and_stripped() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (lto, strip, units) in
        [("fat", "none", "1"), ("thin", "debuginfo", "16"), ("fat", "symbols", "1")]
    {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--release",
            "--package",
            "probed",
            "--bin",
            "blocks",
            "--target-dir",
        ]);
        cargo.arg(folder).env("CARGO_PROFILE_RELEASE_LTO", lto);
        cargo
            .env("CARGO_PROFILE_RELEASE_STRIP", strip)
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", units);
        assert!(cargo.status().expect("cargo").success());
        let built = folder.join("release/blocks");
        assert_has_probes(&built);
        std::fs::remove_file(built).expect("it was there");
    }
}

fn assert_has_probes(program: &Path) {
    let probes = notes::read(program);
    let [alloc, free] = &*probes else { panic!("{probes:?}") };
    assert_eq!([&*alloc.provider, &*free.provider], ["otel_memory"; 2]);
    assert_eq!([&*alloc.name, &*free.name], ["alloc", "free"]);
    let arguments = match cfg!(target_arch = "x86_64") {
        true => ["8@%rdi 8@%rsi 8@%rdx", "8@%rdi"],
        false => ["8@x0 8@x1 8@x2", "8@x0"],
    };
    assert_eq!([&*alloc.arguments, &*free.arguments], arguments);
    let bytes = std::fs::read(program).expect("the program's file");
    for probe in [alloc, free] {
        let at = |offset: u64, length: usize| &bytes[offset as usize..][..length];
        match cfg!(target_arch = "x86_64") {
            true => assert_eq!(at(probe.offset, 1), [0x90]),
            false => assert_eq!(at(probe.offset, 4), 0xd503_201f_u32.to_le_bytes()),
        }
        assert_eq!(at(probe.semaphore_offset, 2), [0, 0]);
    }
    assert_ne!(alloc.semaphore_offset, free.semaphore_offset);
}

/// A step of the program, as it says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Made { block: u64, size: u64 },
    Freed { block: u64 },
}

struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(path: &str) -> Self {
        let mut command = Command::new(path);
        command.env("MEM_PROFILE_FORMAT", "none").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, input, output }
    }

    /// What it says to have done since it last waited.
    fn steps(&mut self) -> Vec<Step> {
        let lines = self.output.by_ref().lines().map(|line| line.expect("a line"));
        let parse = |line: String| {
            let mut numbers =
                line.split(' ').skip(1).map(|number| number.parse().expect("a number"));
            let block = numbers.next().expect("a block");
            numbers.next().map_or(Step::Freed { block }, |size| Step::Made { block, size })
        };
        lines.take_while(|line| line != "done").map(parse).collect()
    }

    fn go_on(&mut self) {
        self.input.write_all(b"\n").expect("it reads");
    }

    /// `None` where this machine lets nobody listen.
    fn listener(&self) -> Option<Listener> {
        heard(Listener::begin(
            Path::new(BLOCKS),
            self.child.id() as i32,
            &notes::read(Path::new(BLOCKS)),
        ))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn heard<T>(listener: io::Result<T>) -> Option<T> {
    listener.inspect_err(|error| eprintln!("skipped: nobody may listen here: {error}")).ok()
}

fn step(hit: &Hit) -> Step {
    match (&*hit.name, &*hit.arguments) {
        ("alloc", &[block, size, _]) => Step::Made { block, size },
        ("free", &[block]) => Step::Freed { block },
        other => panic!("{other:?}"),
    }
}

fn weight(size: u64) -> f64 {
    size as f64 / chance(size)
}

fn chance(size: u64) -> f64 {
    -(-(size as f64) / MEAN).exp_m1()
}

/// Each hit is a step of the program, in the same order. Returns the blocks that were said and are alive.
fn match_up(hits: &[Hit], steps: &[Step]) -> HashMap<u64, u64> {
    let mut hits = hits.iter().peekable();
    let mut known = HashMap::new();
    // The block that has just ended, and how many came back, since they could not be reallocated.
    let (mut ended, mut kept) = (None, 0);
    for step in steps {
        let said = hits.next_if(|hit| self::step(hit) == *step);
        ended = match *step {
            Step::Freed { block } => {
                let size = known.remove(&block);
                assert_eq!(size.is_some(), said.is_some());
                size.map(|size| Step::Made { block, size })
            }
            Step::Made { block, size } => {
                if let Some(hit) = said {
                    assert_eq!(hit.arguments[2], weight(size).round() as u64);
                    assert_eq!(known.insert(block, size), None, "each block once");
                }
                if ended == Some(*step) {
                    assert!(said.is_some());
                    kept += 1;
                }
                None
            }
        };
    }
    assert_eq!(hits.next(), None);
    assert!(kept > 3, "{kept} were kept");
    known
}

/// Asserts that weights add up to the sizes, as far as chance lets them: five standard deviations.
fn assert_unbiased<'a>(said: impl Iterator<Item = u64>, sizes: impl Iterator<Item = &'a u64>) {
    let said: f64 = said.map(weight).sum();
    let (mut bytes, mut variance) = (0.0, 0.0);
    for &size in sizes {
        bytes += size as f64;
        variance += (size as f64).powi(2) * (1.0 - chance(size)) / chance(size);
    }
    assert!(
        (said - bytes).abs() < 5.0 * variance.sqrt(),
        "{said} of {bytes} ± {}",
        variance.sqrt()
    );
}

#[test]
fn a_listener_hears_of_sampled_blocks_and_of_their_frees_alone() {
    let mut program = Program::start(BLOCKS);
    program.steps();
    let Some(listener) = program.listener() else { return };
    // 5,000 steps before it came are not known.
    program.go_on();
    let steps = program.steps();
    let hits = listener.hits();
    let known = match_up(&hits, &steps);
    let sizes: Vec<u64> = steps.iter().filter_map(|step| size_of_made(*step)).collect();
    let said = hits.iter().filter_map(|hit| size_of_made(step(hit)));
    assert!(said.clone().count() > 3000, "{}", said.count());
    assert_unbiased(said, sizes.iter());
    assert_unbiased(known.values().copied(), alive(&steps).values());
    // It goes, what it knows is freed, and other blocks are at these addresses when the next one comes.
    drop(listener);
    program.go_on();
    program.steps();
    let Some(listener) = program.listener() else { return };
    program.go_on();
    assert!(program.steps().len() > 10);
    assert_eq!(listener.hits(), []);
}

fn size_of_made(step: Step) -> Option<u64> {
    match step {
        Step::Made { size, .. } => Some(size),
        Step::Freed { .. } => None,
    }
}

/// The blocks that were made and not freed.
fn alive(steps: &[Step]) -> HashMap<u64, u64> {
    let mut alive = HashMap::new();
    for step in steps {
        match *step {
            Step::Made { block, size } => _ = alive.insert(block, size),
            Step::Freed { block } => _ = alive.remove(&block),
        }
    }
    alive
}

#[test]
fn blocks_are_heard_of_wherever_they_are_allocated() {
    let path = Path::new(env!("CARGO_BIN_EXE_everywhere"));
    let mut program = Program::start(env!("CARGO_BIN_EXE_everywhere"));
    let probes = notes::read(path);
    let begin = |probe| heard(Count::begin(path, probe));
    let Some(mut counts) = probes.iter().map(begin).collect::<Option<Vec<_>>>() else { return };
    program.go_on();
    assert!(program.child.wait().expect("its end").success());
    let [allocs, frees] = [counts[0].now(), counts[1].now()];
    // 40 in four threads, at their ends, in the handler, in the child and at the end; and one that parent and child
    // have freed each. Small ones of the standard library may have been hit.
    assert!((441..444).contains(&allocs) && (442..445).contains(&frees), "{allocs} {frees}");
}
