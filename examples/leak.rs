//! The classic listener leak: callbacks are registered and never removed, and each of them keeps its
//! captures.
//!
//! `cargo run --release --example leak`

use std::collections::HashMap;

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Callback = Box<dyn Fn(&str) -> usize>;

#[derive(Default)]
struct DataProcessor {
    cache: HashMap<usize, String>,
    callbacks: Vec<Callback>,
}

impl DataProcessor {
    fn register(&mut self, callback: Callback) {
        self.callbacks.push(callback);
    }

    fn notify(&self, event: &str) -> usize {
        self.callbacks.iter().map(|callback| callback(event)).sum()
    }
}

#[mem_profile]
fn process(items: usize) -> DataProcessor {
    let mut processor = DataProcessor::default();
    for id in 0..items {
        let document = "x".repeat(100_000);
        let captured = document.clone();
        processor.register(Box::new(move |event| captured.len() + event.len()));
        processor.cache.insert(id, document);
    }
    let summary = format!("{} bytes heard", processor.notify("done"));
    println!("{summary}");
    processor
}

fn main() {
    let processor = process(500);
    println!("{} documents are still cached", processor.cache.len());
}
