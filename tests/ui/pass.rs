//! Unusual code that the macro accepts. Cargo builds these programs together with the other tests, while
//! `trybuild` would build their dependencies again.

use std::process::Command;

#[test]
fn programs_compile_and_succeed() {
    let programs =
        [env!("CARGO_BIN_EXE_deep"), env!("CARGO_BIN_EXE_renamed"), env!("CARGO_BIN_EXE_shadowed")];
    for program in programs {
        let output = Command::new(program).output().expect("the program starts");
        assert!(output.status.success(), "{program}: {output:?}");
    }
}
