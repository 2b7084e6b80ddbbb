//! One page with a bar, in both themes. It has no script, and fetches nothing.

use std::fmt::Write;

use mem_profile_format::report::{THEME, markup, percent, printable};

use super::rows::{Detail, Row, beside, mib, remarks, rows};
use crate::account::Account;
use crate::class::ClassKind;

const STYLE: &str = include_str!("style.css");
/// The width of the bar, in its own unit.
const WIDTH: u64 = 10_000;

impl Account {
    /// The account as a page of its own, under this title.
    #[must_use]
    pub fn html(&self, title: &str) -> String {
        let rows = rows(self);
        let mut page = head(title);
        page += &format!("<p class=\"whole\"><b>{}</b> resident set</p>\n", mib(self.resident));
        let parts = rows.iter().map(|row| (row.kind, &*row.name, row.bytes));
        page += &bar("The resident set by what it is used for", parts, self.resident);
        page += "<table>\n<tbody>\n";
        rows.iter().for_each(|row| page += &line(row, self.resident));
        page += "</tbody>\n<tbody>\n";
        for (name, bytes, note) in beside(self) {
            let (bytes, note) = (mib(bytes), markup(&note));
            page += &format!(
                "<tr><th>{name}</th><td class=\"size\">{bytes}</td><td class=\"share\"></td>\
                 <td class=\"note\">{note}</td></tr>\n"
            );
        }
        page += "</tbody>\n</table>\n<footer>\n";
        for remark in remarks(self) {
            page += &format!("<p>{}</p>\n", markup(&remark.replace('`', "")));
        }
        page + "</footer>\n</body>\n</html>\n"
    }
}

/// The beginning of a page, up to its title.
pub(super) fn head(title: &str) -> String {
    let title = markup(&printable(title));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{THEME}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    )
}

/// A bar with these parts, as wide as the page if they are `whole` bytes.
pub(super) fn bar<'a>(
    label: &str,
    parts: impl Iterator<Item = (ClassKind, &'a str, u64)>,
    whole: u64,
) -> String {
    let mut bar = format!(
        "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{label}\">\n"
    );
    let at = |bytes: u64| (u128::from(bytes) * u128::from(WIDTH)).checked_div(whole.into());
    let at = |bytes: u64| at(bytes).unwrap_or(0);
    let mut before = 0;
    for (kind, name, bytes) in parts {
        let (start, end) = (at(before), at(before + bytes));
        before += bytes;
        let (class, name, size) = (class(kind), markup(name), mib(bytes));
        let width = end - start;
        // Writing to a string cannot fail.
        let _ = writeln!(
            bar,
            "<rect class=\"{class}\" x=\"{start}\" width=\"{width}\" height=\"10\"><title>{name}: {size}</title></rect>"
        );
    }
    bar + "</svg>\n"
}

/// The colour of a class beside its name.
pub(super) fn key(kind: ClassKind) -> String {
    let class = class(kind);
    format!(
        "<svg class=\"key {class}\" aria-hidden=\"true\"><rect width=\"11\" height=\"11\"/></svg>"
    )
}

fn line(row: &Row, resident: u64) -> String {
    let (key, name, note) = (key(row.kind), markup(&row.name), markup(&row.note));
    let (bytes, share) = (mib(row.bytes), markup(&percent(row.bytes, resident)));
    let detail = |detail: &Detail| {
        let (name, note) = (markup(&detail.name), markup(&detail.note));
        format!("<li><b>{}</b><span><code>{name}</code> {note}</span></li>", mib(detail.bytes))
    };
    let details: String = row.details.iter().map(detail).collect();
    let details = if details.is_empty() { details } else { format!("<ul>{details}</ul>") };
    format!(
        "<tr><th>{key}{name}</th>\
         <td class=\"size\">{bytes}</td><td class=\"share\">{share}</td>\
         <td class=\"note\">{note}{details}</td></tr>\n"
    )
}

/// The class of the style sheet.
fn class(kind: ClassKind) -> &'static str {
    match kind {
        ClassKind::LiveBlocks => "live",
        ClassKind::Overhead => "overhead",
        ClassKind::FreePinned | ClassKind::FreePinnedOrC => "pinned",
        ClassKind::FreeWhole | ClassKind::FreeWholeOrC => "whole-pages",
        ClassKind::CLibraries | ClassKind::CHeap => "c",
        ClassKind::Heap => "heap",
        ClassKind::Stacks => "stacks",
        ClassKind::Code => "code",
        ClassKind::Statics => "statics",
        ClassKind::Files => "files",
        ClassKind::SharedMemory => "shared",
        ClassKind::Profiler => "profiler",
        ClassKind::Anonymous => "anonymous",
        ClassKind::Other => "other",
    }
}
