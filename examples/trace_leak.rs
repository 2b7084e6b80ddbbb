//! The leak of `leak.rs` without a single attribute: the tracer names the lines.
//!
//! `cargo run --release --features trace --example trace_leak`

use std::collections::HashMap;

use mem_profile::trace::{self, By, Config};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Callback = Box<dyn Fn(&str) -> usize>;

#[derive(Default)]
struct DataProcessor {
    cache: HashMap<usize, String>,
    callbacks: Vec<Callback>,
}

impl DataProcessor {
    /// Keeps every document and a callback with a copy of it: two leaks of 500 blocks each.
    fn process(&mut self, items: usize) {
        for id in 0..items {
            let document = "x".repeat(100_000);
            let captured = document.clone();
            self.callbacks.push(Box::new(move |event| captured.len() + event.len()));
            self.cache.insert(id, document);
        }
    }
}

fn main() -> Result<(), trace::StartError> {
    trace::start(Config::exact())?;
    let mut processor = DataProcessor::default();
    let before = trace::snapshot();
    processor.process(500);
    let after = trace::snapshot();
    for statistic in after.compare_to(&before, By::Line, false).iter().take(5) {
        println!("{statistic}");
    }
    let heard: usize = processor.callbacks.iter().map(|callback| callback("done")).sum();
    assert_eq!((heard, processor.cache.len()), (500 * 100_004, 500));
    Ok(())
}
