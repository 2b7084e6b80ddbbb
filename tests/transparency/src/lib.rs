//! Published crates as packages that build by themselves, unchanged and with the attribute on every function.

pub mod annotate;
pub mod source;
