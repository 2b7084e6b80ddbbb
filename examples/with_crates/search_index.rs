//! An index over texts, as a search engine has one. No attribute is in it: the command measures it as it is.
//!
//! `cargo mem-profile run --timeline --open -p examples_with_crates --example search_index`

use std::collections::BTreeMap;

const SYLLABLES: [&str; 12] =
    ["ba", "ko", "li", "me", "nu", "pra", "ri", "so", "ta", "vel", "wi", "zun"];

struct Document {
    title: String,
    words: Vec<String>,
}

/// The documents and the places in them at which each word stands.
#[derive(Default)]
struct Index {
    titles: Vec<String>,
    places: BTreeMap<String, Vec<(u32, u32)>>,
}

/// A word that is the same for each number.
fn word(number: usize) -> String {
    let mut word = String::new();
    let mut rest = number;
    while word.is_empty() || rest > 0 {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

fn text(document: usize) -> String {
    let mut text = String::new();
    for at in 0..150 {
        text.push_str(&word((document * 7919 + at * at * 31) % 20_000));
        text.push(' ');
    }
    text
}

fn read(count: usize) -> Vec<Document> {
    let mut documents = Vec::new();
    for id in 0..count {
        let text = text(id);
        documents.push(Document {
            title: format!("Document {id}: {}", &text[..20]),
            words: text.split_whitespace().map(str::to_owned).collect(),
        });
    }
    documents
}

impl Index {
    fn of(documents: Vec<Document>) -> Self {
        let mut index = Self::default();
        for (id, document) in documents.iter().enumerate() {
            index.add(id as u32, &document.words);
        }
        index.titles = documents.into_iter().map(|document| document.title).collect();
        index
    }

    fn add(&mut self, id: u32, words: &[String]) {
        for (at, word) in words.iter().enumerate() {
            self.places.entry(word.clone()).or_default().push((id, at as u32));
        }
    }

    fn search(&self, word: &str) -> Vec<&str> {
        let mut found: Vec<u32> =
            self.places.get(word).into_iter().flatten().map(|(id, _)| *id).collect();
        found.dedup();
        found.iter().map(|id| self.titles[*id as usize].as_str()).collect()
    }
}

fn main() {
    let index = Index::of(read(3_000));
    let mut found = 0;
    for number in 0..20_000 {
        found += index.search(&word(number)).len();
    }
    println!("{} words in {} documents, {found} results", index.places.len(), index.titles.len());
}
