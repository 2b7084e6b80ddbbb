//! Many small blocks of jemalloc, most of which are dropped.
#![allow(missing_docs)]

#[cfg(all(mem_profile_allocators, target_os = "linux"))]
mod program {
    use std::ffi::c_int;

    use accounted::recorder::Recorder;
    use mem_profile::Alloc;
    use mem_profile::account::Statistics;
    use tikv_jemalloc_ctl::{epoch, stats};
    use tikv_jemallocator::Jemalloc;

    #[global_allocator]
    static ALLOC: Alloc<Recorder<Jemalloc>> =
        Alloc::wrap(Recorder(Jemalloc)).with_statistics::<JemallocStatistics>();

    struct JemallocStatistics;

    unsafe extern "C" {
        #[link_name = "_rjem_nallocx"]
        fn nallocx(size: usize, flags: c_int) -> usize;
    }

    impl Statistics for JemallocStatistics {
        fn in_use() -> Option<u64> {
            // Figures are those of the last epoch.
            epoch::advance().ok()?;
            stats::allocated::read().ok().map(|bytes| bytes as u64)
        }

        fn size_class(size: usize) -> usize {
            // SAFETY: any size is allowed but zero.
            unsafe { nallocx(size.max(1), 0) }
        }
    }
}

fn main() {
    #[cfg(all(mem_profile_allocators, target_os = "linux"))]
    accounted::run_wrapped();
}
