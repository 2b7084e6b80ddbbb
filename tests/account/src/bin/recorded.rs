//! Many small blocks of the system's allocator, most of which are dropped, with a recorder in between.
#![allow(missing_docs)]

#[cfg(target_os = "linux")]
mod program {
    use std::alloc::System;

    use accounted::recorder::Recorder;
    use mem_profile::Alloc;

    #[global_allocator]
    static ALLOC: Alloc<Recorder<System>> = Alloc::wrap(Recorder(System));
}

fn main() {
    #[cfg(target_os = "linux")]
    accounted::run_wrapped();
}
