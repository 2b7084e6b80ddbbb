//! Items that the attribute may stand on, its options, and the function table.

use super::{assert_expansion, assert_text};

#[test]
fn table() {
    let source = r#"#[mem_profile(name = "short", crate = some::path)]
/// Documentation with a "quote".
fn r#type() {
	tab(); // a comment
}"#;
    assert_text!("table", super::side_by_side(source, &super::whole(source)));
}

#[test]
fn budget() {
    let source = r#"#[mem_profile(max_increment = "24 MiB", max_peak = "64KiB", max_allocations = 1000)]
fn f() {
    work();
}"#;
    assert_text!("budget", super::side_by_side(source, &super::whole(source)));
    assert_expansion!("budget_async", "#[mem_profile(no_leak)]\nasync fn f() {\n    work();\n}");
}

#[test]
fn implementation() {
    assert_expansion!(
        "impl",
        "#[mem_profile]
        impl<T> Thing<T> {
            const N: u8 = 1;
            const fn constant() -> u8 {
                1
            }
            fn method(&self) -> u8 {
                self.get()
            }
            #[mem_profile(skip)]
            fn skipped(&self) {
                work()
            }
            #[cfg_attr(test, mem_profile::mem_profile)]
            fn sometimes(&self) {
                work()
            }
        }"
    );
}

#[test]
fn trait_definition() {
    assert_expansion!(
        "trait",
        "#[mem_profile]
        trait Greets {
            fn name(&self) -> String;
            fn greet(&self) -> String {
                let name = self.name();
                name
            }
        }"
    );
}

#[test]
fn module() {
    assert_expansion!(
        "mod",
        "#[mem_profile]
        mod outer {
            use super::*;
            fn free() {
                work()
            }
            mod inner {
                impl Thing {
                    fn method(&self) {
                        work()
                    }
                }
                trait Greets {
                    fn greet(&self) {
                        work()
                    }
                }
                #[mem_profile(skip)]
                mod skipped {
                    fn free() {
                        work()
                    }
                }
            }
        }"
    );
}

#[test]
fn specialised_method() {
    let expansion = super::expand("#[mem_profile]\ndefault fn f(&self) -> u8 {\nself.get()\n}");
    let method: syn::ImplItemFn = syn::parse2(expansion).unwrap();
    assert!(method.modifiers.defaultness.is_some());
    assert!(method.block.stmts.len() > 1);
}

#[test]
fn bodies_that_lints_compare_have_other_braces() {
    assert_expansion!(
        "clone",
        "#[mem_profile]
        impl Clone for Thing {
            fn clone(&self) -> Self {
                *self
            }
        }"
    );
}

#[test]
fn lints_about_the_whole_body() {
    assert_expansion!(
        "lints",
        "#[mem_profile]
        mod inner {
            fn empty<T: Send>() {}
            fn macros_first() {
                debug!(1);
                use other::Thing;
                Thing::work();
            }
        }"
    );
}

#[test]
fn skip() {
    let item = "fn f() {\n    work();\n}";
    let expansion = super::expand(&format!("#[mem_profile(skip)]\n{item}"));
    assert_eq!(expansion.to_string(), item.parse::<super::TokenStream>().unwrap().to_string());
}

#[test]
fn editors_get_the_unchanged_item() {
    let compiler = super::Text { file: "", lines: std::rc::Rc::from([]) };
    let item = "fn f() {\n    work();\n}";
    let expansion = super::expand_in(&compiler, &format!("#[mem_profile]\n{item}"));
    assert_eq!(expansion.to_string(), item.parse::<super::TokenStream>().unwrap().to_string());
}
