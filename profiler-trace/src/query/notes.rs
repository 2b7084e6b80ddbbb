//! Notes on how the figures came about.

use crate::data::{Address, Reach};
use crate::query::snapshot::Snapshot;

/// Notes on the figures, for which no names are looked up.
pub(crate) fn of_figures(snapshot: &Snapshot) -> Vec<String> {
    let data = snapshot.data();
    let mut notes = Vec::new();
    if data.mean_bytes != 0 {
        notes.push(format!(
            "a sample of one hit in {} bytes: all figures are estimates",
            data.mean_bytes
        ));
    }
    for (reach, reason) in [
        (Reach::Truncated, "was allocated when the tables were full: its stacks are not known"),
        (Reach::NoStack, "was allocated where no stack could be looked at"),
        (Reach::UnwindFailed, "has stacks whose outer callers could not be found"),
    ] {
        let share = snapshot.share_of(|trace| trace.reach == reach);
        if share > 0.0 {
            notes.push(format!("{:.2} % of the bytes {reason}", 100.0 * share));
        }
    }
    let is_mark =
        |&address: &u32| data.addresses.get(address as usize).is_some_and(Address::is_recursion);
    let share = snapshot.share_of(|trace| trace.frames.iter().any(is_mark));
    if share > 0.0 {
        notes.push(format!(
            "{:.2} % of the bytes has stacks with [recursion] in the place of repeated calls: \
             cumulative figures of lines inside are lower bounds",
            100.0 * share
        ));
    }
    notes
}

/// All notes.
pub(crate) fn notes(snapshot: &Snapshot) -> Vec<String> {
    let mut notes = of_figures(snapshot);
    let symbols = snapshot.symbols();
    if symbols.names_are_missing {
        notes.push(
            "names are missing: the program is stripped, or its file is gone or was rebuilt. \
             `strip = false` and `debug = 1` under its profile in Cargo.toml bring them, or \
             `Snapshot::with_symbols` with the unstripped file"
                .to_owned(),
        );
    } else if symbols.lines_are_missing {
        notes.push(
            "lines of your code are missing: `debug = 1` under `[profile.release]` in Cargo.toml \
             brings them"
                .to_owned(),
        );
    }
    notes
}
