//! What is known of glibc's own memory.

/// The length of the C library's record of a thread, to which the thread pointer leads. It has the values of
/// `pthread_setspecific`.
///
/// Not inside the allocator: it takes a lock of the loader.
pub(crate) fn thread_record_bytes() -> usize {
    /// As in glibc 2.36.
    const USUAL: usize = 2304;
    // SAFETY: the name is a C string.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_thread_db_sizeof_pthread".as_ptr()) };
    // SAFETY: the library has it for debuggers: a number of 32 bits.
    let known = unsafe { found.cast::<u32>().as_ref() };
    known.map_or(USUAL, |&bytes| bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_says_how_long_its_record_is() {
        assert!((1024..8192).contains(&thread_record_bytes()));
    }
}
