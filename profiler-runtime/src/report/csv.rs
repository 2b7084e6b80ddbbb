//! One row per line, for spreadsheets and data frames. Sizes are whole bytes.

use std::borrow::Cow;

use super::ordered;
use crate::snapshot::{FunctionSnapshot, LineSnapshot, Snapshot};

const HEADER: &str =
    "function,file,line,usage,increment,peak,live,allocations,allocated,occurrences,source\n";

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut text = HEADER.to_owned();
    for function in ordered(snapshot) {
        for line in &function.lines {
            text.push_str(&row(function, line));
        }
    }
    text
}

fn row(function: &FunctionSnapshot, line: &LineSnapshot) -> String {
    let fields = [
        quoted(&function.name),
        quoted(&function.file),
        line.line.to_string().into(),
        number(line.usage),
        number(line.increment),
        number(line.peak),
        number(line.live),
        number(line.allocations),
        number(line.allocated),
        number(line.occurrences),
        quoted(&line.source),
    ];
    fields.join(",") + "\n"
}

fn number(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map(|value| value.to_string()).unwrap_or_default().into()
}

/// Quotes a field as RFC 4180 does where it would be misread otherwise.
fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}
