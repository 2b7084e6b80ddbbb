//! Planted heaps of types that are made by hand.

mod containers;
mod hand;
mod labels;
mod large;
mod waste;
mod weak;
