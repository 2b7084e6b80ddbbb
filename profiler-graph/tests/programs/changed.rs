//! A `Vec` as no version of the standard library has it: a field has another name.

#![crate_name = "alloc"]

mod vec {
    #[repr(C)]
    pub(crate) struct Vec<T> {
        pub(crate) buffer: Buffer<T>,
        pub(crate) count: usize,
    }

    #[repr(C)]
    pub(crate) struct Buffer<T> {
        pub(crate) capacity: Capacity,
        pub(crate) pointer: Pointer<T>,
    }

    pub(crate) struct Capacity {
        pub(crate) cap: Limit,
    }

    pub(crate) struct Limit(pub(crate) usize);

    pub(crate) struct Pointer<T> {
        pub(crate) pointer: *const T,
    }
}

use vec::{Buffer, Capacity, Limit, Pointer, Vec};

static mut CHANGED: Vec<u32> = Vec {
    buffer: Buffer {
        capacity: Capacity { cap: Limit(0) },
        pointer: Pointer { pointer: std::ptr::null() },
    },
    count: 0,
};

fn main() {
    // SAFETY: there is one thread.
    let changed = unsafe { &mut *std::hint::black_box(&raw mut CHANGED) };
    changed.count += 1;
    std::hint::black_box(changed.buffer.pointer.pointer);
    std::hint::black_box(changed.buffer.capacity.cap.0);
}
