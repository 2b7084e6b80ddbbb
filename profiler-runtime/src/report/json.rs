//! The snapshot as it is.

use crate::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut text = miniserde::json::to_string(snapshot);
    text.push('\n');
    text
}
