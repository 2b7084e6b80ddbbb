//! The screen of `top`: the hottest lines of a recording, and the table of a function. [`Top`] is the
//! state, which keys change, and [`render`] draws it. Neither reads a recording or a key itself.

mod screen;
mod state;

pub(crate) use screen::render;
pub(crate) use state::Top;
#[cfg(test)]
pub(crate) use state::lines;

#[cfg(test)]
mod tests;
