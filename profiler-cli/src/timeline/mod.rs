//! Memory over time: what was in use when, and which functions were running.

pub(crate) mod dat;
pub(crate) mod files;
mod functions;
mod model;
pub(crate) mod recorded;
pub(crate) mod recorder;
pub(crate) mod sampler;

pub(crate) use functions::{Function, functions, labels};
pub(crate) use model::{Peak, Sample, Series, Span, Timeline};

#[cfg(test)]
mod tests;
