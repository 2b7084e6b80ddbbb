use mem_profile_format::{CallPath, CallPaths, Held, Snapshot};

use mem_profile_format::report::content_hash;

use super::*;
use crate::recording::Incomplete;
use crate::sample;

fn recording() -> Recording {
    Recording { snapshot: sample::leak(), program: None, incomplete: None }
}

/// [`sample::leak`] with live blocks: `(function, line, bytes at the peak)`, and those outside.
pub(super) fn held(lines: &[(usize, u32, u64)], outside: u64) -> Snapshot {
    let mut snapshot = sample::leak();
    let of = |at_peak| Held { at_peak, live: 1, allocated: 2 * at_peak, ..Held::default() };
    let path = |&(function, line, bytes): &(usize, u32, u64)| CallPath {
        caller: None,
        function,
        line,
        is_recursive: false,
        own: of(bytes),
    };
    let all = lines.iter().map(path).collect();
    for &(function, line, bytes) in lines {
        let rows = &mut snapshot.functions[function].lines;
        let row = rows.iter_mut().find(|row| row.line == line).unwrap();
        row.at_peak = Some(row.at_peak.unwrap_or(0) + bytes);
    }
    snapshot.paths = Some(CallPaths { all, outside: of(outside), unattributed: of(1) });
    snapshot
}

/// The data in the page.
fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap().1;
    start.split_once("</script>").unwrap().0
}

#[test]
fn data_of_a_page() {
    let mut snapshot = held(&[(0, 35, 800), (0, 36, 100), (1, 6, 9)], 90);
    snapshot.paths.as_mut().unwrap().all[2].caller = Some(0);
    let page = render(&Recording { snapshot, ..recording() });
    let text = data(&page)
        .replace("{\"name\"", "\n{\"name\"")
        .replace("[[", "[\n[")
        .replace("],[", "],\n[");
    insta::assert_snapshot!(text, @r##"
    {"backend":"heap","program":null,"is_complete":true,"peak":{"bytes":1000,"after":null,"uncertainty":0},"process_bytes":100051200,"resident_peak":null,"untouched":null,"resident":null,"rankings":[{"key":"at_peak","total":1000,"lines":[
    [0,4,800,"let text = \"x\".repeat(100_000);","k3_8s3_1f6_1n7_2","leak::process"],
    [0,5,100,"kept.push(text);","_5f4_7","leak::process"],
    [1,1,9,"let words: Vec\u003c&str> = text.split(' ').collect();","k3_8t3_14f5_1s3_2f7_3","text::parse"]],"rest":[0,0],"outside":90,"unattributed":1},{"key":"live","total":5,"lines":[
    [0,4,1,"let text = \"x\".repeat(100_000);","k3_8s3_1f6_1n7_2","leak::process"],
    [0,5,1,"kept.push(text);","_5f4_7","leak::process"],
    [1,1,1,"let words: Vec\u003c&str> = text.split(' ').collect();","k3_8t3_14f5_1s3_2f7_3","text::parse"]],"rest":[0,0],"outside":1,"unattributed":1},{"key":"allocated","total":2000,"lines":[
    [0,4,1600,"let text = \"x\".repeat(100_000);","k3_8s3_1f6_1n7_2","leak::process"],
    [0,5,200,"kept.push(text);","_5f4_7","leak::process"],
    [1,1,18,"let words: Vec\u003c&str> = text.split(' ').collect();","k3_8t3_14f5_1s3_2f7_3","text::parse"]],"rest":[0,0],"outside":180,"unattributed":2}],"hottest":[0,1],"functions":[
    {"name":"leak::process","file":"examples/leak.rs","line":31,"increment":100050000,"peak":100000,"at_peak":900,"live":null,"allocated":100150000,"allocations":1002,"occurrences":1,"lines":[
    [31,"#[mem_profile]","a14",2,1024,512,0,null,null,0,0,1,"entry"],
    [32,"fn process(items: usize) -> Vec\u003cString> {","k2_1f7_18t3_1t6_3",1,null,null,null,null,null,null,null,null,"body"],
    [33,"    let mut kept = Vec::new(); // \u003cscript>","_4k3_1k3_8t3_2f3_4c11",1,512,0,0,null,null,0,0,1,"body"],
    [34,"    for id in 0..items {","_4k3_4k2_1n1_9",1,512,0,0,null,null,0,0,501,"body"],
    [35,"        let text = \"x\".repeat(100_000);","_8k3_8s3_1f6_1n7_2",1,100000512,100000000,100000,800,null,100000000,1000,500,"body"],
    [36,"        kept.push(text);","_13f4_7",1,50512,50000,40000,100,null,50000,1,500,"body"],
    [37,"    }","_5",1,512,0,0,null,null,0,0,500,"body"],
    [38,"    summary(|a| a & \"&amp;\");","_4f7_9s7_2",1,512,0,100000,null,null,100000,1,1,"body"],
    [39,"}","_1",1,512,0,0,null,null,0,0,1,"body"]]},
    {"name":"text::parse","file":"src/text.rs","line":5,"increment":0,"peak":32000,"at_peak":9,"live":null,"allocated":72000,"allocations":9,"occurrences":3,"lines":[
    [5,"fn parse(text: &str) -> usize {","k2_1f5_23",1,1536,1024,0,null,null,0,0,3,"entry"],
    [6,"    let words: Vec\u003c&str> = text.split(' ').collect();","_4k3_8t3_14f5_1s3_2f7_3",1,48512,48000,32000,9,null,72000,9,3,"body"],
    [7,"    words.len()","_10f3_2",1,512,0,0,null,null,0,0,3,"body"],
    [8,"}","_1",1,512,-48000,0,null,null,0,0,3,"body"]]},
    {"name":"audit::log","file":"src/text.rs","line":20,"increment":0,"peak":300000000,"at_peak":null,"live":null,"allocated":600000000,"allocations":5000,"occurrences":2,"lines":[
    [20,"fn log() {","k2_1f3_4",1,512,0,0,null,null,0,0,2,"entry"],
    [21,"    format!(\"{:>300000000}\", 1);","_4m6_2s15_2n1_2",1,512,0,300000000,null,null,600000000,5000,2,"body"]]}],"calls":[
    [0,4,1,9,1]],"notes":[]}
    "##);
}

#[test]
fn nothing_of_the_recording_becomes_markup() {
    let mut recording = recording();
    let hostile = "</script><img src=x onerror=alert(1)>&\"'{{style}}".to_owned();
    recording.snapshot.functions[0].name.clone_from(&hostile);
    recording.snapshot.functions[0].file.clone_from(&hostile);
    recording.snapshot.functions[0].lines[1].source.clone_from(&hostile);
    recording.program = Some(hostile.clone());
    recording.incomplete = Some(Incomplete { reason: hostile, lossy: true });
    let page = render(&recording);
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches(STYLE).count(), 1);
    let read: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
    assert_eq!(read["functions"][0]["name"], recording.snapshot.functions[0].name);
}

#[test]
fn nothing_is_fetched() {
    let page = render(&recording());
    for word in ["http:", "https:", "@import", "src=", "fetch(", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn only_the_style_and_the_script_of_the_page_are_allowed() {
    let page = render(&recording());
    let inside = |name: &str| {
        let start = page.split_once(&format!("<{name}>")).unwrap().1;
        start.split_once(&format!("</{name}>")).unwrap().0
    };
    for name in ["style", "script"] {
        let allowed = format!("{name}-src '{}';", content_hash(inside(name)));
        assert!(page.contains(&allowed), "{allowed}");
    }
    assert!(!page.contains("unsafe-inline"));
}

#[test]
fn an_incomplete_recording_has_a_banner() {
    let mut recording = recording();
    assert!(!render(&recording).contains("role=\"alert\""));
    recording.incomplete = Some(Incomplete { reason: "a <b> & c".into(), lossy: false });
    let page = render(&recording);
    assert!(page.contains("<strong>Incomplete:</strong> a &lt;b&gt; &amp; c</p>"), "{page}");
}
