//! The parts of the page that need no script.

use mem_profile_format::report::{markup, percent};

use super::super::words::{self, Part, Words};
use super::super::{Report, Rows, Suspect};
use crate::ask::{Sum, TypeSum};
use crate::class::Class;
use crate::text::{count, name, size};

pub(super) fn notes(notes: &[String]) -> String {
    let note = |note: &String| format!("<li>{}</li>\n", markup(&name(note)));
    notes.iter().map(note).collect()
}

pub(super) fn suspects(report: &Report) -> String {
    if report.suspects.is_empty() {
        return "<p class=\"nothing\">Nothing retains 10 % of the heap.</p>".to_owned();
    }
    let one = |suspect: &Suspect| {
        let head = marked(&words::headline(suspect, report.bytes));
        let sentences: Vec<_> = words::sentences(suspect).iter().map(marked).collect();
        let step = |step: String| format!("<li><code>{}</code></li>", markup(&step));
        let steps: String = words::steps(suspect).into_iter().map(step).collect();
        let class = if suspect.class == Class::Lost { " class=\"lost\"" } else { "" };
        let steps = match steps.as_str() {
            "" => String::new(),
            steps => {
                format!("<ol class=\"steps\" aria-label=\"How one of them is held\">{steps}</ol>")
            }
        };
        format!("<li{class}><h3>{head}</h3><p>{}</p>{steps}</li>\n", sentences.join(" "))
    };
    let all: String = report.suspects.iter().map(one).collect();
    format!("<ol class=\"suspects\">{all}</ol>")
}

/// How all is held, as one bar and what its parts are.
pub(super) fn classes(report: &Report) -> String {
    let part = |class: Class| {
        let Sum { blocks, bytes, .. } = report.classes.of(class);
        let (share, key) = (percent(bytes, report.bytes), key(class));
        let (bytes_text, blocks) = (size(bytes), count(blocks, "block"));
        format!(
            "<li class=\"{key}\" data-bytes=\"{bytes}\"><b>{bytes_text}</b> <span>{share}</span> {class}, {blocks}</li>\n"
        )
    };
    Class::ALL.into_iter().map(part).collect()
}

fn key(class: Class) -> &'static str {
    match class {
        Class::Named => "named",
        Class::Stack => "stack",
        Class::Unseen => "unseen",
        Class::Lost => "lost",
    }
}

pub(super) fn types(types: &Rows<TypeSum>) -> String {
    let row = |kind: &TypeSum| {
        let Sum { blocks, bytes, retained } = kind.sum;
        let (bytes, retained) = (size(bytes), size(retained));
        format!(
            "<tr><td>{bytes}</td><td>{retained}</td><td>{blocks}</td><th scope=\"row\"><code>{}</code></th></tr>\n",
            breakable(&kind.name)
        )
    };
    let rows: String = types.rows.iter().map(row).collect();
    let head = "<th scope=\"col\">Bytes</th><th scope=\"col\">Retained</th><th scope=\"col\">Blocks</th>\
                <th scope=\"col\">Type</th>";
    format!("<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{}", more(types))
}

pub(super) fn list<T: ToString>(rows: &Rows<T>) -> String {
    if rows.rows.is_empty() && rows.more == 0 {
        return "<p class=\"nothing\">None.</p>".to_owned();
    }
    let row = |row: &T| format!("<li>{}</li>\n", markup(&row.to_string()));
    let all: String = rows.rows.iter().map(row).collect();
    format!("<ul class=\"rows\">{all}</ul>{}", more(rows))
}

fn more<T>(rows: &Rows<T>) -> String {
    if rows.more == 0 {
        return String::new();
    }
    let bytes = rows.more_bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    format!("<p class=\"nothing\">… {} more{bytes}</p>", rows.more)
}

fn marked(words: &Words) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => unbroken(&markup(text)),
        Part::Name(name) => format!("<code>{}</code>", breakable(name)),
    };
    words.0.iter().map(part).collect()
}

/// Keeps numbers and units on one line.
fn unbroken(text: &str) -> String {
    let units = ["%", "KiB", "MiB", "GiB", "×"];
    units.iter().fold(text.to_owned(), |text, unit| {
        text.replace(&format!(" {unit}"), &format!("\u{a0}{unit}"))
    })
}

/// A path that may wrap after its colons.
fn breakable(path: &str) -> String {
    markup(&name(path)).replace("::", "::<wbr>")
}
