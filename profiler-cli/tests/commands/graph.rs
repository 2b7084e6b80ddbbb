//! The verbs of `graph`, on heaps whose blocks have labels for types.

use mem_profile_format::heap_layout::{kind, missing, site};
use serde_json::json;

use crate::builder::ImageBuilder;
use crate::manual::VERBS;
use crate::run::{Folder, Ran};

const HEAP: u64 = 0x10_0000;

/// A static holds a registry of 64 bytes, which holds sessions of 100 bytes; two nodes of 24 bytes hold each other.
fn heap(sessions: u64) -> ImageBuilder {
    named_heap(sessions, ["Registry", "Session", "Node"])
}

fn named_heap(sessions: u64, names: [&str; 3]) -> ImageBuilder {
    let mut builder = ImageBuilder::new();
    builder.module("/app", 0, &[[0x1000, 0x3000, 6]]);
    let labels = names.map(|name| builder.label(name));
    let [registry, session, node] =
        labels.map(|label| builder.site(site::COMPLETE, label, &[0x1000 + label]));
    let registry = builder.block(HEAP, 64, registry);
    for number in 0..sessions {
        let session = builder.block(HEAP + 0x100 * (1 + number), 100, session);
        builder.point(registry, number * 8, session);
    }
    let [one, other] = [0x8000, 0x8100].map(|offset| builder.block(HEAP + offset, 24, node));
    builder.point(one, 0, other);
    builder.point(other, 8, one);
    builder.statics(0x2000, &[0, HEAP]);
    builder
}

fn folder() -> Folder {
    let folder = Folder::new();
    write(&folder, "app.mheap", &heap(3).build());
    folder
}

fn write(folder: &Folder, name: &str, bytes: &[u8]) {
    std::fs::write(folder.path(name), bytes).unwrap();
}

fn graph(folder: &Folder, line: &str) -> Ran {
    folder.run(&["graph"].into_iter().chain(line.split(' ')).collect::<Vec<_>>())
}

/// The standard output of a run that succeeds.
fn shown(line: &str) -> String {
    let ran = graph(&folder(), line);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    ran.stdout
}

/// Asserts that the first row has all of these.
fn assert_words(line: &str, words: &[&str]) {
    let text = shown(line);
    let row = text.lines().next().unwrap_or_default();
    let missing: Vec<_> = words.iter().filter(|word| !row.contains(*word)).collect();
    assert!(missing.is_empty(), "{line}: {missing:?} in {text}");
}

#[test]
fn lists_have_figures_and_say_what_is_left_out() {
    insta::assert_snapshot!(shown("types app.mheap"), @"
    bytes  retained  blocks  type
    300 B     300 B       3  Session
     64 B     364 B       1  Registry
     48 B      48 B       2  Node
    ");
    insta::assert_snapshot!(shown("types app.mheap --top 1"), @"
    bytes  retained  blocks  type
    300 B     300 B       3  Session
    … 2 more, 112 B; --top all shows them
    ");
    insta::assert_snapshot!(shown("types app.mheap --type *e*ion"), @"
    bytes  retained  blocks  type
    300 B     300 B       3  Session
    ");
    // How a row is worded is up to the library.
    assert_words("leaks app.mheap", &["Node", "24 B", "48 B", "app+0x1003"]);
    assert_eq!(shown("leaks app.mheap --type Session"), "no lost block matches\n");
    assert_words("cycles app.mheap", &["Node", "1 cycle", "48 B", "lost"]);
    assert_eq!(shown("cycles app.mheap --type Session"), "no cycle matches\n");
    assert_words("retained app.mheap", &["Registry", "364 B", "4 blocks", "static app+0x2008"]);
    assert_eq!(shown("retained app.mheap --type Session"), "no block matches\n");
    assert_eq!(
        shown("retained app.mheap --site *+0x1001 --top 0"),
        "… 1 more, 364 B; --top all shows them\n"
    );
}

#[test]
fn json_has_every_row_and_the_notes() {
    let of = |line: &str| -> serde_json::Value { serde_json::from_str(&shown(line)).unwrap() };
    let types = of("types app.mheap --json --top 2");
    let session = json!({"name": "Session", "sum": {"blocks": 3, "bytes": 300, "retained": 300}});
    assert_eq!((&types["rows"][0], types["rows"].as_array().unwrap().len()), (&session, 2));
    assert_eq!((&types["more"], &types["more_bytes"]), (&json!(1), &json!(48)));
    assert!(!types["notes"].as_array().unwrap().is_empty(), "{types}");
    assert_eq!(of("leaks app.mheap --json")["rows"][0]["retained"], 48);
    assert_eq!(of("cycles app.mheap --json")["rows"][0]["types"][0], json!(["Node", 2]));
    assert_eq!(of("retained app.mheap --json")["rows"][0]["retained"], 364);
    assert_eq!(of("why app.mheap Session --json")["chains"][0]["ways"], 3);
    assert_eq!(of("backrefs app.mheap Session --json")["nodes"][0]["name"], "Session");
    assert_eq!(of("diff app.mheap app.mheap --json")["types"]["rows"], json!([]));
    assert_eq!(of("report app.mheap --format json")["bytes"], 412);
}

#[test]
fn why_knows_types_and_addresses() {
    let of = |word: &str| {
        let text = shown(&format!("why app.mheap {word}"));
        let (sum, chain) = text.split_once('\n').unwrap();
        for name in ["static app+0x2008", "Registry", "Session"] {
            assert!(chain.contains(name), "{text}");
        }
        sum.to_owned()
    };
    assert_eq!(of("Session"), "3 blocks, 300 B, retaining 300 B");
    assert_eq!(of("app+0x1002"), "3 blocks, 300 B, retaining 300 B");
    assert_eq!(of("0x100150"), "1 block, 100 B, retaining 100 B");
    assert_eq!(of("1048912"), "1 block, 100 B, retaining 100 B");
    assert_words("why app.mheap 0x108000", &["1 block, 24 B, retaining 48 B"]);
    let folder = folder();
    for (word, message) in [
        (
            "Sesion",
            "error: no block has a type that matches `Sesion`: `types` lists them; try `*Sesion*`\n",
        ),
        (
            "a.rs:1",
            "error: no block was allocated at `a.rs:1`: `retained` and `leaks` show places as they are known\n",
        ),
        ("0x10", "error: no block is at 0x10\n"),
    ] {
        let ran = graph(&folder, &format!("why app.mheap {word}"));
        assert_eq!(
            (ran.code, ran.stderr.lines().last().unwrap().to_owned() + "\n"),
            (125, message.to_owned())
        );
    }
}

#[test]
fn pictures_are_trees_and_files() {
    insta::assert_snapshot!(shown("refs app.mheap Registry"), @"
    Registry, 64 B
      → Session, ×3, 300 B, by 3 pointers
    ");
    insta::assert_snapshot!(shown("backrefs app.mheap Session"), @"
    Session, ×3, 300 B
      ← Registry, 64 B, by 3 pointers
        ← static app+0x2008
    ");
    insta::assert_snapshot!(shown("refs app.mheap Node"), @"
    Node, ×2, 48 B, lost
      → Node (above), by 2 pointers
    ");
    let folder = folder();
    for (name, start) in [("a.svg", "<svg"), ("a.dot", "digraph heap {")] {
        let ran = graph(&folder, &format!("refs app.mheap Registry --depth 2 --output {name}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
        assert!(folder.read(name).starts_with(start), "{}", folder.read(name));
    }
    let ran = graph(&folder, "refs app.mheap Registry -o a.png");
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: a picture is an SVG or for Graphviz: name a file that ends in .svg or .dot");
}

#[test]
fn a_difference_is_by_type_and_by_place() {
    let folder = folder();
    write(&folder, "new.mheap", &heap(5).build());
    let ran = graph(&folder, "diff app.mheap new.mheap");
    insta::assert_snapshot!(ran.stdout, @"
    growth  bytes now  blocks  type
    +200 B      500 B      +2  Session

    growth  bytes now  blocks  place
    +200 B      500 B      +2  app+0x1002
    ");
    insta::assert_snapshot!(graph(&folder, "diff new.mheap app.mheap").stdout, @"
    growth  bytes now  blocks  type
    -200 B      300 B      -2  Session

    growth  bytes now  blocks  place
    -200 B      300 B      -2  app+0x1002
    ");
}

#[test]
fn a_check_fails_where_a_limit_is_exceeded_or_cannot_be_judged() {
    let folder = folder();
    let check = |limits: &str| graph(&folder, &format!("check app.mheap {limits}"));
    let kept = check("--max-leaked 48 --max-type Session=3 --max-type *=6");
    assert_eq!(kept.code, 0);
    insta::assert_snapshot!(kept.stdout, @"mem-profile: all 3 limits are kept");
    let exceeded = check("--max-leaked 47 --max-type Session=2 --max-type Node=2");
    assert_eq!(exceeded.code, 3);
    let lines: Vec<_> = exceeded.stdout.lines().collect();
    assert_eq!(lines[0], "exceeded: 48 B lost, limit 47 B");
    assert!(lines[1].starts_with("    ") && lines[1].contains("Node"), "{lines:?}");
    let sum = "3 blocks, 300 B, retaining 300 B";
    assert_eq!(lines[2], format!("exceeded: Session: {sum}, limit 2"));
    assert_eq!(lines[3..], ["mem-profile: 2 of 3 limits exceeded"]);
    let unknown = check("--max-type Sesion=3");
    assert_eq!((unknown.code, unknown.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(unknown.stderr.lines().last().unwrap(), @"error: no block has a type that matches `Sesion`: correct the pattern, or remove the limit");
    assert_eq!(check("--max-type Sesion=0").code, 0);
    folder.write("known", "# of old\ntype: Node\n");
    let known = check("--max-leaked 0 --suppressions known");
    assert_eq!((known.code, known.stdout.as_str()), (0, "mem-profile: the limit is kept\n"));
    assert!(known.stderr.contains("suppressed"), "{known:?}");
    folder.write("known", "Node\n");
    let wrong = check("--max-leaked 0 --suppressions known");
    insta::assert_snapshot!(wrong.stderr, @"error: cannot use known: line 1 is not a suppression: it does not begin with `type:`, `site:` or `function:`");
    assert_eq!([check("--max-type Session").code, graph(&folder, "check app.mheap").code], [2, 2]);

    let mut builder = heap(1);
    let unknown = builder.site(site::COMPLETE, 0, &[0x1234]);
    builder.block(HEAP + 0x9000, 16, unknown);
    write(&folder, "untyped.mheap", &builder.build());
    let ran = graph(&folder, "check untyped.mheap --max-type Sesion=0");
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr.lines().last().unwrap(), @"error: `Sesion` cannot be judged, since 1 block has no known type: build with `debug = 2`");

    let mut builder = heap(1);
    builder.missing(missing::THREAD, 7, 0, "worker");
    write(&folder, "missing.mheap", &builder.build());
    let ran = graph(&folder, "check missing.mheap --max-leaked 1000");
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("note: ") && lines[0].contains("worker"), "{lines:?}");
    insta::assert_snapshot!(lines.last().unwrap(), @"error: lost memory cannot be judged, since a part of the process was not captured: see the notes");
}

#[test]
fn copies_are_listed_where_contents_were_hashed() {
    let mut builder = heap(3);
    // Of three sessions two are equal, and so are both nodes.
    let hashes: [u64; 6] = [1, 2, 2, 3, 4, 4];
    builder.section(kind::HASHES, hashes.into_iter().flat_map(u64::to_le_bytes).collect());
    let folder = folder();
    write(&folder, "hashed.mheap", &builder.build());
    let ran = graph(&folder, "duplicates hashed.mheap --json");
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let figures = |row: usize| [&found["rows"][row]["name"], &found["rows"][row]["bytes"]];
    assert_eq!(figures(0), [&json!("Session"), &json!(100)], "{found}");
    assert_eq!((figures(1), &found["more"]), ([&json!("Node"), &json!(24)], &json!(0)), "{found}");
    let text = graph(&folder, "duplicates hashed.mheap --top 1").stdout;
    assert!(text.ends_with("\n… 1 more, 24 B; --top all shows them\n"), "{text}");
    let ran = graph(&folder, "duplicates app.mheap");
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr.lines().last().unwrap(), @"error: app.mheap has no hashes of contents: capture with `graph run --duplicates`, or `Config::duplicates(true)`");
}

#[test]
fn a_capture_is_exported_and_never_overwritten() {
    assert_eq!(shown("export app.mheap --format jsonl").lines().count(), 1 + 3 + 6 + 1 + 5);
    assert!(shown("export app.mheap --format json").starts_with("{\"process\":7,"));
    assert!(shown("export app.mheap --format dot").starts_with("digraph heap {"));
    let folder = folder();
    let ran = graph(&folder, "export app.mheap --format heapsnapshot --output app.heapsnapshot");
    assert!(ran.stderr.ends_with("wrote: app.heapsnapshot\n"), "{ran:?}");
    let snapshot: serde_json::Value =
        serde_json::from_str(&folder.read("app.heapsnapshot")).unwrap();
    assert_eq!(snapshot["snapshot"]["node_count"], 1 + 2 + 6);
    for line in ["export app.mheap --format dot", "report app.mheap", "refs app.mheap Node"] {
        let ran = graph(&folder, &format!("{line} --output app.mheap"));
        assert_eq!(ran.code, 125, "{line}");
        assert!(std::fs::read(folder.path("app.mheap")).unwrap() == heap(3).build());
    }
}

#[test]
fn a_report_is_text_markdown_or_json() {
    let text = shown("report app.mheap");
    assert!(text.starts_with("app --fast (process 7): 412 B in 6 blocks\n"), "{text}");
    assert!(text.contains("note: ") && text.contains("Session"), "{text}");
    let folder = folder();
    let ran = graph(&folder, "report app.mheap --output page.md");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "wrote: page.md\n"));
    assert!(folder.read("page.md").starts_with("## `app --fast`: 412 B in 6 blocks\n"));
}

#[test]
fn a_file_that_is_no_capture_is_one_line() {
    let folder = folder();
    let whole = heap(3).build();
    let mut seen = 0;
    for length in (0..whole.len()).step_by(88) {
        write(&folder, "cut.mheap", &whole[..length]);
        let ran = graph(&folder, "types cut.mheap");
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.lines().count()),
            (125, "", 1),
            "{ran:?}"
        );
        assert!(ran.stderr.starts_with("error: cut.mheap: this"), "{ran:?}");
        seen += 1;
    }
    assert!(seen > 5);
    // The others read no captured heap.
    let verbs = VERBS.into_iter().filter(|verb| !["run", "capture"].contains(verb));
    for verb in verbs {
        let rest = match verb {
            "why" | "refs" | "backrefs" => " x",
            "diff" => " app.mheap",
            "check" => " --max-leaked 0",
            "export" => " --format dot",
            _ => "",
        };
        for name in ["gone.mheap", "cut.mheap", "."] {
            let ran = graph(&folder, &format!("{verb} {name}{rest}"));
            assert_eq!(
                (ran.code, ran.stdout.as_str(), ran.stderr.lines().count()),
                (125, "", 1),
                "{verb}: {ran:?}"
            );
        }
    }
}

#[test]
fn no_verb_obeys_the_strings_of_a_capture() {
    use crate::hostile::{HOSTILE, assert_harmless};
    let folder = Folder::new();
    write(&folder, "app.mheap", &named_heap(3, [HOSTILE, "\u{1b}[2J::error::x", HOSTILE]).build());
    write(&folder, "new.mheap", &named_heap(4, [HOSTILE, "a", "b"]).build());
    for line in [
        "report app.mheap",
        "report app.mheap --format markdown",
        "report app.mheap --format json",
        "types app.mheap",
        "types app.mheap --json",
        "leaks app.mheap",
        "leaks app.mheap --json",
        "cycles app.mheap",
        "cycles app.mheap --json",
        "retained app.mheap",
        "retained app.mheap --json",
        "why app.mheap *",
        "why app.mheap * --json",
        "waste app.mheap",
        "waste app.mheap --json",
        "refs app.mheap *",
        "refs app.mheap * --json",
        "backrefs app.mheap *",
        "diff app.mheap new.mheap",
        "diff app.mheap new.mheap --json",
        "check app.mheap --max-leaked 0",
        "export app.mheap --format jsonl",
        "export app.mheap --format dot",
        "export app.mheap --format heapsnapshot",
        "why app.mheap \u{1b}[2J",
        "check app.mheap --max-type \u{1b}[2J=1",
        "types \u{1b}[2J",
    ] {
        let ran = graph(&folder, line);
        assert!(!ran.stdout.is_empty() || ran.code == 125, "{line}: {ran:?}");
        assert_harmless(&ran);
    }
}
