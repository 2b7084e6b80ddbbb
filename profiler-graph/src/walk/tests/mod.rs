//! Planted heaps of types that are made by hand.

mod busy;
mod containers;
mod exported;
mod hand;
mod labels;
mod large;
mod random;
mod trust;
mod waste;
mod weak;
