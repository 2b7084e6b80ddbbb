//! The table of the README: every profiler on the same work, in runs that take turns.
//!
//! `cargo run --release --bin compare` in `benches/trace`. Each cell is the median of the CPU
//! time, divided by that of the plain program. Instructions are callgrind's, of an allocation and
//! its free, less the plain program's. Memory is what the tracer's tables take.

use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 11;
/// Documents of one run: 1.56 million allocations.
const WORK: &str = "3000";

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

/// Depth of the stack and number of threads.
const PLACES: [(&str, &str); 3] = [("4", "1"), ("43", "1"), ("4", "2")];

fn main() {
    times();
    println!("\n| instructions, less the plain program's | depth 17 | depth 56 |\n|---|---|---|");
    let plain = PLACES.map(|place| instructions(&ROWS[0], place));
    for row in &ROWS[1..4] {
        let cells = [0, 1].map(|place| {
            let more = instructions(row, PLACES[place]).zip(plain[place]).map(|(own, of)| own - of);
            more.map_or("–".to_owned(), |more| format!("{more:.0}"))
        });
        println!("| {} | {} |", row.title, cells.join(" | "));
    }
    println!("\n{}", memory());
}

fn times() {
    println!("| CPU time, by the plain program's | depth 17 | depth 56 | two threads |");
    println!("|---|---|---|---|");
    let all = PLACES.map(|place| {
        let mut times: Vec<Vec<f64>> = ROWS.iter().map(|_| Vec::new()).collect();
        for round in 0..ROUNDS {
            for (row, times) in ROWS.iter().zip(&mut times) {
                if !row.is_slow || round < 2 {
                    times.extend(run(row, place));
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

fn run(row: &Row, (depth, threads): (&str, &str)) -> Option<f64> {
    let mut command = Command::new(program(row.program));
    if row.program == "heaptrack" {
        command = Command::new("heaptrack");
        command.args(["-o", "/tmp/mem-profile-heaptrack"]).arg(program("plain"));
    }
    command.env(row.variable.0, row.variable.1).args([depth, threads, WORK]);
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.split(' ').next()?.parse().ok())
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// Instructions for one document, by its allocations.
fn instructions(row: &Row, (depth, threads): (&str, &str)) -> Option<f64> {
    const ALLOCATIONS: f64 = 521.0;
    let count = |documents: u32| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(program(row.program)).env(row.variable.0, row.variable.1);
        let output = command.args([depth, threads, &documents.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines().find_map(|line| line.split("Collected : ").nth(1))?.trim().parse::<f64>().ok()
    };
    Some((count(300)? - count(100)?) / 200.0 / ALLOCATIONS)
}

/// The size of the tracer's tables beside the memory of the program without it.
fn memory() -> String {
    let resident = |mode: &str| {
        let mut command = Command::new(program("traced"));
        command.env("TRACE", mode).env("MEMORY", "1");
        let output = command.args([PLACES[1].0, PLACES[1].1, WORK]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
        Some([numbers.next()?, numbers.next()?].map(|bytes| bytes / f64::from(1 << 20)))
    };
    let Some(([_, alone], [tables, _])) = resident("off").zip(resident("exact")) else {
        return "no memory known".to_owned();
    };
    format!("{tables:.1} MiB of tables, where the program takes {alone:.1} MiB without")
}
