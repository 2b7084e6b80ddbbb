//! One page that needs nothing else: style, script and figures are in it, and nothing is fetched.
//!
//! What is here makes the data; `script/` makes the page of it in the browser, one function at a
//! time, when it is opened.
//!
//! A chart has the lowest and the highest reading of each two-thousandth of the run, and calls that
//! touch count as one. Where calls begin and end there are readings too.

mod data;
mod timeline;

use mem_profile_format::report;

use self::data::Page;
use crate::recording::Recording;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 4] = [
    include_str!("script/words.js"),
    include_str!("script/lines.js"),
    include_str!("script/timeline.js"),
    include_str!("script/page.js"),
];

/// Renders the recording.
pub(crate) fn render(recording: &Recording) -> String {
    let page = Page::new(recording);
    // Plain data with string keys: nothing in it can fail to be written.
    let data = serde_json::to_string(&page).unwrap_or_default();
    fill(PAGE, |name| match name {
        "style" => STYLE.to_owned(),
        // Inside a script element only a `<` could end it.
        "data" => report::json_printable(&data.replace('<', "\\u003c")),
        "script" => SCRIPTS.concat(),
        "banner" => banner(recording),
        "footnote" => escape(report::footnote(recording.snapshot.backend)),
        _ => String::new(),
    })
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
