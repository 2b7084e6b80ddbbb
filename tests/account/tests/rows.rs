//! Runs each case in a process of its own.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(missing_docs)]

use std::process::Command;

/// The program checks itself.
fn check(program: &str, case: &str) {
    let mut command = Command::new(program);
    command.arg(case).env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    let output = command.output().expect("the program starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{said}");
    assert!(output.status.success(), "{}\n{errors}", output.status);
}

macro_rules! cases {
    ($($case:ident)*) => { $(#[test] fn $case() { check(env!("CARGO_BIN_EXE_one_kind"), stringify!($case)); })* };
}

cases! { blocks busy by_hand c_large c_small file fragmented huge large_static shared stacks untouched }

/// The words of a line that are no figures, and the first one that is.
fn words_and_figure(line: &str) -> (Vec<&str>, Option<f64>) {
    let figure = |word: &str| word.trim_start_matches('<').replace(',', "").parse::<f64>().ok();
    let words = line.split_whitespace().filter(|word| figure(word).is_none()).collect();
    (words, line.split_whitespace().find_map(figure))
}

/// Each of its lines is said, with a first figure that is at most an eighth off.
#[test]
fn the_guide_shows_the_account_of_the_planted_program() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/account.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let shown = guide.split("```text\n").nth(3).and_then(|rest| rest.split("```").next());
    let shown = shown.expect("the third report");
    assert!(shown.contains("tests/account/src/fragmented.rs:") && shown.lines().count() >= 12);
    let mut command = Command::new(env!("CARGO_BIN_EXE_one_kind"));
    command.arg("fragmented").env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    let said = command.output().expect("the program starts").stdout;
    let said = String::from_utf8_lossy(&said);
    for line in shown.lines() {
        let (words, figure) = words_and_figure(line);
        let is_alike = |other: &str| {
            let (others, of_other) = words_and_figure(other);
            let off = figure.zip(of_other).map_or(0.0, |(shown, said)| (shown - said).abs());
            others == words && off <= (figure.unwrap_or(0.0) / 8.0).max(1.0)
        };
        assert!(said.lines().any(is_alike), "{line}\n{said}");
    }
}

/// Runs a program that prints figures.
fn printed(program: &str, case: &str, variables: &[(&str, &str)]) -> Vec<(String, i64)> {
    let mut command = Command::new(program);
    command.arg(case).env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
    let output = command.envs(variables.iter().copied()).output().expect("the program starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{errors}", output.status);
    println!("{case} {variables:?}: {said}");
    let mut words = said.split_whitespace();
    let mut next = || Some((words.next()?.to_owned(), words.next()?.parse().expect("a number")));
    std::iter::from_fn(&mut next).collect()
}

fn figures<const N: usize>(printed: &[(String, i64)], names: [&str; N]) -> [i64; N] {
    names.map(|name| printed.iter().find(|it| it.0 == name).expect("the figure").1)
}

/// Survivors are kept together, as the account advises: as many more pages are free as it said, within 5 %.
#[test]
fn blocks_that_are_gathered_leave_what_the_account_says() {
    let figures = |case| {
        let printed = printed(env!("CARGO_BIN_EXE_one_kind"), case, &[]);
        figures(&printed, ["resident", "advised", "bytes"])
    };
    let [scattered, advised, bytes] = figures("scattered");
    let [gathered, none, same_bytes] = figures("gathered");
    assert_eq!((none, same_bytes), (0, bytes));
    let saved = scattered - gathered;
    assert!(advised > 100 << 20 && (saved - advised).abs() * 20 <= advised);
}

/// The advice on a variable, and what the program that follows it has less.
fn advised_and_saved(case: &str, variable: (&str, &str)) -> [i64; 2] {
    let figures = |variables: &[_]| {
        let printed = printed(env!("CARGO_BIN_EXE_one_kind"), case, variables);
        figures(&printed, ["resident", "advised"])
    };
    let [before, advised] = figures(&[]);
    let [after, none] = figures(&[variable]);
    assert_eq!(none, 0);
    println!("{advised} B advised, {} B saved", before - after);
    [advised, before - after]
}

/// One thread after the other has had 30 MiB: two arenas save what the account says, and at most 10 % more.
#[test]
fn two_arenas_save_at_least_what_the_account_says() {
    let [advised, saved] = advised_and_saved("arenas", ("MALLOC_ARENA_MAX", "2"));
    assert!(advised > 150 << 20 && (advised..=advised / 10 * 11).contains(&saved));
}

/// Large blocks lay between small ones that survive, or at the end of the heap.
#[test]
fn the_usual_threshold_saves_what_the_account_says() {
    for case in ["threshold", "heap_end"] {
        let [advised, saved] = advised_and_saved(case, ("MALLOC_MMAP_THRESHOLD_", "131072"));
        assert!(advised > 40 << 20 && (saved - advised).abs() * 50 <= advised, "{case}");
    }
}

/// Clients of a service came and went. What it remembers of them pins pages in the arenas of its threads.
#[test]
fn a_service_follows_the_advice_when_its_clients_have_gone() {
    let service = |case| {
        let printed = printed(env!("CARGO_BIN_EXE_service"), case, &[]);
        figures(
            &printed,
            ["before", "after", "trimmed", "kept", "trim", "gather", "arenas", "threshold"],
        )
    };
    let mib = |number: i64| number << 20;
    let [before, after, trimmed, kept, trim, gather, arenas, threshold] = service("scattered");
    assert!(before < mib(6) && after > mib(30));
    // At once, all threads had memory in their arenas.
    assert_eq!((arenas, threshold), (0, 0));
    let returned = after - trimmed;
    assert!(trim > mib(5) && (returned - trim).abs() * 50 <= trim, "{returned} B returned");
    let [_, _, _, gathered, _, none, ..] = service("gathered");
    let saved = kept - gathered;
    assert!(gather > mib(20) && (saved - gather).abs() * 20 <= gather, "{saved} B saved");
    assert_eq!(none, 0);
}

/// Clients of a service were there one after the other, and its threads have had them in turn. Two arenas save at least
/// what the account says.
#[test]
fn a_service_whose_threads_work_in_turn_needs_fewer_arenas() {
    let service = |variables: &[_]| {
        let printed = printed(env!("CARGO_BIN_EXE_service"), "in_turn", variables);
        figures(&printed, ["after", "arenas"])
    };
    // The system chooses the threads, and sometimes some of them more often.
    let mut tries = (0..10).map(|_| service(&[]));
    let found = tries.find(|[_, advised]| *advised > 10 << 20);
    let [before, advised] = found.expect("advice");
    let [after, none] = service(&[("MALLOC_ARENA_MAX", "2")]);
    assert_eq!(none, 0);
    let saved = before - after;
    assert!((advised..advised * 4).contains(&saved), "{saved} B of {advised} B saved");
}

#[test]
fn the_environment_asks_for_an_account_at_the_end() {
    let stderr = |account| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_one_kind"));
        command.arg("untouched").env("MEM_PROFILE_ACCOUNT", account);
        let command = command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_FORMAT", "none");
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let printed = stderr("1");
    assert!(
        printed.starts_with("\nresident set") && printed.contains("  live blocks"),
        "{printed}"
    );
    assert!(printed.contains("\nreserved, never touched "), "{printed}");
    assert_eq!(stderr("0"), "");
}

#[cfg(mem_profile_allocators)]
cases! { sqlite }

/// A recorder is between the profiler and the allocator: the account has its bytes, each of them.
#[test]
fn live_blocks_are_those_of_the_recorder_beneath() {
    check(env!("CARGO_BIN_EXE_recorded"), "fragmented");
}

#[cfg(mem_profile_allocators)]
mod around {
    use super::check;

    #[test]
    fn jemalloc() {
        check(env!("CARGO_BIN_EXE_jemalloc"), "fragmented");
    }

    #[test]
    fn jemalloc_beside_glibc() {
        check(env!("CARGO_BIN_EXE_jemalloc"), "two_heaps");
    }

    #[test]
    fn mimalloc() {
        check(env!("CARGO_BIN_EXE_mimalloc"), "fragmented");
    }

    #[test]
    fn mimalloc_beside_glibc() {
        check(env!("CARGO_BIN_EXE_mimalloc"), "two_heaps");
    }
}
