//! File, line numbers, source text and occurrences of every row, and the names of functions.

use mem_profile::{FunctionSnapshot, snapshot};
use std::fs;
use std::path::Path;
use std::sync::Once;

/// Prevents the report at exit, which no test reads.
fn keep_quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let nowhere = if cfg!(windows) { "NUL" } else { "/dev/null" };
        // SAFETY: everything that reads the environment here goes through `std`, which locks it.
        unsafe { std::env::set_var("MEM_PROFILE_OUTPUT", nowhere) };
    });
}

fn source_text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    fs::read_to_string(path).expect("the source is there")
}

fn function(name: &str) -> FunctionSnapshot {
    let functions = snapshot().functions;
    let mut found = functions.into_iter().filter(|function| function.name == name);
    let function = found.next().unwrap_or_else(|| panic!("`{name}` has no table"));
    assert_eq!(found.next(), None, "two tables are called `{name}`");
    function
}

/// The number of `//x N` at the end of a line.
fn expected(line: &str) -> Option<u64> {
    let (_, count) = line.rsplit_once("//x ")?;
    Some(count.trim().parse().expect("a number"))
}

/// Compares a table with the lines of `file` from the first that contains `first` to the first
/// thereafter that starts with `last`.
fn assert_rows(name: &str, file: &str, first: &str, last: &str) {
    let text = source_text(file);
    let numbered = (1..).zip(text.lines()).skip_while(|(_, line)| !line.contains(first));
    let mut lines: Vec<_> = numbered.collect();
    let length = lines.iter().position(|(_, line)| line.starts_with(last)).expect("the last line");
    lines.truncate(length + 1);
    let function = function(name);
    assert_eq!(function.file, format!("tests/sources/src/{file}"));
    assert_eq!(function.calls, 1);
    assert_eq!(function.line, lines[0].0, "{name}");
    let rows = function.lines.iter().map(|row| (row.line, row.source.as_str(), row.occurrences));
    let truth = lines.iter().map(|(number, line)| (*number, *line, expected(line)));
    assert_eq!(rows.collect::<Vec<_>>(), truth.collect::<Vec<_>>(), "{name}");
}

#[test]
fn line_endings() {
    keep_quiet();
    assert_eq!(sources::crlf::crlf(&["one", "two"]), 19);
    assert_rows("sources::crlf::crlf", "crlf.rs", "#[mem_profile]", "} //x 1");
    let text = source_text("crlf.rs");
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count(), "it is still CRLF");
    assert_eq!(sources::unterminated::unterminated(), 3);
    assert_rows(
        "sources::unterminated::unterminated",
        "unterminated.rs",
        "#[mem_profile]",
        "    word.len() }",
    );
    assert!(source_text("unterminated.rs").ends_with("//x 1"), "it still has no last newline");
}

#[test]
fn characters() {
    keep_quiet();
    assert_eq!(sources::tabs::tabs(2), 5);
    assert!(source_text("tabs.rs").contains("\n\t  \t\tlet more"), "it still has its tabs");
    assert_rows("sources::tabs::tabs", "tabs.rs", "#[mem_profile]", "} //x 1");
    sources::wide::測定("漢字a");
    assert_rows("sources::wide::測定", "wide.rs", "#[mem_profile]", "} //x 1");
    assert_eq!(sources::odd::odd(1), 4);
    assert_rows("sources::odd::odd", "ödd näme/file.rs", "#[mem_profile]", "} //x 1");
}

#[test]
fn layouts() {
    keep_quiet();
    let file = "plain.rs";
    assert_eq!(sources::plain::one_line(1), 4);
    assert_rows("sources::plain::one_line", file, "fn one_line", "#[mem_profile] pub fn one_line");
    assert_eq!(sources::plain::spread("value"), "value");
    assert_rows("sources::plain::spread", file, "#[mem_profile] //x", "} //x 1");
    assert_eq!(sources::plain::renamed(1), 4);
    assert_rows("plain, under another name", file, "#[mem_profile(", "} //x 1");
    let sum = sources::plain::first_of_two() + sources::plain::second_of_two();
    assert_eq!(sum, 3);
    let two = "#[mem_profile] pub fn first_of_two";
    assert_rows("sources::plain::first_of_two", file, two, two);
    assert_eq!(function("sources::plain::second_of_two").lines[1].occurrences, Some(1));
}

#[test]
fn includes() {
    keep_quiet();
    assert_eq!(sources::includes::included(1), 4);
    assert_rows("sources::includes::included", "included.in", "#[mem_profile]", "} //x 1");
}

#[test]
fn macros() {
    keep_quiet();
    let file = "macros.rs";
    assert_eq!(sources::macros::whole(), 8);
    assert_rows("sources::macros::whole", file, "#[mem_profile] //x 1", "        } //x 1");
    assert_eq!(sources::macros::around(1), 4);
    assert_rows("sources::macros::around", file, "around!(around", "}); //x 1");
    assert_eq!(sources::macros::through(), 6);
    assert_rows("sources::macros::through", file, "$(#[$attribute])* //x", "        } //x 1");
    assert_eq!(sources::macros::item(1), 4);
    assert_rows("sources::macros::item", file, "pub fn item", "    } //x 1");
}

#[test]
fn names() {
    keep_quiet();
    sources::names::call_all();
    let mut functions = snapshot().functions;
    functions.retain(|function| function.file.ends_with("/names.rs"));
    functions.sort_by_key(|function| function.line);
    let named: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.calls)).collect();
    let expected = [
        ("sources::names::left::same", 1),
        ("sources::names::right::same", 1),
        ("sources::names::right::inner::same", 1),
        ("sources::names::Twin::same_default", 2),
        ("sources::names::First::same", 1),
        ("sources::names::Second::same", 1),
        ("sources::names::Second::later", 1),
        ("<sources::names::First as sources::names::Twin>::same", 1),
        ("<sources::names::First as sources::names::Twin>::generic", 2),
        ("<sources::names::Second as sources::names::Twin>::same", 1),
        ("<sources::names::Second as sources::names::Twin>::generic", 1),
        ("sources::names::Generic<_, N>::same", 2),
        ("sources::names::Generic<bool, 1>::special", 1),
        ("<sources::names::Generic<_, 0> as sources::names::Twin>::same", 1),
        ("<sources::names::Generic<_, 0> as sources::names::Twin>::generic", 1),
        ("sources::names::elsewhere::<impl sources::names::First>::elsewhere", 1),
        ("sources::names::elsewhere::<impl sources::names::Twin for alloc::vec::Vec<u8>>::same", 1),
        (
            "sources::names::elsewhere::<impl sources::names::Twin for alloc::vec::Vec<u8>>::generic",
            1,
        ),
        ("sources::names::outer", 2),
        ("sources::names::outer::same", 2),
        ("sources::names::outer::{{closure}}::in_closure", 2),
        ("whatever it is called", 1),
        ("sources::names::fn", 1),
        ("sources::names::asynchronous", 1),
    ];
    assert_eq!(named, expected);
}
