//! Renders a self-contained page with style, script and figures. This room owns the page and its data. The
//! page fetches nothing, and text of a recording never becomes markup.
//!
//! The data is JSON; `script/` builds the table of a function in the browser when it is opened.
//!
//! A chart has the lowest and the highest reading of each two-thousandth of the run, and calls that touch
//! there are one. The begin and end of each call are readings too.

mod data;
mod held;
mod pieces;
mod timeline;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mem_profile_format::report;

use self::data::Page;
use crate::recording::Recording;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 7] = [
    include_str!("script/words.js"),
    include_str!("script/elements.js"),
    include_str!("script/lines.js"),
    include_str!("script/functions.js"),
    include_str!("script/summary.js"),
    include_str!("script/timeline.js"),
    include_str!("script/page.js"),
];

/// Renders the recording.
pub(crate) fn render(recording: &Recording) -> String {
    let page = Page::new(recording);
    // Serializing cannot fail: it is plain data with string keys.
    let data = serde_json::to_string(&page).unwrap_or_default();
    let script = format!("\"use strict\";\n{{\n{}}}\n", SCRIPTS.concat());
    fill(PAGE, |name| match name {
        "style" => STYLE.to_owned(),
        "style-hash" => hash(STYLE),
        "script-hash" => hash(&script),
        // Only a `<` could end a script element.
        "data" => report::json_printable(&data.replace('<', "\\u003c")),
        "script" => script.clone(),
        "banner" => banner(recording),
        "footnote" => escape(report::footnote(recording.snapshot.backend)),
        _ => String::new(),
    })
}

/// Allows exactly this style or script: whatever else got into the page would not run.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())))
}

fn banner(recording: &Recording) -> String {
    let Some(incomplete) = &recording.incomplete else { return String::new() };
    format!(
        "<p class=\"banner\" role=\"alert\"><strong>Incomplete:</strong> {}</p>",
        escape(&report::printable(&incomplete.reason))
    )
}

/// Replaces every `{{name}}` of a template.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        text.push_str(&value(name));
        text.push_str(rest);
    }
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
