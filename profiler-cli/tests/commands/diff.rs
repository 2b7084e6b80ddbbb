use mem_profile_format::Snapshot;

use crate::run::Folder;
use crate::sample;

/// The sample after a typical change: two lines inserted, one edited, and a new leak.
fn edited() -> Snapshot {
    let mut after = sample::leak();
    let function = &mut after.functions[0];
    for line in &mut function.lines[3..] {
        line.line += 1;
    }
    let leak = sample::ran(34, "    log.push(items);", (7_000_000, 7_000_000, 7_000_000, 1, 500));
    function.lines.insert(3, leak);
    function.lines[6].source = "        kept.push(text.clone());".into();
    function.lines[6].increment = Some(150_000);
    after
}

fn folder() -> Folder {
    let folder = Folder::with("before.json", &sample::leak());
    folder.record("after.json", &edited());
    folder
}

#[test]
fn lines_are_found_again_after_an_edit() {
    let ran = folder().run(&["diff", "before.json", "after.json", "--unit", "B"]);
    insta::assert_snapshot!(ran.stdout, @"
        Growth    Before       After   Line                           Function        Line Contents
    ===============================================================================================
    +7000000 B       new   7000000 B   examples/leak.rs:34            leak::process   log.push(items);
     +100000 B   50000 B    150000 B   examples/leak.rs:37 (was 36)   leak::process   kept.push(text.clone());

    mem-profile: by increment, 2 grew, 0 shrank and 11 did not change
    ");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn functions_and_other_figures_can_be_compared() {
    let folder = folder();
    let mut grown = sample::by_line();
    grown.paths.as_mut().unwrap().all[0].own.allocations += 1;
    folder.record("own.json", &sample::by_line());
    folder.record("grown.json", &grown);
    let diff = ["diff", "own.json", "grown.json", "--by=function", "--measure=allocations"];
    insta::assert_snapshot!(folder.run(&diff).stdout, @"
    Growth   Before   After   Line                  Function
    ========================================================
        +1     1002    1003   examples/leak.rs:31   leak::process

    mem-profile: by allocs, 1 grew, 0 shrank and 2 did not change
    ");
    let none = folder.run(&["diff", "before.json", "after.json", "--function", "parse"]);
    insta::assert_snapshot!(none.stdout, @"mem-profile: by increment, 0 grew, 0 shrank and 3 did not change");
}

#[test]
fn the_largest_growth_is_shown_and_the_rest_is_counted() {
    let ran = folder().run(&["diff", "before.json", "after.json", "--top=1", "--format=markdown"]);
    insta::assert_snapshot!(ran.stdout, @"
    | Growth | Before | After | Line | Function | Line Contents |
    | ---: | ---: | ---: | :--- | :--- | :--- |
    | +6.676 MiB | new | 6.676 MiB | `examples/leak.rs:34` | `leak::process` | `log.push(items);` |

    mem-profile: by increment, 2 grew, 0 shrank and 11 did not change; shown: 1
    ");
}

#[test]
fn own_bytes_at_the_peak_are_compared_where_both_have_them() {
    let folder = folder();
    let mut grown = sample::by_line();
    grown.functions[0].lines[5].at_peak = Some(60_000);
    folder.record("own.json", &sample::by_line());
    folder.record("grown.json", &grown);
    let ran = folder.run(&["diff", "own.json", "grown.json", "--unit", "B"]);
    insta::assert_snapshot!(ran.stdout, @"
      Growth    Before     After   Line                  Function        Line Contents
    ==================================================================================
    +10000 B   50000 B   60000 B   examples/leak.rs:36   leak::process   kept.push(text);

    mem-profile: by at-peak, 1 grew, 0 shrank and 11 did not change
    ");
    let mixed = folder.run(&["diff", "before.json", "grown.json"]);
    assert!(mixed.stdout.contains("mem-profile: by increment, 0 grew"), "{}", mixed.stdout);
    for measure in ["at-peak", "live", "allocated", "allocs"] {
        let refused = folder.run(&["diff", "before.json", "grown.json", "--measure", measure]);
        assert_eq!((refused.code, refused.stdout.as_str()), (125, ""));
        assert!(refused.stderr.contains("record both with MEM_PROFILE_LIVE=1"), "{measure}");
    }
    let refused = folder.run(&["diff", "before.json", "grown.json", "--measure", "live"]);
    insta::assert_snapshot!(refused.stderr, @"error: a recording does not say which lines hold the memory: record both with MEM_PROFILE_LIVE=1, or choose another figure with --measure");
}

#[test]
fn different_backends_are_refused() {
    let folder = folder();
    folder.record("rss.json", &sample::resident());
    let ran = folder.run(&["diff", "before.json", "rss.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr, @"
    error: the recordings measure different things, heap and rss: use the same MEM_PROFILE_BACKEND for both
    ");
}
