//! The screen of `top`: the process, the hottest lines of a recording, and the table of a function. Only
//! columns of a line's own blocks have a total, since the other figures contain those of callees. [`Top`] is the
//! state, which keys change, and [`render`] draws it. Neither reads a recording or a key itself.

mod column;
mod screen;
mod state;

pub(crate) use screen::render;
pub(crate) use state::Top;
#[cfg(test)]
pub(crate) use state::lines;

#[cfg(test)]
mod tests;
