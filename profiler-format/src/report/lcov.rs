//! Occurrences as the hits of a coverage report, which editors show in the margin.
//!
//! The format of `geninfo`(1). A line that never ran is left out: it may be a comment. A line has a count and
//! nothing else that a reader shows, so bytes have no place here.

use std::collections::BTreeMap;

use super::escape::printable;
use crate::snapshot::{FunctionSnapshot, Snapshot};

pub(super) fn render(snapshot: &Snapshot) -> String {
    // In the order of a snapshot, the functions of one file are neighbours.
    let files = snapshot.functions.chunk_by(|one, other| one.file == other.file);
    files.filter_map(|functions| Some(record(&functions.first()?.file, functions))).collect()
}

fn record(file: &str, functions: &[FunctionSnapshot]) -> String {
    let mut text = String::from("TN:\n");
    for function in functions {
        if let Some(note) = &function.note {
            let [name, note] = [&function.name, note].map(|text| printable(text));
            text.push_str(&format!("# {name}: {note}\n"));
        }
    }
    text.push_str(&format!("SF:{}\n", printable(file)));
    for function in functions {
        let name = printable(&function.name);
        text.push_str(&format!("FN:{},{name}\nFNDA:{},{name}\n", function.line, function.calls));
    }
    let entered = functions.iter().filter(|function| function.calls > 0).count();
    text.push_str(&format!("FNF:{}\nFNH:{entered}\n", functions.len()));
    let hits = hits(functions);
    for (line, count) in &hits {
        text.push_str(&format!("DA:{line},{count}\n"));
    }
    text.push_str(&format!("LF:{0}\nLH:{0}\nend_of_record\n", hits.len()));
    text
}

/// How often each line ran. Functions that share a line are added up.
///
/// The reader of recordings uses the same type of map, whose code a program then has once.
fn hits(functions: &[FunctionSnapshot]) -> BTreeMap<i64, u64> {
    let mut hits = BTreeMap::new();
    for line in functions.iter().flat_map(|function| &function.lines) {
        // A line that began before a reset would seem never to have run.
        if let Some(count) = line.occurrences.filter(|&count| count > 0) {
            let hits: &mut u64 = hits.entry(line.line.into()).or_default();
            *hits = hits.saturating_add(count);
        }
    }
    hits
}
