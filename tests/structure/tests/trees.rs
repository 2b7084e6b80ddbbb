//! Small trees of files, some with a circle in them.

use std::collections::BTreeMap;
use std::path::Path;

use structure::graph::Graph;
use structure::tree::Tree;

fn graph(files: &[(&str, &str)]) -> Graph {
    let files: BTreeMap<_, _> = files.iter().map(|(path, text)| (Path::new(path), text)).collect();
    Tree::read("own_name", &|path| files.get(path).map(|text| (**text).to_owned())).graph()
}

#[track_caller]
fn assert_edges(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(graph(files).edges(), expected);
}

#[test]
fn an_item_of_a_module_is_an_edge_and_the_module_alone_is_not() {
    assert_edges(&[("lib.rs", "mod a; use crate::a as b;"), ("a.rs", "pub struct A;")], &[]);
    let a = ("a.rs", "pub struct A; pub fn f() {}");
    for user in [
        "mod a; use a::A;",
        "mod a; use self::a::{self, A as B};",
        "mod a; fn g(_: a::A) {}",
        "mod a; use crate::a; fn g() { a::f() }",
        "mod a; fn g() { println!(\"{}\", own_name::a::f()) }",
        "mod a; mod inner { use super::a::*; fn g() { f() } }",
        "mod a; pub use a::A; impl A {}",
        "mod a; use anyhow::anyhow; use a::A; fn g() { anyhow::f(anyhow!()) }",
        "mod a; fn g() { use a::f; f() }",
    ] {
        assert_edges(&[("lib.rs", user), a], &["lib.rs → a.rs"]);
    }
}

#[test]
fn a_re_export_leads_to_the_file_that_defines_the_name() {
    let files = [
        ("lib.rs", "mod folder; mod user;"),
        ("folder/mod.rs", "mod a; mod b; pub use a::A; pub(crate) use self::b::*;"),
        ("folder/a.rs", "use super::B; pub struct A(B);"),
        ("folder/b.rs", "pub struct B;"),
        ("user.rs", "use crate::folder::{A, B};"),
    ];
    let expected = ["folder/a.rs → folder/b.rs", "user.rs → folder/a.rs", "user.rs → folder/b.rs"];
    assert_edges(&files, &expected);
    assert_eq!(graph(&files).circles(), [""; 0]);
}

#[test]
fn code_for_tests_is_skipped() {
    let files = [
        (
            "lib.rs",
            "mod a; #[cfg(test)] mod gone; #[cfg(all(test, unix))] use a::A; #[test] fn f() { a::A; }",
        ),
        (
            "a.rs",
            "pub struct A; impl A { #[cfg(test)] fn f() { crate::B; } #[cfg(not(test))] fn g() { crate::C; } }",
        ),
    ];
    assert_edges(&files, &[]);
    let defined = [("lib.rs", "mod a; struct B; struct C;"), files[1]];
    assert_edges(&defined, &["a.rs → lib.rs"]);
}

#[test]
fn macros_are_found_in_the_order_of_the_text_and_by_their_paths() {
    let files = [
        ("lib.rs", "#[macro_use] mod words; mod a; mod b;"),
        ("words.rs", "macro_rules! word { () => { $crate::a::A } }"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "word!();"),
    ];
    assert_edges(&files, &["b.rs → words.rs", "words.rs → a.rs"]);
}

#[test]
fn a_file_may_be_chosen_by_a_condition() {
    let files = [
        (
            "lib.rs",
            "#[cfg(unix)] mod a; #[cfg(not(unix))] #[path = \"other.rs\"] mod a; use a::A; \
         #[cfg_attr(unix, path = \"unix.rs\")] #[cfg_attr(windows, path = \"windows.rs\")] mod b; use b::B;",
        ),
        ("a.rs", "pub struct A;"),
        ("other.rs", "pub struct A;"),
        ("unix.rs", "pub struct B;"),
        ("windows.rs", "pub struct B;"),
    ];
    let expected = ["a.rs", "other.rs", "unix.rs", "windows.rs"];
    assert_edges(&files, &expected.map(|file| &*format!("lib.rs → {file}").leak()));
}

#[test]
fn the_edge_that_opens_most_circles_is_to_blame() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::{B, C};\nuse crate::c::D;\npub struct A;"),
        ("b.rs", "use crate::d::E; pub struct B; pub struct C;"),
        ("c.rs", "use crate::d::E; pub struct D;"),
        ("d.rs", "\nuse crate::a::A; pub struct E;"),
    ];
    let expected = "4 files depend on each other:\n    a.rs\n    b.rs\n    c.rs\n    d.rs\n  \
                    the edge to blame is d.rs → a.rs:\n    d.rs:2 uses A\n";
    assert_eq!(graph(&files).circles(), [expected]);
    assert_eq!(graph(&files).edges_to_cut(), ["d.rs → a.rs (A)"]);
}

#[test]
fn a_parent_and_a_child_that_depend_on_each_other_are_a_circle() {
    let files =
        [("main.rs", "mod a; struct B(a::A);"), ("a.rs", "pub struct A; fn f(_: super::B) {}")];
    assert_eq!(graph(&files).circles().len(), 1);
}

#[test]
fn crates_are_found_by_their_imports() {
    let text = "use other_crate::{a, b}; mod inner { pub use third::*; use super::A; }";
    let tree =
        Tree::read("own_name", &|path| (path == Path::new("lib.rs")).then(|| text.to_owned()));
    assert_eq!(tree.imported().into_iter().collect::<Vec<_>>(), ["other_crate", "super", "third"]);
}

#[test]
fn a_function_and_a_module_of_one_name_are_two() {
    let files = [
        ("lib.rs", "mod a; mod control; mod user; pub use control::a;"),
        ("a.rs", "pub struct A;"),
        ("control.rs", "pub fn a() {}"),
        ("user.rs", "use crate::a; use crate::a::A; fn f(_: a::A) {}"),
    ];
    assert_edges(&files, &["user.rs → a.rs"]);
    let calls = [files[0], files[1], files[2], ("user.rs", "use crate::a; fn f() { a() }")];
    assert_edges(&calls, &["user.rs → control.rs"]);
}
