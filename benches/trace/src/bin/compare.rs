//! The table of `docs/costs.md`: every profiler on the same work, in runs that take turns.
//!
//! `cargo run --release --bin compare` in `benches/trace`. Each cell is the median of the CPU
//! time, divided by that of the plain program. Instructions are callgrind's, of an allocation and
//! its free, less the plain program's. Memory is what the tracer's tables take.

use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 11;
struct Row {
    title: &'static str,
    program: &'static str,
    variable: (&'static str, &'static str),
    /// It takes ten times as long and more: fewer rounds do.
    is_slow: bool,
}

const fn row(
    title: &'static str,
    program: &'static str,
    variable: (&'static str, &'static str),
    is_slow: bool,
) -> Row {
    Row { title, program, variable, is_slow }
}

const JEMALLOC: &str = "_RJEM_MALLOC_CONF";

const ROWS: [Row; 9] = [
    row("plain", "plain", ("TRACE", "off"), false),
    row("mem-profile, compiled in, off", "traced", ("TRACE", "off"), false),
    row("mem-profile, exact", "traced", ("TRACE", "exact"), false),
    row("mem-profile, 64 KiB sample", "traced", ("TRACE", "65536"), false),
    row("jemalloc, not profiling", "jemalloc", (JEMALLOC, "prof:false"), false),
    row("jemalloc, 512 KiB sample", "jemalloc", (JEMALLOC, "prof:true,lg_prof_sample:19"), false),
    row("jemalloc, every allocation", "jemalloc", (JEMALLOC, "prof:true,lg_prof_sample:0"), true),
    row("dhat", "dhat", ("TRACE", "off"), true),
    row("heaptrack", "heaptrack", ("TRACE", "off"), true),
];

/// A work, depth of the stack, number of threads, and rounds: 1.5 to 3 million allocations.
type Arguments = [&'static str; 4];

const WORKS: [(&str, Arguments); 6] = [
    ("depth 17", ["documents", "4", "1", "3000"]),
    ("depth 56", ["documents", "43", "1", "3000"]),
    ("two threads", ["documents", "4", "2", "3000"]),
    ("builder", ["builder", "4", "1", "300"]),
    ("parser", ["parser", "4", "1", "300"]),
    ("wide tree", ["wide", "4", "1", "300"]),
];

fn main() {
    times();
    println!("\n| instructions, less the plain program's | depth 17 | depth 56 |\n|---|---|---|");
    let works = [0, 1].map(|work| WORKS[work].1);
    let plain = works.map(|work| instructions(&ROWS[0], work));
    for row in &ROWS[1..4] {
        let cells = [0, 1].map(|work| {
            let more = instructions(row, works[work]).zip(plain[work]).map(|(own, of)| own - of);
            more.map_or("–".to_owned(), |more| format!("{more:.0}"))
        });
        println!("| {} | {} |", row.title, cells.join(" | "));
    }
    println!();
    for (title, work) in &WORKS[1..] {
        println!("{title}: {}", memory(work));
    }
}

fn times() {
    let titles = WORKS.map(|(title, _)| title).join(" | ");
    println!(
        "| CPU time, by the plain program's | {titles} |\n|---|{}",
        "---|".repeat(WORKS.len())
    );
    let all = WORKS.map(|(_, work)| {
        let mut times: Vec<Vec<f64>> = ROWS.iter().map(|_| Vec::new()).collect();
        for round in 0..ROUNDS {
            for (row, times) in ROWS.iter().zip(&mut times) {
                if !row.is_slow || round < 2 {
                    times.extend(run(row, work));
                }
            }
        }
        times.into_iter().map(median).collect::<Vec<_>>()
    });
    for (index, row) in ROWS.iter().enumerate() {
        let cells = all.each_ref().map(|times| {
            let ratio = times[index].zip(times[0]).map(|(time, plain)| time / plain);
            ratio.map_or("–".to_owned(), |ratio| format!("× {ratio:.2}"))
        });
        println!("| {} | {} |", row.title, cells.join(" | "));
    }
}

fn program(name: &str) -> std::path::PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    own.parent().unwrap_or(Path::new(".")).join(name)
}

fn run(row: &Row, work: Arguments) -> Option<f64> {
    let mut command = Command::new(program(row.program));
    if row.program == "heaptrack" {
        command = Command::new("heaptrack");
        command.args(["-o", "/tmp/mem-profile-heaptrack"]).arg(program("plain"));
    }
    command.env(row.variable.0, row.variable.1).args(work);
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.split(' ').next()?.parse().ok())
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// Instructions for one document, by its allocations.
fn instructions(row: &Row, [work, depth, threads, _]: Arguments) -> Option<f64> {
    const ALLOCATIONS: f64 = 521.0;
    let count = |documents: u32| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(program(row.program)).env(row.variable.0, row.variable.1);
        let output = command.args([work, depth, threads, &documents.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split("Collected : ").nth(1))?.trim().parse::<f64>().ok()
    };
    Some((count(300)? - count(100)?) / 200.0 / ALLOCATIONS)
}

/// The size of the tracer's tables beside the memory of the program without it.
fn memory(work: &Arguments) -> String {
    let resident = |mode: &str| {
        let mut command = Command::new(program("traced"));
        command.env("TRACE", mode).env("MEMORY", "1");
        let output = command.args(work).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
        Some([numbers.next()?, numbers.next()?].map(|bytes| bytes / f64::from(1 << 20)))
    };
    let Some(([_, alone], [tables, _])) = resident("off").zip(resident("exact")) else {
        return "no memory known".to_owned();
    };
    format!("{tables:.1} MiB of tables, where the program takes {alone:.1} MiB without")
}
