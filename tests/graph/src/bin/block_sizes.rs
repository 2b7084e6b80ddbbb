//! See [`captured::sizes`].

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn main() {
    captured::sizes::main(true);
}
