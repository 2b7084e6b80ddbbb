//! The service as its operators see it: by Prometheus, promtool and `go tool pprof`.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[allow(dead_code, reason = "other tests use the rest")]
mod service;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use self::service::{Running, Service, folder, get, leak};

/// Whether the program is there; a test without it says so, and proves nothing.
fn is_missing(program: &str) -> bool {
    let is_missing = Command::new(program).arg("help").output().is_err();
    if is_missing {
        eprintln!("skipped: {program} is not installed");
    }
    is_missing
}

fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn promtool_finds_nothing_to_complain_of() {
    if is_missing("promtool") {
        return;
    }
    let service = Service::start("0");
    service.log_in(100);
    let mut check = Command::new("promtool");
    check.args(["check", "metrics"]).stdin(Stdio::piped());
    check.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = Running(check.spawn().expect("promtool"));
    let text = service.monitor("/metrics");
    check.0.stdin.take().expect("a pipe").write_all(&text).expect("it reads");
    let mut said = String::new();
    check.0.stdout.take().expect("a pipe").read_to_string(&mut said).expect("text");
    check.0.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert!(check.0.wait().expect("it ends").success() && said.is_empty(), "{said}");
    printed(Command::new("promtool").args(["test", "rules"]).arg(folder().join("alerts_test.yml")));
    printed(
        Command::new("promtool").args(["check", "config"]).arg(folder().join("prometheus.yml")),
    );
}

#[test]
fn prometheus_has_the_leaking_line_as_its_top_series() {
    if is_missing("prometheus") {
        return;
    }
    let service = Service::start("0");
    let work = tempfile::tempdir().expect("a folder");
    let config = fs::read_to_string(folder().join("prometheus.yml")).expect("a file");
    let config = config
        .replace("127.0.0.1:9464", &format!("127.0.0.1:{}", service.monitor.expect("a port")))
        .replace("scrape_interval: 5s", "scrape_interval: 1s");
    fs::write(work.path().join("prometheus.yml"), config).expect("a file");
    fs::copy(folder().join("alerts.yml"), work.path().join("alerts.yml")).expect("a file");
    let port = 20_000 + (std::process::id() % 10_000) as u16;
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg(format!("--config.file={}", work.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", work.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let _prometheus =
        Running(prometheus.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts"));
    service.log_in(2000);
    let found = top_series(port);
    assert_eq!(found["metric"]["line"], *leak());
    assert_eq!(found["metric"]["job"], "leaking-service");
    println!("prometheus: topk(1, mem_profile_line_live_bytes) = {found}");
}

/// The first answer of Prometheus that has a series.
fn top_series(port: u16) -> serde_json::Value {
    let begin = Instant::now();
    loop {
        assert!(begin.elapsed() < Duration::from_secs(60), "Prometheus has no series");
        sleep(Duration::from_millis(500));
        if TcpStream::connect(("127.0.0.1", port)).is_err() {
            continue;
        }
        let (_, body) = get(port, "/api/v1/query?query=topk(1,mem_profile_line_live_bytes)");
        let text = String::from_utf8_lossy(&body);
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(first) = answer["data"]["result"].as_array().and_then(|all| all.first()) {
            return first.clone();
        }
    }
}

/// A row of `go tool pprof -top` by lines.
#[derive(Debug)]
struct Row {
    own: f64,
    name: String,
}

/// The sum of all stacks, and the rows.
fn top(file: &Path) -> (f64, Vec<Row>) {
    let mut pprof = Command::new("go");
    pprof.args(["tool", "pprof", "-top", "-flat", "-lines", "-unit=B", "-nodefraction=0"]);
    pprof.args(["-nodecount=100000", "-sample_index=inuse_space"]);
    let text = printed(pprof.arg(file).env("HOME", file.parent().expect("a folder")));
    let bytes = |cell: &str| cell.trim_end_matches('B').parse::<f64>().expect("bytes");
    let rows = text.lines().skip_while(|line| !line.trim_start().starts_with("flat")).skip(1);
    let rows = rows.map(|row| {
        let cells: Vec<_> = row.split_whitespace().collect();
        Row { own: bytes(cells[0]), name: cells[5..].join(" ") }
    });
    let rows: Vec<_> = rows.collect();
    (rows.iter().map(|row| row.own).sum(), rows)
}

#[test]
fn pprof_lists_the_line_first_and_agrees_with_the_metrics_to_the_byte() {
    if is_missing("go") {
        return;
    }
    let service = Service::start("0");
    service.log_in(500);
    let work = tempfile::tempdir().expect("a folder");
    let save = |path: &str, name: &str| -> PathBuf {
        let file = work.path().join(name);
        fs::write(&file, service.monitor(path)).expect("a file");
        file
    };
    let named = save("/debug/pprof/heap?symbolize=1", "named.pb.gz");
    let plain = save("/debug/pprof/heap", "plain.pb.gz");
    let allocs = save("/debug/pprof/allocs?symbolize=1", "allocs.pb.gz");
    let metrics = service.metrics();
    let line = metrics.of("mem_profile_line_live_bytes")[0].1;
    let (total, rows) = top(&named);
    assert!(rows[0].name.contains(&leak()), "{} is not first, but {:?}", leak(), rows[0]);
    assert_eq!(rows[0].own, line, "of the line");
    assert_eq!(total, metrics.sum("mem_profile_line_live_bytes"), "of all lines");
    println!("pprof: {:?} of {total} B", rows[0]);
    // Without names, Go's pprof looks them up itself, and has many wrong: it takes all functions of a Rust crate for
    // one sequence of lines. So the figures alone are compared.
    assert_eq!(top(&plain).0, total);
    assert_eq!(top(&allocs).0, total, "both have all four figures");
}

#[test]
fn profiles_have_four_figures_and_a_build_id_and_names_only_if_asked() {
    if is_missing("go") {
        return;
    }
    let service = Service::start("0");
    service.log_in(100);
    let work = tempfile::tempdir().expect("a folder");
    let notes = printed(Command::new("readelf").args(["-n", env!("CARGO_BIN_EXE_service")]));
    let build_id = notes.lines().find_map(|line| line.trim().strip_prefix("Build ID: "));
    let build_id = build_id.expect("the program has one");
    for (kind, shown) in [("heap", "inuse_space"), ("allocs", "alloc_space")] {
        for (query, has_names) in [("", false), ("?symbolize=1", true)] {
            let file = work.path().join(kind);
            let profile = service.monitor(&format!("/debug/pprof/{kind}{query}"));
            assert!(profile.starts_with(&[0x1f, 0x8b]), "it is compressed");
            fs::write(&file, profile).expect("a file");
            let mut pprof = Command::new("go");
            pprof.args(["tool", "pprof", "-symbolize=none", "-raw"]).arg(&file);
            let raw = printed(pprof.env("HOME", work.path()));
            let all = [
                "alloc_objects/count",
                "alloc_space/bytes",
                "inuse_objects/count",
                "inuse_space/bytes",
            ];
            let types = all.map(|name| match name.starts_with(shown) {
                true => format!("{name}[dflt]"),
                false => name.to_owned(),
            });
            assert!(raw.contains(&types.join(" ")), "{raw}");
            let mappings = raw.split_once("\nMappings\n").expect("mappings").1;
            assert!(mappings.contains(&format!("/service {build_id}")), "{mappings}");
            assert_eq!(raw.contains(&leak()), has_names, "{raw}");
        }
    }
}

#[test]
fn configurations_name_the_port_and_paths_that_are_answered() {
    let service = Service::start("0");
    for (file, before) in [("parca.yaml", "path: "), ("config.alloy", "path    = \"")] {
        let text = fs::read_to_string(folder().join(file)).expect("a file");
        assert!(text.contains("\"127.0.0.1:9464\""), "{file}");
        let (_, path) = text.split_once(before).expect("a path");
        let path = path.split(['"', '\n']).next().expect("a path");
        assert!(service.monitor(path).starts_with(&[0x1f, 0x8b]), "{file}: {path}");
    }
}

#[test]
fn a_difference_has_what_was_allocated_meanwhile() {
    if is_missing("go") {
        return;
    }
    let service = Service::start("0");
    service.log_in(500);
    let monitor = service.monitor.expect("a port");
    let path = "/debug/pprof/heap?seconds=2&symbolize=1";
    let waiting = std::thread::spawn(move || get(monitor, path));
    sleep(Duration::from_millis(700));
    service.log_in(100);
    let (status, profile) = waiting.join().expect("an answer");
    assert_eq!(status, 200);
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("difference.pb.gz");
    fs::write(&file, profile).expect("a file");
    let (_, rows) = top(&file);
    let kept = 100.0 * f64::from(16 << 10);
    // A sample: some 25 hits. All that was there before would be six times as much.
    assert!(rows[0].name.contains(&leak()), "{rows:?}");
    assert!(rows[0].own > kept / 4.0 && rows[0].own < kept * 2.5, "{rows:?}");
    let text = String::from_utf8(service.monitor("/debug/pprof/heap?debug=1")).expect("text");
    let line = text.lines().find(|line| line.contains(&leak())).expect("the line");
    assert!(line.contains(": size=") && !text.contains("// leaks"), "{text}");
}
