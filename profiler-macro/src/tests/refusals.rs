//! Every error: the token that it points to, and its message.

use super::{assert_text, errors};

/// Each source with its errors.
fn refusals(sources: &[&str]) -> String {
    sources.iter().map(|source| format!("{source}\n\n{}\n", errors(source))).collect()
}

#[test]
fn functions() {
    assert_text!(
        "functions",
        refusals(&[
            "#[mem_profile]\nconst fn f() {}",
            "#[mem_profile]\n#[naked]\nextern \"C\" fn f() { naked_asm!() }",
            "#[mem_profile]\n#[unsafe(naked)]\nextern \"C\" fn f() { core::arch::naked_asm!(\"ret\"); }",
            "#[mem_profile]\nfn f(&self);",
        ])
    );
}

#[test]
fn items() {
    assert_text!(
        "items",
        refusals(&[
            "#[mem_profile]\nmod other;",
            "#[mem_profile]\n#[derive(Debug)]\npub(crate) struct S;",
            "#[mem_profile]\nenum E {}",
            "#[mem_profile]\nuse std::fmt;",
            "#[mem_profile]\nstatic S: u8 = 1;",
            "#[mem_profile]\nmacro_rules! m { () => {} }",
        ])
    );
}

#[test]
fn options() {
    assert_text!(
        "options",
        refusals(&[
            "#[mem_profile(nam = \"f\")]\nfn f() {}",
            "#[mem_profile(name = \"f\", name = \"g\")]\nfn f() {}",
            "#[mem_profile(name = f)]\nfn f() {}",
            "#[mem_profile(name = concat!(\"f\"))]\nfn f() {}",
            "#[mem_profile(name)]\nfn f() {}",
            "#[mem_profile(crate = \"path\")]\nfn f() {}",
            "#[mem_profile(skip = true)]\nfn f() {}",
            "#[mem_profile(\"f\")]\nfn f() {}",
            "#[mem_profile(name = \"f\")]\nimpl S {}",
        ])
    );
}

#[test]
fn budgets() {
    assert_text!(
        "budgets",
        refusals(&[
            "#[mem_profile(max_peak = \"64 MB\")]\nfn f() {}",
            "#[mem_profile(max_peak = \"1.5 MiB\")]\nfn f() {}",
            "#[mem_profile(max_increment = 64)]\nfn f() {}",
            "#[mem_profile(max_peak = \"99999999999 GiB\")]\nfn f() {}",
            "#[mem_profile(max_peak)]\nfn f() {}",
            "#[mem_profile(max_allocations = \"10\")]\nfn f() {}",
            "#[mem_profile(max_allocations = -1)]\nfn f() {}",
            "#[mem_profile(max_allocations = 1u8)]\nfn f() {}",
            "#[mem_profile(no_leak = true)]\nfn f() {}",
            "#[mem_profile(no_leak, no_leak)]\nfn f() {}",
            "#[mem_profile(no_leak)]\nimpl S {}",
            "#[mem_profile(process)]\nfn f() {}",
            "#[mem_profile(process, no_leak)]\nfn f() {}",
            "#[mem_profile(process, process, max_peak = \"1 B\")]\nfn f() {}",
            "#[mem_profile(process)]\nimpl S {}",
        ])
    );
}

#[test]
fn all_at_once() {
    assert_text!(
        "all_at_once",
        refusals(&[
            "#[mem_profile(skipp, name = 1, skip, skip)]\nfn f() {}",
            "#[mem_profile(unknown, name = 1)]\nconst fn f() {}",
        ])
    );
}
