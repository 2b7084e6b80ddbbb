//! Runs one of the programs, which `PROGRAM` names.

/// The work of a program of this package.
pub fn main() {
    match std::env::var("PROGRAM").as_deref() {
        Ok("labels") => captured::labels::main(),
        Ok("load") => captured::load::main(),
        Ok("planted") => captured::planted::main(),
        Ok("sizes") => captured::sizes::main(false),
        other => panic!("no such program: {other:?}"),
    }
}
