//! The code in the documents: `cargo test --doc` compiles it, and runs whatever is complete.

macro_rules! documents {
    ($($name:ident: $path:literal),* $(,)?) => {
        $(#[doc = include_str!($path)] struct $name;)*
    };
}

documents! {
    Readme: "../README.md",
    Budgets: "../docs/budgets.md",
    Lines: "../docs/lines.md",
    OverTime: "../docs/over-time.md",
    Recordings: "../docs/recordings.md",
    Trace: "../docs/trace.md",
}
