//! `run`: small projects of all kinds, measured as they are. Each is built, so that all share one
//! build folder, and the folder that each lies in stays the same.

mod allocators;
mod one_line;
mod project;
mod projects;
mod sources;
