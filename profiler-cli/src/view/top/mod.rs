//! The hottest lines of a recording on a screen, and the table of a function.
//!
//! What is shown is plain data, which keys change ([`Top`]), and [`render`] draws it.

mod screen;
mod state;

pub(crate) use screen::render;
pub(crate) use state::Top;
#[cfg(test)]
pub(crate) use state::lines;

#[cfg(test)]
mod tests;
