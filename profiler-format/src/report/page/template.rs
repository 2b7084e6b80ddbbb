//! A self-contained page: it fetches nothing, and no text of a file becomes markup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::THEME;
use crate::report::json_printable;

const BASE: &str = include_str!("base.css");
const SCRIPT: &str = include_str!("theme.js");

/// A page in the making. Its template has a button `theme`, and names in braces (`{{style-hash}}`) for its parts.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Markup with the names of parts.
    pub template: &'a str,
    /// Its style, behind the one that all pages have.
    pub style: &'a str,
    /// Its scripts, behind the one of the theme, in one block.
    pub scripts: &'a [&'a str],
    /// JSON for the scripts.
    pub data: &'a str,
}

impl Page<'_> {
    /// The page, whose own parts `part` gives by their names: as markup.
    #[must_use]
    pub fn render(&self, part: impl Fn(&str) -> String) -> String {
        let style = [THEME, BASE, self.style].concat();
        let script = format!("\"use strict\";\n{{\n{SCRIPT}{}}}\n", self.scripts.concat());
        fill(self.template, |name| match name {
            "style" => style.clone(),
            "style-hash" => content_hash(&style),
            "script" => script.clone(),
            "script-hash" => content_hash(&script),
            // Only a `<` could end a script element.
            "data" => json_printable(&self.data.replace('<', "\\u003c")),
            name => part(name),
        })
    }
}

/// The name of a style or script in a content security policy, which allows exactly this one: whatever else got into
/// the page would not run.
#[must_use]
pub fn content_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_once() {
        let value = |name: &str| format!("<{name} {{{{x}}}}>");
        assert_eq!(fill("a {{b}} c {{d}}", value), "a <b {{x}}> c <d {{x}}>");
    }

    #[test]
    fn a_hash_is_as_browsers_compute_it() {
        // As `printf abc | openssl dgst -sha256 -binary | base64` prints it.
        assert_eq!(content_hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
