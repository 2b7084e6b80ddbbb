//! The table of `docs/costs.md`: `cargo bench -p mem-profile-runtime --bench cost`.
//!
//! Each row is run in rounds that take turns with its baseline, in processes of their own, and
//! the median is shown. Instructions are counted by `valgrind --tool=callgrind` where it is
//! installed, as the difference of a long and a short run.

mod work;

use std::env;
use std::process::Command;
use std::time::Instant;

#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

const ROUNDS: usize = 15;

struct Row {
    title: &'static str,
    /// Work and environment, and what is subtracted or divided by.
    work: (&'static str, &'static str),
    baseline: (&'static str, &'static str),
    /// Operations of one turn.
    per_turn: u64,
    turns: u64,
    ratio: bool,
    bound: &'static str,
}

impl Row {
    fn counted(&self) -> bool {
        matches!(self.work.0, "events" | "changed") && self.work.1 != "rss"
    }
}

const NOTHING: (&str, &str) = ("nothing", "");

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { title: "line event, `heap`, nothing changed", work: ("events", ""), baseline: NOTHING, per_turn: 8, turns: 2_000_000, ratio: false, bound: "2 ns, 12" },
    Row { title: "line event, `heap`, after an allocation or a free", work: ("changed", ""), baseline: ("counted", ""), per_turn: 2, turns: 4_000_000, ratio: false, bound: "5 ns, 30" },
    Row { title: "call and end, nothing changed", work: ("calls", ""), baseline: ("plain calls", ""), per_turn: 1, turns: 8_000_000, ratio: false, bound: "–" },
    Row { title: "call and end, from a line that has allocated", work: ("raised calls", ""), baseline: ("plain calls", ""), per_turn: 1, turns: 8_000_000, ratio: false, bound: "–" },
    Row { title: "call and end, with two events and an allocation and its free", work: ("changed calls", ""), baseline: ("counted", ""), per_turn: 1, turns: 2_000_000, ratio: false, bound: "–" },
    Row { title: "call and end, `MEM_PROFILE=off`", work: ("calls", "off"), baseline: ("plain calls", "off"), per_turn: 1, turns: 20_000_000, ratio: false, bound: "–" },
    Row { title: "line event, `MEM_PROFILE=off`", work: ("events", "off"), baseline: NOTHING, per_turn: 8, turns: 20_000_000, ratio: false, bound: "3" },
    Row { title: "allocation and free, counted − system's own", work: ("counted", ""), baseline: ("system", ""), per_turn: 1, turns: 8_000_000, ratio: false, bound: "4 ns, 20" },
    Row { title: "allocation and free, live blocks recorded − not", work: ("counted", "live"), baseline: ("counted", ""), per_turn: 1, turns: 8_000_000, ratio: false, bound: "45" },
    Row { title: "the same with two reallocations", work: ("resized", "live"), baseline: ("resized", ""), per_turn: 1, turns: 4_000_000, ratio: false, bound: "150" },
    Row { title: "call and end with an allocation and its free, live blocks recorded − not", work: ("changed calls", "live"), baseline: ("changed calls", ""), per_turn: 1, turns: 2_000_000, ratio: false, bound: "–" },
    Row { title: "line event, `rss`, the first 1,000 of a line ÷ one `pread` of statm", work: ("events", "rss"), baseline: ("statm", ""), per_turn: 8, turns: 1000, ratio: true, bound: "1.2" },
    Row { title: "the same on lines that ran more often", work: ("events", "rss"), baseline: ("statm", ""), per_turn: 8, turns: 400_000, ratio: true, bound: "–" },
    Row { title: "line event, nothing changed, recorded ÷ not", work: ("events", "recorded"), baseline: ("events", ""), per_turn: 8, turns: 10_000_000, ratio: true, bound: "1.05" },
    Row { title: "line event, after an allocation or a free, recorded ÷ not", work: ("changed", "recorded"), baseline: ("changed", ""), per_turn: 2, turns: 4_000_000, ratio: true, bound: "1.05" },
    Row { title: "two threads, same function ÷ a copy each", work: ("same", ""), baseline: ("copies", ""), per_turn: 1, turns: 4_000_000, ratio: true, bound: "1.11" },
];

fn main() {
    let arguments: Vec<_> = env::args().collect();
    if let Some(position) = arguments.iter().position(|argument| argument == "--work") {
        let turns = arguments[position + 2].parse().expect("a number of turns");
        return run(&arguments[position + 1], turns);
    }
    println!("| | time | instructions | bound |\n|---|---|---|---|");
    // Of all rows, or of those with this in their titles.
    let wanted = arguments.iter().skip(1).find(|argument| !argument.starts_with("--"));
    for row in ROWS.iter().filter(|row| wanted.is_none_or(|wanted| row.title.contains(wanted))) {
        print_row(row);
    }
}

fn run(work: &str, turns: u64) {
    let start = Instant::now();
    match work {
        "events" => work::events(turns),
        "changed" => work::changed_events(turns),
        "calls" => work::calls(turns),
        "plain calls" => work::plain_calls(turns),
        "raised calls" => work::raised_calls(turns),
        "changed calls" => work::changed_calls(turns),
        "counted" => work::counted_pairs(turns),
        "resized" => work::resized_pairs(turns),
        "system" => work::plain_pairs(turns),
        "same" => work::two_threads(turns, true),
        "copies" => work::two_threads(turns, false),
        #[cfg(target_os = "linux")]
        "statm" => work::statm_reads(turns * work::EVENTS_PER_TURN),
        _ => {}
    }
    println!("{}", start.elapsed().as_nanos());
}

fn print_row(row: &Row) {
    let per = |value: f64| value / row.per_turn as f64;
    let (mut times, mut baselines) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.push(nanoseconds(row.work, row.turns));
        baselines.push(nanoseconds(row.baseline, row.turns));
    }
    let (time, baseline) = (median(times), median(baselines));
    let instructions = match (instructions(row.work), instructions(row.baseline)) {
        // The instructions of threads and system calls are not the profiler's.
        (Some(work), Some(baseline)) if row.ratio && row.counted() => {
            format!("× {:.2}", work / baseline)
        }
        (Some(work), Some(baseline)) if !row.ratio => format!("{:.1}", per(work - baseline)),
        _ => "–".to_owned(),
    };
    if row.ratio {
        let ratio = time / baseline;
        println!("| {} | × {ratio:.2} | {instructions} | × {} |", row.title, row.bound);
        return;
    }
    let time = per(time - baseline) / row.turns as f64;
    println!("| {} | {time:.1} ns | {instructions} | {} |", row.title, row.bound);
}

fn command(program: &str, setting: &str) -> Command {
    let mut command = Command::new(program);
    command.env("MEM_PROFILE_FORMAT", "none");
    match setting {
        "off" => command.env("MEM_PROFILE", "off"),
        "live" => command.env("MEM_PROFILE_LIVE", "on"),
        "rss" => command.env("MEM_PROFILE_BACKEND", "rss"),
        "recorded" => command.env("MEM_PROFILE_OUTPUT", env::temp_dir().join("cost.mprof")),
        _ => &mut command,
    };
    command
}

fn myself() -> String {
    env::current_exe().expect("the path of this program").to_string_lossy().into_owned()
}

fn nanoseconds((work, setting): (&str, &str), turns: u64) -> f64 {
    let output = command(&myself(), setting).args(["--work", work, &turns.to_string()]).output();
    let output = output.expect("this program can be started").stdout;
    String::from_utf8_lossy(&output).trim().parse().expect("a number of nanoseconds")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Instructions of one turn; `None` without valgrind.
fn instructions((work, setting): (&str, &str)) -> Option<f64> {
    const SHORT: u64 = 1000;
    const LONG: u64 = 101_000;
    let count = |turns: u64| {
        let mut command = command("valgrind", setting);
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", &myself()]);
        let output = command.args(["--work", work, &turns.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let count = text.lines().find_map(|line| line.split("Collected : ").nth(1))?;
        count.trim().parse::<f64>().ok()
    };
    Some((count(LONG)? - count(SHORT)?) / (LONG - SHORT) as f64)
}
