//! Items by their tokens, and syntax that the parser does not know.

use crate::items::{Item, ItemKind};
use crate::old_syntax::OldSyntax;
use proc_macro2::TokenStream;
use syn::parse::Parser;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the source has tokens")
}

#[test]
fn items_end_where_the_next_begins() {
    use ItemKind::{Definition, Function, Implementation, Module, Other, Trait};
    let sources = [
        ("#![allow(unused)]", Other),
        ("use a::{b, c::*};", Definition),
        (
            "#[inline] pub(in a::b) fn f<T: Fn(u8) -> u8>() -> A<{ N }> where T: B<{ 1 }> {}",
            Function,
        ),
        ("default unsafe extern \"C\" fn f(u8, &Fn(u8) -> u8);", Function),
        ("const async fn f() { 1 }", Function),
        ("const N: A<{ 1 }> = { 2 } + { 3 };", Definition),
        ("const _: bool = a < b;", Definition),
        ("static mut S: [u8; { 3 }] = [1; { 3 }];", Definition),
        ("extern \"C\" { fn f(u8); }", Definition),
        ("unsafe extern { static X: u8; }", Definition),
        ("extern crate alloc as other;", Definition),
        (
            "unsafe impl<const N: u8> A<{ N }> for B<{ N }> where C: Fn() -> u8 { fn f() {} }",
            Implementation,
        ),
        ("unsafe auto trait A {}", Trait),
        ("trait A<T = B<u8>> = C;", Trait),
        ("mod a;", Module),
        ("pub mod b { fn f() {} }", Module),
        ("struct A<const N: u8 = { 3 }> { async: Box<Fn()> }", Definition),
        ("pub struct A<T>(Box<Fn() -> T>) where T: B<{ 1 }>;", Definition),
        ("enum A { B = 1, C { d: u8 } }", Definition),
        ("union A { b: u8 }", Definition),
        ("type A<T> where T: B = Fn(T) -> C;", Definition),
        ("macro_rules! m { () => { fn f() {} } }", Other),
        ("macro m($x:expr) { $x }", Definition),
        ("a::m! { fn f() {} }", Other),
        ("m!(a, b);", Other),
        ("fn last() {}", Function),
    ];
    let all = sources.map(|(source, _)| source).join("\n");
    let found = Vec::from_iter(Item::all(tokens(&all)));
    assert_eq!(found.len(), sources.len());
    for (found, (source, kind)) in found.iter().zip(sources) {
        let text = TokenStream::from_iter(found.tokens.iter().cloned()).to_string();
        assert_eq!((text, found.kind), (tokens(source).to_string(), kind));
    }
}

#[test]
fn old_syntax_is_put_back() {
    for source in [
        "let f: &Fn(usize) -> usize = g;",
        "let f: Box<for<'a> Fn(&'a u8) -> Vec<&'a [T; 3]> + Send> = g;",
        "let f: &'a mut FnMut() -> <T as A<{ 1 }>>::B = g as *const FnOnce(u8) -> !;",
        "let f: &ops::Fn(u8) -> fn(u8) -> &'static (u8, u8) = g;",
        "let f: &Alias(u8) -> Box<Fn() -> u8> = g;",
        "Vec::<Box<Fn() + Send>>::new();",
        "<Fn()>::f(|x: &Fn(u8) -> u8| -> Box<Fn()> { g(Some::Fn(x)) });",
        "let async = await + dyn as u8; async.await(try, dyn::f(async::g())); try = S { async, await: 1 };",
        "match n { 0...9 => { let dyn = 1; } 'a'...'z' | A...B => 2 }",
        "impl A for Box<Fn(u8) -> u8> { fn f(&Fn(u8), async: u8) {} }",
    ] {
        let mut old = OldSyntax::default();
        let taken = old.take_out(tokens(source));
        let is_item = source.starts_with("impl");
        assert!(is_item || syn::Block::parse_within.parse2(taken.clone()).is_ok(), "{taken}");
        assert_eq!(old.put_back(taken).to_string(), tokens(source).to_string());
    }
}

#[test]
fn current_syntax_stays_unchanged() {
    let source =
        "fn Fn(x: u8) -> u8 { async move { x.await? } } async fn f() -> impl A { async { 1 } }
        let g: unsafe extern \"C\" fn(u8) -> u8 = f; let f: &dyn A = &async |x| try!(x); let y: Box<dyn 'a + B> = try { 1 };";
    let taken = OldSyntax::default().take_out(tokens(source));
    assert_eq!(taken.to_string(), tokens(source).to_string());
}

#[test]
fn statements_that_cannot_be_parsed_stay_between_the_others() {
    let source = "#[mem_profile]
        fn f(n: usize) -> usize {
            let first = vec![n];
            let call: &Alias(usize) = &|n| drop(n);
            if n > 1 {
                return 1;
            }
            first.len()
        }";
    let expansion = super::expand(source).to_string();
    for part in [
        "enter_line (2) ;",
        "line (3) ; let call : & Alias",
        "line (4) ; if n",
        "end_line (8 , 7) ;",
    ] {
        let part = tokens(part).to_string();
        assert!(expansion.contains(&part), "`{part}` is not in {expansion}");
    }
}

#[test]
fn functions_that_are_not_const_are_measured_in_any_block() {
    let source = "#[mem_profile]\nimpl<const N: usize> A<{ N }> for &S<N> {
        pub(crate) const fn unread(f: &Alias(u8)) {}
        fn f() { work(); }
        async fn g<const M: usize>() { work(); }
    }";
    let expansion = super::expand(source).to_string();
    assert_eq!(expansion.matches("static __MEM_PROFILE").count(), 2);
}

#[test]
fn a_function_that_cannot_be_parsed_does_not_keep_others_from_being_measured() {
    let unread = "async fn unread(f: &Alias(u8)) { work(); }";
    let source = format!("#[mem_profile]\nimpl S {{\n{unread}\nfn f() {{\nwork();\n}}\n}}");
    let expansion = super::expand(&source).to_string();
    assert!(expansion.contains(&tokens(unread).to_string()));
    assert_eq!(expansion.matches("static __MEM_PROFILE").count(), 1);
}
