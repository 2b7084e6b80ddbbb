//! Strings of a file, each once.

use std::collections::HashMap;

use mem_profile_format::report::{json_printable, printable_line};

/// A list of strings without repetitions.
#[derive(Default)]
pub(crate) struct Strings {
    list: Vec<String>,
    known: HashMap<String, u32>,
}

impl Strings {
    /// The place of a string in the list.
    pub(crate) fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.known.get(text) {
            return place;
        }
        let place = self.list.len() as u32;
        self.list.push(text.to_owned());
        self.known.insert(text.to_owned(), place);
        place
    }

    /// All of them, as JSON.
    pub(crate) fn json(&self) -> impl Iterator<Item = String> + '_ {
        self.list.iter().map(|text| json_string(text))
    }
}

/// A string as JSON, safe to show in a terminal.
pub(crate) fn json_string(text: &str) -> String {
    json_printable(&miniserde::json::to_string(&printable_line(text)))
}
