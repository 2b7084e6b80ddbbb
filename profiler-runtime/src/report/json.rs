//! The snapshot as it is.

use crate::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut text = serde_json::to_string_pretty(snapshot).expect("plain data always serializes");
    text.push('\n');
    text
}
