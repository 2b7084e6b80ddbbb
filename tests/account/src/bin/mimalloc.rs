//! Many small blocks of mimalloc, most of which are dropped.
#![allow(missing_docs)]

#[cfg(all(mem_profile_allocators, target_os = "linux"))]
mod program {
    use std::ffi::c_void;
    use std::ptr;

    use accounted::recorder::Recorder;
    use mem_profile::Alloc;
    use mem_profile::account::Statistics;
    use mimalloc::MiMalloc;

    #[global_allocator]
    static ALLOC: Alloc<Recorder<MiMalloc>> =
        Alloc::wrap(Recorder(MiMalloc)).with_statistics::<MimallocStatistics>();

    struct MimallocStatistics;

    /// Blocks of one size.
    #[repr(C)]
    struct Area {
        blocks: *mut c_void,
        reserved: usize,
        committed: usize,
        used: usize,
        block_size: usize,
        full_block_size: usize,
        reserved_word: *mut c_void,
    }

    #[repr(C)]
    struct Process(*mut c_void);

    type VisitArea =
        extern "C" fn(*const c_void, *const Area, *mut c_void, usize, *mut c_void) -> bool;
    type VisitHeap = extern "C" fn(*mut c_void, *mut c_void) -> bool;

    unsafe extern "C" {
        fn mi_good_size(size: usize) -> usize;
        fn mi_subproc_main() -> Process;
        fn mi_subproc_visit_heaps(process: Process, visit: VisitHeap, sum: *mut c_void) -> bool;
        fn mi_heap_visit_blocks(
            heap: *mut c_void,
            visits_blocks: bool,
            visit: VisitArea,
            sum: *mut c_void,
        ) -> bool;
    }

    extern "C" fn add_heap(heap: *mut c_void, sum: *mut c_void) -> bool {
        // SAFETY: mimalloc lends the heap, and `add_area` takes this sum.
        unsafe { mi_heap_visit_blocks(heap, false, add_area, sum) }
    }

    extern "C" fn add_area(
        _: *const c_void,
        area: *const Area,
        _: *mut c_void,
        _: usize,
        sum: *mut c_void,
    ) -> bool {
        // SAFETY: mimalloc lends the area, and the sum is that of `in_use`.
        unsafe {
            let (area, sum) = (&*area, &mut *sum.cast::<u64>());
            *sum += (area.used * area.block_size) as u64;
        }
        true
    }

    /// Without its own statistics, which cost it time, mimalloc says what is in use of each area. No other thread may
    /// allocate meanwhile.
    impl Statistics for MimallocStatistics {
        fn in_use() -> Option<u64> {
            let mut sum = 0_u64;
            // SAFETY: this thread alone is there, and `add_heap` takes this sum.
            let is_whole = unsafe {
                mi_subproc_visit_heaps(mi_subproc_main(), add_heap, ptr::from_mut(&mut sum).cast())
            };
            is_whole.then_some(sum)
        }

        fn size_class(size: usize) -> usize {
            // SAFETY: any size is allowed.
            unsafe { mi_good_size(size) }
        }
    }
}

fn main() {
    #[cfg(all(mem_profile_allocators, target_os = "linux"))]
    accounted::run_wrapped();
}
