//! The figures that the service's monitor gives, and how it fails.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[allow(dead_code, reason = "other tests use the rest")]
mod service;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mem_profile::monitor::flight::End;
use mem_profile::monitor::last_run;

use self::service::{Service, folder, get, leak};

#[test]
fn classes_add_up_to_the_resident_set_of_the_same_scrape() {
    let service = Service::start("0");
    let statm = format!("/proc/{}/statm", service.process.0.id());
    let by_system = || -> f64 {
        let pages = fs::read_to_string(&statm).expect("figures");
        4096.0 * pages.split(' ').nth(1).expect("pages").parse::<f64>().expect("a number")
    };
    // The first scrape looks up names, which takes memory.
    service.metrics();
    for round in 1..=5 {
        service.log_in(200 * round);
        let before = by_system();
        let metrics = service.metrics();
        let after = by_system();
        let resident = metrics.one("process_resident_memory_bytes");
        assert_eq!(metrics.sum("mem_profile_memory_bytes"), resident);
        let (less, more) = (resident - before.min(after), resident - before.max(after));
        println!("resident set {resident} B: {less:+} B and {more:+} B by the system around it");
        assert!(less > -1e6 && more < 1e6, "{less} {more}");
    }
}

#[test]
fn figures_of_the_heap_follow_what_is_allocated() {
    let service = Service::start("0");
    service.log_in(1);
    let before = service.metrics();
    service.log_in(1000);
    let after = service.metrics();
    let change = |name| after.one(name) - before.one(name);
    let kept = 1000.0 * f64::from(16 << 10);
    let live = change("mem_profile_heap_live_bytes");
    assert!((kept..kept + 1e5).contains(&live), "{live} more are live, of which {kept} leak");
    assert!(change("mem_profile_heap_allocated_bytes_total") >= live);
    assert!(change("mem_profile_heap_allocations_total") >= 1000.0);
    assert_eq!(change("process_start_time_seconds"), 0.0);
    assert!(after.of("mem_profile_line_live_bytes").len() <= 21);
    let (labels, bytes) = &after.of("mem_profile_line_live_bytes")[0];
    assert_eq!(*labels, format!("line=\"{}\"", leak()));
    // A sample of one hit in 64 KiB: some 250 hits, so about 6 % off.
    assert!((bytes / kept - 1.0).abs() < 0.3, "{bytes} of {kept}");
}

#[test]
fn the_router_answers_on_the_port_of_the_service() {
    let service = Service::start("0");
    service.log_in(200);
    let (status, body) = get(service.port, "/internal/metrics");
    let text = String::from_utf8(body).expect("text");
    assert!(status == 200 && text.contains(&format!("line=\"{}\"", leak())), "{text}");
    assert_eq!(get(service.port, "/internal/debug/pprof/heap").0, 200);
    assert_eq!(get(service.port, "/internal/debug/pprof/heap?gc=1").0, 400);
    assert_eq!(get(service.port, "/internal/else").0, 404);
    assert_eq!(get(service.port, "/metrics").0, 404);
}

#[test]
fn a_port_that_is_taken_is_said_once_and_the_service_lives() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let work = tempfile::tempdir().expect("a folder");
    let errors = work.path().join("errors");
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command.args(["0", &address.port().to_string()]);
    let service = Service::of(command.stderr(fs::File::create(&errors).expect("a file")));
    assert_eq!(service.monitor, None);
    service.log_in(100);
    let said = fs::read_to_string(errors).expect("text");
    let expected = format!("mem-profile: the monitor does not listen on {address}: Address");
    assert!(said.starts_with(&expected) && said.lines().count() == 1, "{said}");
}

#[test]
fn mistakes_of_the_environment_are_said_once_also_if_the_program_has_a_monitor() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let work = tempfile::tempdir().expect("a folder");
    let errors = work.path().join("errors");
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command
        .args(["0", "0"])
        .env("MEM_PROFILE_MONITOR", format!("abov=1,interval=30,listen={address}"))
        .env("MEM_PROFILE_FLIGHT", "off");
    let service = Service::of(command.stderr(fs::File::create(&errors).expect("a file")));
    assert_eq!(service.monitor, None);
    let said = fs::read_to_string(errors).expect("text");
    let starts =
        ["MEM_PROFILE_MONITOR: abov ", "MEM_PROFILE_MONITOR: interval=30 ", "the monitor does"];
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(&format!("mem-profile: {start}")), "{said}");
    }
}

#[test]
fn the_environment_has_it_listen_and_ask_for_a_token() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command
        .args(["0", "9464"])
        .env("MEM_PROFILE_MONITOR", "listen=0,token=secret")
        .env("MEM_PROFILE_FLIGHT", "off");
    let service = Service::of(command.stderr(Stdio::inherit()));
    let monitor = service.monitor.expect("a port");
    assert_ne!(monitor, 9464);
    assert_eq!(get(monitor, "/metrics").0, 401);
}

#[test]
fn an_address_that_others_reach_is_said_once_if_there_is_no_token() {
    let work = tempfile::tempdir().expect("a folder");
    for (token, lines) in [("", 1), (",token=secret", 0)] {
        let errors = work.path().join("errors");
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command
            .args(["0", "0"])
            .env("MEM_PROFILE_MONITOR", format!("listen=0.0.0.0:0{token}"))
            .env("MEM_PROFILE_FLIGHT", "off");
        let service = Service::of(command.stderr(fs::File::create(&errors).expect("a file")));
        assert!(service.monitor.is_some());
        let said = without_figures(&fs::read_to_string(errors).expect("text"));
        let expected = "mem-profile: the monitor answers everybody who reaches #:#: set a token\n";
        assert_eq!(said, expected.repeat(lines));
    }
}

/// Each figure as `#`.
fn without_figures(text: &str) -> String {
    let mut out = String::new();
    for sign in text.chars() {
        match sign {
            '0'..='9' | '.' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            sign => out.push(sign),
        }
    }
    out
}

/// The texts that show the service's output.
fn guides() -> [String; 2] {
    ["README.md", "../../README.md"]
        .map(|file| fs::read_to_string(folder().join(file)).expect("a file"))
}

/// Whether both guides show this line, but for its figures. The position of the leak is no figure.
fn is_in_guides(line: &str) -> bool {
    let mask = |text: &str| without_figures(&text.replace(&leak(), "LEAK"));
    guides().iter().all(|guide| mask(guide).lines().any(|shown| shown.trim() == mask(line).trim()))
}

#[test]
fn a_warning_names_the_leak_within_two_intervals_as_in_the_guides() {
    const INTERVAL: Duration = Duration::from_secs(2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command
        .args(["0", "0"])
        .env("MEM_PROFILE_MONITOR", "above=64MiB,interval=2s")
        .env("MEM_PROFILE_FLIGHT", "off");
    let mut service = Service::of(command.stderr(Stdio::piped()));
    let statm = format!("/proc/{}/statm", service.process.0.id());
    let resident = || -> u64 {
        let pages = fs::read_to_string(&statm).expect("figures");
        4096 * pages.split(' ').nth(1).expect("pages").parse::<u64>().expect("a number")
    };
    while resident() < 64 << 20 {
        get(service.port, "/login");
    }
    let crossed = Instant::now();
    // It stays above while the monitor sleeps.
    (0..500).for_each(|_| _ = get(service.port, "/login"));
    let stderr = service.process.0.stderr.take().expect("a pipe");
    let mut lines = BufReader::new(stderr).lines().map(|line| line.expect("a line"));
    let first = lines.next().expect("a warning");
    let took = crossed.elapsed();
    println!("warned {took:?} after crossing, at an interval of {INTERVAL:?}");
    assert!(first.starts_with("mem-profile: warning: service ("), "{first}");
    assert!(took < 2 * INTERVAL, "{took:?}");
    let (shown, _) = first.split_once(", limit ").expect("a limit");
    let of_guides = guides().map(|guide| without_figures(&guide).contains(&without_figures(shown)));
    assert_eq!(of_guides, [true; 2], "{shown}");
    let blamed = lines.next().expect("a line of the program");
    assert!(blamed.starts_with(&format!("  {} ", leak())), "{blamed}");
    assert!(is_in_guides(&blamed), "{blamed}");
}

#[test]
fn numbers_names_and_positions_leave_the_process_and_no_text_of_sources() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command.args(["0", "0"]).env("MEM_PROFILE_FLIGHT", "off").env("PASSWORD", "hunter2hunter2");
    let service = Service::of(command.stderr(Stdio::inherit()));
    service.log_in(500);
    let source = include_str!("../src/service.rs");
    let lines: Vec<_> = source.lines().map(str::trim).filter(|line| line.len() > 12).collect();
    assert!(lines.len() > 30);
    let profile = |kind: &str, query: &str| format!("/debug/pprof/{kind}?{query}");
    let mut paths = vec!["/metrics".to_owned()];
    for kind in ["heap", "allocs"] {
        paths.extend(["", "symbolize=1", "debug=1", "seconds=1"].map(|query| profile(kind, query)));
    }
    for path in paths {
        let mut body = service.monitor(&path);
        if body.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&*body).read_to_end(&mut unpacked).expect("it is whole");
            body = unpacked;
        }
        let text = String::from_utf8_lossy(&body);
        let names_the_file = text.contains("examples/monitor/src/service.rs");
        let has_names = path == "/metrics" || path.contains("symbolize") || path.contains("debug=");
        assert_eq!(names_the_file, has_names, "{path}");
        for line in lines.iter().copied().chain(["hunter2", "PASSWORD"]) {
            assert!(!text.contains(line), "{path}: {line}");
        }
    }
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_are_there() {
    let service = Service::start("0");
    service.log_in(100);
    let metrics = service.metrics();
    for file in ["grafana-dashboard.json", "alerts.yml"] {
        let text = fs::read_to_string(folder().join(file)).expect("a file");
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        let is_name =
            |word: &&str| ["mem_profile_", "process_"].iter().any(|it| word.starts_with(it));
        let names: Vec<_> = words.filter(is_name).collect();
        assert!(names.len() >= 5, "{file}");
        for name in names {
            // Only where the system has a control group that knows its pressure.
            let is_there = metrics.0.contains_key(name) || name == "mem_profile_pressure";
            assert!(is_there, "{file}: {name}");
        }
    }
}

#[test]
fn after_a_kill_the_recording_names_the_line_that_leaks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command.args(["0", "0"]).env("MEM_PROFILE_FLIGHT", folder.path());
    let mut service = Service::of(command.stderr(Stdio::inherit()));
    // A mark is written when 16 MiB more are resident, at the next second.
    service.log_in(2000);
    service.process.0.kill().expect("it runs");
    service.process.0.wait().expect("it ends");
    let run = last_run(folder.path()).expect("a recording");
    assert_eq!(run.end, End::Unclear, "{}", run.text());
    let (first, kept) = (&run.lines[0], 16 << 20);
    assert!(first.site == leak() && first.bytes > kept, "{}", run.text());
    let text = run.text();
    let shown = text.lines().find(|line| line.contains(&leak())).expect("the line");
    assert!(is_in_guides(shown), "{shown}");
}
