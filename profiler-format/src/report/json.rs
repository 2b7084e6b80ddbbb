//! The snapshot as it is.

use miniserde::json;

use super::escape::json_printable;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot) -> String {
    json_printable(&json::to_string(snapshot)) + "\n"
}
