//! The views of a process that has something of everything.

use crate::{Account, ClassKind, Counted, Facts, LiveBlock, parse_smaps};

const SMAPS: &str = include_str!("../../tests/smaps.txt");

/// Three lines whose blocks lie on the first pages of the heap.
pub(crate) fn known() -> Account {
    let block = |address, size, site| LiveBlock { address, size, site };
    let heap = 0x5600_0003_0000;
    let blocks = (0..20_u64).map(move |page| block(heap + page * 4096 + 0x10, 40, 1));
    let others = [block(heap + 0x15_010, 4000, 2), block(heap + 0x16_010, 24, 3)];
    let large = block(0x7f00_1000_0010, 8 << 20, 4);
    let blocks: Vec<_> = blocks.chain(others).chain([large]).collect();
    let facts = Facts {
        live_blocks: Some(Box::new(move |range, visitor| {
            let mut blocks = blocks.iter().filter(|block| range.contains(&block.address));
            let _ = blocks.try_for_each(|&block| visitor(block));
        })),
        site_name: Some(Box::new(|site| format!("src/<index>|.rs:{site}"))),
        resident_pages: Some(Box::new(|range| match range.start {
            0x7f00_1000_0000 => {
                Some(std::iter::once(range.start..range.start + (4 << 20)).collect())
            }
            _ => None,
        })),
        stack_pointers: vec![0x7ffc_0000_1000],
        threads: Some(1),
        is_glibc: true,
        page_tables: 100 << 10,
        ..Facts::default()
    };
    Account::new(&parse_smaps(SMAPS.as_bytes()).unwrap(), facts)
}

fn foreign() -> Account {
    let counted = Some(Counted { bytes: 1 << 20, blocks: Some(1200) });
    let facts = Facts { threads: Some(2), counted, ..Facts::default() };
    let account = Account::new(&parse_smaps(SMAPS.as_bytes()).unwrap(), facts);
    Account { missing: Some("Lines are missing: ask for them.".to_owned()), ..account }
}

#[test]
fn text_has_a_row_for_each_class() {
    insta::assert_snapshot!("text", known().text());
    insta::assert_snapshot!("foreign", foreign().text());
    insta::assert_snapshot!("diff", known().diff(&foreign()).text());
    // A pair of accounts that know live blocks, huge pages and swap.
    let mut later = known();
    let live = later.classes.iter_mut().find(|class| class.kind == ClassKind::LiveBlocks);
    live.unwrap().count = Some(1204);
    (later.threads, later.swap, later.huge_pages) = (Some(3), 5 << 20, 2 << 20);
    (later.page_tables, later.untouched) = (90 << 10, Vec::new());
    insta::assert_snapshot!("diff_of_numbers", later.diff(&known()).text());
}

#[test]
fn sums_that_have_moved_are_said_in_each_view() {
    let moved = Account { moved: 3 << 20, ..known() };
    let said = "The sums moved by 3.0 MiB while they were read.";
    for view in [Account::text, Account::markdown, |it: &Account| it.html("app")] {
        assert_eq!(view(&moved).matches(said).count(), 1);
        assert!(!view(&known()).contains("sums moved"));
    }
}

#[test]
fn the_front_of_a_long_path_is_cut_in_text() {
    let path = format!("/opt{}/lib/engine.so.1", "/a-long-folder".repeat(12));
    let smaps = SMAPS.replace("/usr/bin/app", &path);
    let account = Account::new(&parse_smaps(smaps.as_bytes()).unwrap(), Facts::default());
    let text = account.text();
    let line = text.lines().find(|line| line.contains("engine.so.1")).unwrap();
    let name = line.trim_start().split("  ").next().unwrap();
    assert!(name.starts_with('…') && name.ends_with("/lib/engine.so.1"), "{name}");
    assert_eq!(name.chars().count(), 60);
    assert!(account.html("app").contains(&path) && account.markdown().contains(&path));
}

#[test]
fn markdown_escapes_what_it_did_not_write() {
    insta::assert_snapshot!("markdown", known().markdown());
}

#[test]
fn a_page_has_a_bar_and_no_markup_of_others() {
    let page = known().html("app </title> 1");
    assert!(page.contains("<title>app &lt;/title&gt; 1</title>") && !page.contains("<index>"));
    let (head, body) = page.split_once("<body>").unwrap();
    assert!(head.contains("default-src 'none'"));
    insta::assert_snapshot!("page", body);
}

#[test]
fn changes_have_a_table_and_a_page() {
    let diff = known().diff(&foreign());
    insta::assert_snapshot!("diff_markdown", diff.markdown());
    let page = diff.html("a.json → <b>");
    let (head, body) = page.split_once("<body>").unwrap();
    assert!(head.contains("<title>a.json → &lt;b&gt;</title>") && head.contains("'none'"));
    insta::assert_snapshot!("diff_page", body);
    // Nothing has changed.
    let same = known().diff(&known());
    assert!(same.html("app").contains("</b> resident set, as before</p>"));
    assert!(!same.text().contains("Only one of the accounts"));
    assert!(Account::default().diff(&Account::default()).html("app").contains("0.0 MiB"));
}

#[test]
fn lines_without_a_row_are_summed_up() {
    let mut later = known();
    let sites = &mut later.pins.as_mut().unwrap().sites;
    let pin = sites[0].clone();
    sites.extend((0..9).map(|index| crate::Pin {
        site: format!("new.rs:{index}"),
        pinned: (9 - index) << 20,
        ..pin.clone()
    }));
    let text = later.diff(&known()).text();
    let pins: Vec<_> = text.lines().filter(|line| line.contains("pinned by")).collect();
    assert_eq!(pins.len(), 6, "{text}");
    // 4, 3, 2 and 1 MiB.
    assert!(pins[5].starts_with("    pinned by 4 more lines") && pins[5].ends_with("+10.0 MiB"));
}

#[cfg(feature = "serde")]
#[test]
fn an_account_is_read_from_its_json() {
    for mut account in [known(), foreign(), Account::default()] {
        account.took = std::time::Duration::from_millis(1500);
        let json = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&json).unwrap(), account);
    }
}

#[cfg(feature = "serde")]
#[test]
fn json_has_all_figures() {
    let json = serde_json::to_value(known()).unwrap();
    let classes = json["classes"].as_array().unwrap();
    let sum: u64 = classes.iter().map(|class| class["bytes"].as_u64().unwrap()).sum();
    assert_eq!(json["resident"].as_u64(), Some(sum));
    assert_eq!(json["pins"]["sites"][0]["site"], "src/<index>|.rs:1");
    assert_eq!(json["took"], 0.0);
}

#[cfg(feature = "serde")]
#[test]
fn json_of_a_diff_has_names_and_adds_up() {
    let json = serde_json::to_value(known().diff(&foreign())).unwrap();
    let sum = |when: &str| {
        let classes = json["classes"].as_array().unwrap();
        classes.iter().map(|class| class[when].as_u64().unwrap()).sum::<u64>()
    };
    let resident = ["before", "after"].map(|when| json["resident"][when].as_u64().unwrap());
    assert_eq!(resident, [sum("before"), sum("after")]);
    assert_eq!(json["classes"][0]["kind"], "live_blocks");
    assert_eq!(json["pins"][0]["site"], "src/<index>|.rs:1");
    assert_eq!(json["pins"][0]["before"], 0);
    assert_eq!((&json["threads"]["before"], &json["threads"]["after"]), (&2.into(), &1.into()));
    assert!(json["blocks"].is_null(), "only one of them knows it");
}

#[test]
fn a_line_has_the_largest_classes() {
    insta::assert_snapshot!(known().line(), @"resident set 5.2 MiB: live blocks 4.0 MiB · files mapped 512.0 KiB · shared memory 256.0 KiB · free or C's, whole pages 236.0 KiB · all else 235.3 KiB");
    insta::assert_snapshot!(Account::new(&[], Facts::default()).line(), @"resident set 0 B");
}
