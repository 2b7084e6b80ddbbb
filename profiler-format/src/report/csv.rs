//! One row per line, for spreadsheets and data frames. Sizes are whole bytes.

use std::borrow::Cow;

use super::escape::csv_field as field;
use crate::snapshot::{FunctionSnapshot, LineSnapshot, Snapshot};

const HEADER: &str = "function,file,line,usage,increment,peak,at_peak,live,allocations,allocated,occurrences,kind,note,source\n";

pub(super) fn render(snapshot: &Snapshot) -> String {
    let mut text = HEADER.to_owned();
    for function in &snapshot.functions {
        for line in &function.lines {
            text.push_str(&row(function, line));
        }
    }
    text
}

fn row(function: &FunctionSnapshot, line: &LineSnapshot) -> String {
    let fields = [
        field(&function.name),
        field(&function.file),
        line.line.to_string().into(),
        number(line.usage),
        number(line.increment),
        number(line.peak),
        number(line.at_peak),
        number(line.live),
        number(line.allocations),
        number(line.allocated),
        number(line.occurrences),
        line.kind.name().into(),
        field(function.note.as_deref().unwrap_or_default()),
        field(&line.source),
    ];
    fields.join(",") + "\n"
}

fn number(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map(|value| value.to_string()).unwrap_or_default().into()
}
