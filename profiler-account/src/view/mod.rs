//! An account as text, Markdown and HTML. Renderers do no I/O, and show no string as it is.

mod diff;
mod diff_html;
mod html;
mod line;
mod markdown;
mod rows;
mod text;

#[cfg(test)]
pub(crate) mod tests;
