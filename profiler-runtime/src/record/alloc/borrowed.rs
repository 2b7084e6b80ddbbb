//! An allocator that belongs to the program, for `cargo mem-profile run`.

/// Forwards to a static of the program, which keeps its type and its name.
#[derive(Debug)]
pub struct Borrowed<A: 'static>(pub &'static A);

forward_allocator!(Borrowed);
