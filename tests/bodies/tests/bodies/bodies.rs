//! Random bodies behave as without the attribute, and their tables add up.

use crate::compile::{Compiler, Options, folder, run, text};
use crate::generator::{self, Body};
use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// The bodies that are compiled as one crate.
const BATCH: usize = 100;

fn variable(name: &str, default: u64) -> u64 {
    let value = env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}

fn edition(seed: u64) -> &'static str {
    if seed.is_multiple_of(2) { "2024" } else { "2021" }
}

/// One crate, which calls every body.
fn source(bodies: &[Body]) -> String {
    let mut source = String::from("use bodies::*;\n\n");
    let mut main = String::from("fn main() {\n    let mut run = Run::start();\n");
    for Body { name, is_async, text, .. } in bodies {
        let method = if *is_async { "future" } else { "function" };
        writeln!(source, "{text}").expect("a string takes everything");
        writeln!(main, "    run.{method}(\"{name}\", {name});").expect("as above");
    }
    source + &main + "    run.end();\n}\n"
}

/// The lines that a program printed, by the body that they are about.
fn outcomes(program: &Path) -> BTreeMap<String, Vec<String>> {
    let mut command = Command::new(program);
    command.env("MEM_PROFILE_OUTPUT", program.with_extension("report"));
    command.env("MEM_PROFILE_FORMAT", "json");
    let output = text(&run(&mut command).stdout);
    let mut outcomes = BTreeMap::<_, Vec<_>>::new();
    for line in output.lines() {
        let body = line.trim_start_matches("wrong ").split([' ', ':']).next().unwrap_or_default();
        outcomes.entry(body.to_owned()).or_default().push(line.to_owned());
    }
    outcomes
}

/// The lines that only one of the two has.
fn difference(plain: &[String], annotated: &[String]) -> Option<String> {
    let only = |some: &[String], others: &[String]| {
        let only = some.iter().filter(|line| !others.contains(line));
        only.map(String::as_str).collect::<Vec<_>>().join("\n")
    };
    (plain != annotated).then(|| {
        let (without, with) = (only(plain, annotated), only(annotated, plain));
        format!("plain:\n{without}\nannotated:\n{with}")
    })
}

/// Compares one batch and returns the differences.
pub(crate) fn check(
    compiler: &Compiler,
    edition: &str,
    name: &str,
    bodies: &[Body],
) -> Vec<String> {
    let options = Options { edition, flags: &["-Cdebuginfo=0"] };
    let twins = compiler.twins(name, &source(bodies), options);
    let mut plain = outcomes(&twins.plain.program);
    let mut annotated = outcomes(&twins.annotated.program);
    assert_eq!(plain.remove("measured"), Some(vec!["measured 0".to_owned()]));
    let measured = annotated.remove("measured").expect("the program ran to its end");
    assert_eq!(measured, [format!("measured {}", bodies.len())]);
    let mut wrong = Vec::new();
    for Body { name, seed, text, .. } in bodies {
        let difference = difference(&plain[name], &annotated[name]);
        wrong.extend(difference.map(|lines| format!("SEED={seed}\n{text}\n{lines}")));
    }
    // Dead code after a block that diverges is not always reported.
    let is_said = |line: &&String| twins.annotated.diagnostics.contains(line);
    let forgiven = |line: &&String| is_said(line) || !line.contains("unreachable");
    let expected: Vec<_> = twins.plain.diagnostics.iter().filter(forgiven).cloned().collect();
    let difference = difference(&expected, &twins.annotated.diagnostics);
    let place = folder(name);
    wrong.extend(difference.map(|lines| format!("{} compiled\n{lines}", place.display())));
    wrong
}

#[test]
fn random_bodies() {
    let (count, seed) = (variable("BODIES", 50), variable("SEED", 1));
    println!("BODIES={count} SEED={seed}");
    let compiler = Compiler::new();
    let mut wrong = Vec::new();
    for edition_2024 in [true, false] {
        let seeds = (seed..seed + count).filter(|seed| (edition(*seed) == "2024") == edition_2024);
        let body = |seed| generator::body(&format!("body_{seed}"), seed, edition_2024);
        let bodies: Vec<_> = seeds.map(body).collect();
        for batch in bodies.chunks(BATCH) {
            let name = format!("random-{}", batch[0].seed);
            wrong.extend(check(&compiler, edition(batch[0].seed), &name, batch));
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{}\n\n{count} differences", wrong.join("\n\n"));
}
