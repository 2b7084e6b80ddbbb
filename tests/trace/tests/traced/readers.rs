//! Whether other programs read our reports, and see the same figures in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::{folder, printed, program};

/// The reports of the program `figures`, which is run once for each of the tests.
struct Reports(PathBuf);

impl Reports {
    fn new(name: &str) -> Self {
        let folder = folder(name);
        printed(&mut program!("figures", &folder));
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a report")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text("json")).expect("JSON")
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}

/// Whether the program is there; a test without its reader says so, and proves nothing.
fn is_missing(reader: &str) -> bool {
    let is_missing = Command::new(reader).arg("--version").output().is_err();
    if is_missing {
        eprintln!("not compared: {reader} is not installed");
    }
    is_missing
}

/// Of every function, what it has itself and with all that it calls.
fn by_function(json: &Value, figure: &str) -> BTreeMap<String, (i64, i64)> {
    let mut functions: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for stack in json["stacks"].as_array().expect("stacks") {
        let frames = stack["frames"].as_array().expect("frames").iter();
        let mut names: Vec<_> =
            frames.map(|frame| frame["function"].as_str().expect("a name")).collect();
        let amount = number(&stack[figure]);
        functions.entry(names[0].to_owned()).or_default().0 += amount;
        names.sort();
        names.dedup();
        names.iter().for_each(|name| functions.entry((*name).to_owned()).or_default().1 += amount);
    }
    functions.retain(|_, amounts| *amounts != (0, 0));
    functions
}

/// The table of `go tool pprof -top`: name, own bytes, bytes with all that is called.
fn top(file: &Path, figure: &str, home: &Path) -> BTreeMap<String, (i64, i64)> {
    let mut pprof = Command::new("go");
    pprof.args(["tool", "pprof", "-top", "-unit=B", "-nodefraction=0", "-nodecount=100000"]);
    let text = printed(pprof.arg(format!("-sample_index={figure}")).arg(file).env("HOME", home));
    let rows = text.lines().skip_while(|line| !line.trim_start().starts_with("flat")).skip(1);
    let bytes = |cell: &str| cell.trim_end_matches('B').parse::<i64>().expect("bytes");
    rows.map(|row| {
        let mut cells = row.split_whitespace();
        let mut next = || bytes(cells.next().expect("a cell"));
        let own = next();
        let mut cells = row.split_whitespace().skip(3);
        let all = bytes(cells.next().expect("a cell"));
        let name = cells.skip(1).collect::<Vec<_>>().join(" ");
        (name.trim_end_matches(" (inline)").to_owned(), (own, all))
    })
    .collect()
}

#[test]
fn pprof_agrees_with_our_json_to_the_byte() {
    if is_missing("go") {
        return;
    }
    let reports = Reports::new("pprof");
    let json = reports.json();
    for (theirs, ours) in [("inuse_space", "live_bytes"), ("alloc_space", "allocated_bytes")] {
        let truth = by_function(&json, ours);
        assert!(truth.len() > 10, "{truth:?}");
        assert_eq!(top(&reports.path("pprof"), theirs, &reports.0), truth);
    }
    for (theirs, ours) in [("inuse_objects", "live_blocks"), ("alloc_objects", "allocated_blocks")]
    {
        assert_eq!(top(&reports.path("pprof"), theirs, &reports.0), by_function(&json, ours));
    }
}

/// Runs the viewer without a browser: it builds its tree, and says what it shows at the root.
const VIEW: &str = r#"
const fs = require("fs");
const source = fs.readFileSync(process.argv[1], "utf8") + `
gSelect = { childNodes: gSelectData.map(() => ({})), selectedIndex: 0 };
gData = JSON.parse(file);
buildTree();
[gRoot._totalBytes, gRoot._totalBlocks, gRoot._atTGmaxBytes, gRoot._atTEndBytes, gRoot._atTEndBlocks].join(" ");
`;
const context = { file: fs.readFileSync(process.argv[2], "utf8"), document: {}, Intl };
console.log(require("vm").runInNewContext(source, context));
"#;

#[test]
fn the_viewer_of_dhat_agrees_with_our_json() {
    let viewer = ["/usr/libexec/valgrind/dh_view.js", "/usr/lib/valgrind/dh_view.js"];
    let Some(viewer) = viewer.into_iter().find(|path| Path::new(path).exists()) else {
        return eprintln!("not compared: valgrind is not installed");
    };
    if is_missing("node") {
        return;
    }
    let reports = Reports::new("dhat");
    let json = reports.json();
    let sum = |figure: &str| {
        let stacks = json["stacks"].as_array().expect("stacks").iter();
        stacks.map(|stack| number(&stack[figure])).sum::<i64>()
    };
    let figures =
        ["allocated_bytes", "allocated_blocks", "peak_bytes", "live_bytes", "live_blocks"];
    let truth = figures.map(|figure| sum(figure).to_string()).join(" ");
    let mut node = Command::new("node");
    let text = printed(node.args(["-e", VIEW, viewer]).arg(reports.path("dhat")));
    assert_eq!(text.trim(), truth);
}

#[test]
fn inferno_reads_our_folded_stacks() {
    let reports = Reports::new("folded");
    let folded = reports.text("folded");
    let mut picture = Vec::new();
    let mut options = inferno::flamegraph::Options::default();
    options.count_name = "bytes".to_owned();
    inferno::flamegraph::from_lines(&mut options, folded.lines(), &mut picture).expect("a graph");
    let picture = String::from_utf8(picture).expect("text");
    let live = number(&reports.json()["live_bytes"]);
    let digits = live.to_string();
    let grouped = format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..]);
    assert!(picture.contains(&format!("<title>all ({grouped} bytes, 100%)</title>")), "{picture}");
    assert!(picture.contains("figures::keeps"), "{picture}");
}
