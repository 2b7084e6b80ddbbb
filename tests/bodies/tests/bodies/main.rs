//! The same source compiled with and without the attribute.
//!
//! `BODIES=2000 SEED=1 cargo test -p bodies random_bodies` tries 2,000 random bodies. Each belongs
//! to a seed of its own: `BODIES=1 SEED=…` tries that one.

mod bodies;
mod compile;
mod debugger;
mod ends;
mod generator;
mod regressions;
