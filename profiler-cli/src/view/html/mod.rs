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

use mem_profile_format::report::{self, markup};

use self::data::Page;
use crate::recording::Recording;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 8] = [
    include_str!("script/words.js"),
    include_str!("script/elements.js"),
    include_str!("script/lines.js"),
    include_str!("script/functions.js"),
    include_str!("script/summary.js"),
    include_str!("script/stack.js"),
    include_str!("script/timeline.js"),
    include_str!("script/page.js"),
];

/// Renders the recording.
pub(crate) fn render(recording: &Recording) -> String {
    let page = Page::new(recording);
    // Serializing cannot fail: it is plain data with string keys.
    let data = serde_json::to_string(&page).unwrap_or_default();
    let page = report::Page { template: PAGE, style: STYLE, scripts: &SCRIPTS, data: &data };
    page.render(|name| match name {
        "banner" => banner(recording),
        "footnote" => markup(report::footnote(recording.snapshot.backend)),
        _ => String::new(),
    })
}

fn banner(recording: &Recording) -> String {
    let Some(incomplete) = &recording.incomplete else { return String::new() };
    format!(
        "<p class=\"banner\" role=\"alert\"><strong>Incomplete:</strong> {}</p>",
        markup(&report::printable(&incomplete.reason))
    )
}

#[cfg(test)]
mod tests;
