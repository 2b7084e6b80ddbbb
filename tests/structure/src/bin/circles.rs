//! Prints the files that depend on each other, and edges whose removal opens all circles:
//! `cargo run -p structure profiler-runtime`.

use std::path::Path;

use structure::{folders, sources};

fn main() {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    for folder in if asked.is_empty() { folders() } else { asked } {
        let graph = sources(folder.trim_matches(['/', '.'])).graph();
        println!("== {}", Path::new(&folder).join("src").display());
        graph.circles().iter().for_each(|circle| println!("{circle}"));
        graph.edges_to_cut().iter().for_each(|edge| println!("cut {edge}"));
    }
}
