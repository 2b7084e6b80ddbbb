//! Reads JSON, fills in fields that earlier versions did not write, and leaves out those that meant something else.

use serde::Deserialize;

use super::{
    Backend, CallPaths, FunctionSnapshot, LineSnapshot, ProcessPeak, ResidentSet, RowKind,
    SCHEMA_VERSION, Snapshot, Timeline,
};

/// A [`Snapshot`] in JSON.
#[derive(Deserialize)]
pub(super) struct JsonSnapshot {
    schema_version: u32,
    backend: Backend,
    process_bytes: Option<u64>,
    peak: Option<ProcessPeak>,
    resident_peak: Option<u64>,
    resident: Option<ResidentSet>,
    functions: Vec<FunctionSnapshot>,
    paths: Option<CallPaths>,
    notes: Vec<String>,
    timeline: Option<Timeline>,
}

impl From<JsonSnapshot> for Snapshot {
    fn from(json: JsonSnapshot) -> Self {
        let mut functions = json.functions;
        if json.schema_version == 1 {
            let lines = functions.iter_mut().flat_map(|function| &mut function.lines);
            lines.for_each(|line| line.live = None);
        }
        Self {
            schema_version: json.schema_version.max(SCHEMA_VERSION),
            backend: json.backend,
            process_bytes: json.process_bytes,
            peak: json.peak,
            resident_peak: json.resident_peak,
            resident: json.resident,
            functions,
            paths: json.paths,
            notes: json.notes,
            timeline: json.timeline,
        }
    }
}

/// A [`RowKind`] in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JsonKind {
    Entry,
    Body,
    Both,
}

impl From<Option<JsonKind>> for RowKind {
    /// Without a kind, a row is of the body, until `JsonFunction` has looked at the first.
    fn from(kind: Option<JsonKind>) -> Self {
        match kind {
            Some(JsonKind::Entry) => Self::Entry,
            Some(JsonKind::Body) | None => Self::Body,
            Some(JsonKind::Both) => Self::Both,
        }
    }
}

/// A [`FunctionSnapshot`] in JSON.
#[derive(Deserialize)]
pub(super) struct JsonFunction {
    name: String,
    file: String,
    line: u32,
    calls: u64,
    reading_at_entry: Option<u64>,
    peak: Option<u64>,
    note: Option<String>,
    lines: Vec<LineSnapshot>,
}

impl From<JsonFunction> for FunctionSnapshot {
    fn from(function: JsonFunction) -> Self {
        let JsonFunction { name, file, line, calls, mut reading_at_entry, peak, note, mut lines } =
            function;
        // Only the first row can be an entry, and JSON with kinds always says so.
        if let Some(first) = lines.first_mut().filter(|first| first.kind == RowKind::Body) {
            first.kind = if is_reading(first) { RowKind::Entry } else { RowKind::Both };
            if !first.is_body() {
                reading_at_entry = first.usage;
            }
        }
        Self { name, file, line, calls, reading_at_entry, peak, note, lines }
    }
}

/// Whether the figures of a first row are the reading on entry: both the same, and nothing was
/// allocated.
fn is_reading(first: &LineSnapshot) -> bool {
    let usage = first.usage.and_then(|usage| i64::try_from(usage).ok());
    let is_zero = |figure: Option<u64>| figure.unwrap_or(0) == 0;
    first.increment == usage
        && [first.peak, first.allocations, first.allocated].into_iter().all(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(first: &str) -> FunctionSnapshot {
        let nothing = r#""live":null,"occurrences":1"#;
        let body = r#""usage":9,"increment":9,"peak":9,"allocations":1,"allocated":9"#;
        serde_json::from_str(&format!(
            r#"{{"name":"f","file":"a.rs","line":3,"calls":1,"lines":[
                {{"line":3,"source":"fn f() {{","live":null,"occurrences":1,{first}}},
                {{"line":4,"source":"}}",{body},{nothing}}}]}}"#
        ))
        .unwrap()
    }

    fn kinds(function: &FunctionSnapshot) -> [RowKind; 2] {
        [function.lines[0].kind, function.lines[1].kind]
    }

    #[test]
    fn json_without_kinds_is_read_as_it_was_meant() {
        let entry = read(r#""usage":512,"increment":512,"peak":0,"allocations":0,"allocated":0"#);
        assert_eq!(kinds(&entry), [RowKind::Entry, RowKind::Body]);
        assert_eq!(entry.reading_at_entry, Some(512));
        let resident =
            read(r#""usage":512,"increment":512,"peak":null,"allocations":null,"allocated":null"#);
        assert_eq!(kinds(&resident), [RowKind::Entry, RowKind::Body]);

        for both in [
            r#""usage":912,"increment":400,"peak":400,"allocations":1,"allocated":400"#,
            r#""usage":512,"increment":0,"peak":0,"allocations":0,"allocated":0"#,
            r#""usage":512,"increment":512,"peak":512,"allocations":1,"allocated":512"#,
        ] {
            let both = read(both);
            assert_eq!(kinds(&both), [RowKind::Both, RowKind::Body]);
            assert_eq!(both.reading_at_entry, None);
        }
    }

    #[test]
    fn figures_of_a_line_that_included_its_callees_are_left_out() {
        let line = r#"{"line":3,"source":"x","usage":9,"live":7,"occurrences":1}"#;
        let function =
            format!(r#"{{"name":"f","file":"a.rs","line":3,"calls":1,"lines":[{line}]}}"#);
        let read = |version: u32| {
            let head = format!(r#""schema_version":{version},"backend":"heap","notes":[]"#);
            let text = format!("{{{head},\"functions\":[{function}]}}");
            serde_json::from_str::<Snapshot>(&text).unwrap()
        };
        let live = |version| read(version).functions[0].lines[0].live;
        assert_eq!((live(1), live(2)), (None, Some(7)));
        assert_eq!(read(1).schema_version, SCHEMA_VERSION);
    }

    #[test]
    fn a_kind_that_is_said_holds() {
        let figures = r#""usage":512,"increment":512,"peak":0,"allocations":0,"allocated":0"#;
        let both = read(&format!(r#""kind":"both",{figures}"#));
        assert_eq!(kinds(&both), [RowKind::Both, RowKind::Body]);
        assert_eq!(kinds(&read(&format!(r#""kind":"entry",{figures}"#)))[0], RowKind::Entry);
    }
}
