//! Deeply nested code, and the cost of its expansion.

use super::expand;
use crate::stack;
use crate::walk::EXAMINED;
use proc_macro2::{TokenStream, TokenTree};

/// Each construct that can contain itself: its beginning and its end.
const NESTS: [[&str; 2]; 16] = [
    ["{ let _a = vec![1];", "}"],
    ["{ let _a = vec![1]; if n == 3 { break; }", "}"],
    ["unsafe { let _a = vec![1];", "}"],
    ["if n > 1 { let _a = vec![1];", "} else { 1 }"],
    ["if n > 1 { let _a = vec![1];", "}"],
    ["match n { 0 => {}\n_ => {\nlet _a = vec![1];", "} }"],
    ["match n { 0 => 1,\n_ => {\nlet _a = vec![1];", "} }"],
    ["match n { 0 => 1,\n_ =>", "}"],
    ["loop { let _a = vec![1];", "break; }"],
    ["for _ in 0..1 { let _a = vec![1];", "}"],
    ["(|| { let _a = vec![1];", "})()"],
    ["(|| match n {\n0 => 1,\n_ =>", "})()"],
    ["async { let _a = vec![1];", "}.await"],
    ["(async |_: u8| { let _a = vec![1];", "})(1).await"],
    ["let Some(_a) = Some(1) else {", "return; };"],
    ["Ok(if n > 1 {", "} else { Err(2) })"],
];

/// A function with `depth` of them in it.
fn nested([open, close]: [&str; 2], depth: usize) -> String {
    let [open, close] = [open, close].map(|part| format!("{part}\n").repeat(depth));
    format!("#[mem_profile]\nasync fn f(n: u8) {{\nloop {{\n{open}n\n{close}}}\n}}")
}

fn count(tokens: TokenStream) -> usize {
    let inside = |token| match token {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    };
    tokens.into_iter().map(inside).sum()
}

/// The number of expressions that are examined, and of tokens that are emitted.
fn cost(source: &str) -> [usize; 2] {
    stack::run(|| {
        EXAMINED.set(0);
        let tokens = count(expand(source));
        [EXAMINED.get(), tokens]
    })
}

#[test]
fn time_and_code_grow_with_the_size_of_the_body() {
    for nest in NESTS {
        let [once, twice] = [100, 200].map(|depth| cost(&nested(nest, depth)));
        for (once, twice) in once.into_iter().zip(twice) {
            assert!(2 * once + once / 10 >= twice, "{nest:?}: {once}, then {twice}");
        }
        assert!(twice[1] > 2000, "{nest:?}: {twice:?}");
    }
}

#[test]
fn a_chain_of_branches_grows_with_its_length() {
    let chain = |links| {
        let links = "else if n > 1 {\nlet _a = vec![n];\n}\n".repeat(links);
        cost(&format!("#[mem_profile]\nfn f(n: u8) {{\nif n == 0 {{}}\n{links}}}"))
    };
    let [once, twice] = [1500, 3000].map(chain);
    assert!(2 * once[0] + 100 > twice[0] && 2 * once[1] + 100 > twice[1], "{once:?} {twice:?}");
}

#[test]
fn no_expression_is_too_deep() {
    let deep = |open: &str, close: &str, depth: usize| {
        let value = [&open.repeat(depth), "1", &close.repeat(depth)].concat();
        let source = format!("#[mem_profile]\nfn f() {{\nlet _a = 1;\nlet _b = {value};\n}}");
        assert!(cost(&source)[1] > depth, "{open}{close}");
    };
    deep("!", "", 5000);
    deep("a[", "]", 1000);
    deep("None::<Box<", ">>", 2000);
    deep("", " + 1", 10_000);
    deep("", ".max(1)", 3000);
    deep("& ", "", 2000);
    deep("(", ",)", 1000);
    deep("[", "]", 1000);
    deep("(", ")", 1000);
    deep("id!(", ")", 1000);
    deep("f(", ")", 1000);
    deep("if let (", ",) = x { 1 } else { 2 }", 500);
}
