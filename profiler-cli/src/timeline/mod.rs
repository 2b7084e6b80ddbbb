//! Memory over time: sampling, sample files, and the calls of annotated functions. This room owns the
//! `.dat` format and the files of samples. It never draws, and never touches the sampled program.

pub(crate) mod dat;
pub(crate) mod files;
mod functions;
mod model;
pub(crate) mod recorded;
pub(crate) mod recorder;
pub(crate) mod sampler;

pub(crate) use functions::{Function, functions, labels};
#[cfg(test)]
pub(crate) use model::{Child, Source};
pub(crate) use model::{Peak, Sample, Series, Span, Timeline};

#[cfg(test)]
mod tests;
