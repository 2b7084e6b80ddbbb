use super::*;
use crate::recording::Incomplete;
use crate::sample;

fn recording() -> Recording {
    Recording { snapshot: sample::leak(), program: None, incomplete: None }
}

/// The data in the page.
fn data(page: &str) -> &str {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap().1;
    start.split_once("</script>").unwrap().0
}

#[test]
fn data_of_a_page() {
    let page = render(&recording());
    let text = data(&page)
        .replace("{\"name\"", "\n{\"name\"")
        .replace("[[", "[\n[")
        .replace("],[", "],\n[");
    insta::assert_snapshot!(text, @r##"
    {"backend":"heap","process_bytes":100051200,"program":null,"functions":[
    {"name":"leak::process","file":"examples/leak.rs","line":31,"increment":100050000,"peak":100000,"allocated":100150000,"allocations":1002,"occurrences":1,"lines":[
    [31,"#[mem_profile]","a14",null,1024,512,0,0,0,1,"entry"],
    [32,"fn process(items: usize) -> Vec\u003cString> {","k2_1f7_18t3_1t6_3",null,null,null,null,null,null,null,"body"],
    [33,"    let mut kept = Vec::new(); // \u003cscript>","_4k3_1k3_8t3_2f3_4c11",null,512,0,0,0,0,1,"body"],
    [34,"    for id in 0..items {","_4k3_4k2_1n1_9",null,512,0,0,0,0,501,"body"],
    [35,"        let text = \"x\".repeat(100_000);","_8k3_8s3_1f6_1n7_2",null,100000512,100000000,100000,100000000,1000,500,"body"],
    [36,"        kept.push(text);","_13f4_7",null,50512,50000,40000,50000,1,500,"body"],
    [37,"    }","_5",null,512,0,0,0,0,500,"body"],
    [38,"    summary(|a| a & \"&amp;\");","_4f7_9s7_2",null,512,0,100000,100000,1,1,"body"],
    [39,"}","_1",null,512,0,0,0,0,1,"body"]]},
    {"name":"text::parse","file":"src/text.rs","line":5,"increment":0,"peak":32000,"allocated":72000,"allocations":9,"occurrences":3,"lines":[
    [5,"fn parse(text: &str) -> usize {","k2_1f5_23",null,1536,1024,0,0,0,3,"entry"],
    [6,"    let words: Vec\u003c&str> = text.split(' ').collect();","_4k3_8t3_14f5_1s3_2f7_3",null,48512,48000,32000,72000,9,3,"body"],
    [7,"    words.len()","_10f3_2",null,512,0,0,0,0,3,"body"],
    [8,"}","_1",null,512,-48000,0,0,0,3,"body"]]},
    {"name":"audit::log","file":"src/text.rs","line":20,"increment":0,"peak":300000000,"allocated":600000000,"allocations":5000,"occurrences":2,"lines":[
    [20,"fn log() {","k2_1f3_4",null,512,0,0,0,0,2,"entry"],
    [21,"    format!(\"{:>300000000}\", 1);","_4m6_2s15_2n1_2",null,512,0,300000000,600000000,5000,2,"body"]]}]}
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
fn an_incomplete_recording_has_a_banner() {
    let mut recording = recording();
    assert!(!render(&recording).contains("role=\"alert\""));
    recording.incomplete = Some(Incomplete { reason: "a <b> & c".into(), lossy: false });
    let page = render(&recording);
    assert!(page.contains("<strong>Incomplete:</strong> a &lt;b&gt; &amp; c</p>"), "{page}");
}

#[test]
fn templates_are_filled_once() {
    let value = |name: &str| format!("<{name} {{{{x}}}}>");
    assert_eq!(fill("a {{b}} c {{d}}", value), "a <b {{x}}> c <d {{x}}>");
}
