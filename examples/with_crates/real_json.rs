//! A real document of several megabytes, parsed by serde_json. The attribute is on the function that calls
//! the parser, and its line shows the memory of the parsed document.
//!
//! `cargo run --release --example real_json`

use mem_profile::mem_profile;
use serde_json::{Value, json};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// A catalogue as a shop would export it.
fn document(products: usize) -> String {
    let product = |id: usize| {
        json!({
            "id": id,
            "name": format!("Product number {id}"),
            "price": { "amount": id * 7 % 10_000, "currency": "EUR" },
            "tags": ["new", "sale", "home"],
            "stock": (0..4).map(|shop| json!({ "shop": shop, "left": id % 50 })).collect::<Vec<_>>(),
        })
    };
    let catalogue = json!({ "products": (0..products).map(product).collect::<Vec<_>>() });
    catalogue.to_string()
}

#[mem_profile]
fn load(text: &str) -> Vec<(u64, String)> {
    let catalogue: Value = serde_json::from_str(text).expect("the document is JSON");
    let products = catalogue["products"].as_array().expect("a list of products");
    let mut names = Vec::with_capacity(products.len());
    for product in products {
        let id = product["id"].as_u64().unwrap_or_default();
        let name = product["name"].as_str().unwrap_or_default();
        names.push((id, name.to_owned()));
    }
    names
}

fn main() {
    let text = document(20_000);
    println!("{:.1} MB of JSON", text.len() as f64 / 1e6);
    println!("{} names", load(&text).len());
}
