//! A look at our own memory, at places that may not be there.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::ptr;

const WORD: usize = size_of::<usize>();

/// The memory of this process, as the system shows it.
#[derive(Debug)]
pub(crate) struct Memory(File);

impl Memory {
    /// `None` where the system does not show it.
    pub(crate) fn open() -> Option<Self> {
        File::open("/proc/self/mem").ok().map(Self)
    }

    /// The words at an address; `None` where it is not one of words that can be read.
    pub(crate) fn words(&self, address: usize, count: usize) -> Option<Vec<usize>> {
        if address == 0 || !address.is_multiple_of(WORD) {
            return None;
        }
        let mut bytes = vec![0; count * WORD];
        self.0.read_exact_at(&mut bytes, address as u64).ok()?;
        let words = bytes.chunks_exact(WORD).map(|word| word.try_into().map(usize::from_ne_bytes));
        words.collect::<Result<_, _>>().ok()
    }
}

/// The words of the calling thread in thread-locals of the program and of the libraries loaded
/// with it; `None` if they cannot be found.
pub(crate) fn thread_local_words(memory: &Memory) -> Option<Vec<usize>> {
    let mut areas = Vec::<Area>::new();
    // SAFETY: the callback takes what is passed on to it, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(note_area), (&raw mut areas).cast()) };
    let words = areas.into_iter().filter_map(|(start, bytes)| memory.words(start, bytes / WORD));
    let words = words.flatten().collect::<Vec<_>>();
    (!words.is_empty()).then_some(words)
}

/// Address and length.
type Area = (usize, usize);

unsafe extern "C" fn note_area(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    areas: *mut c_void,
) -> c_int {
    // SAFETY: the system passes an object, and what `thread_local_words` has given it.
    let (object, areas) = unsafe { (&*object, &mut *areas.cast::<Vec<Area>>()) };
    let headers = ptr::slice_from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into());
    // SAFETY: the object has so many headers.
    let headers = unsafe { &*headers };
    for header in headers.iter().filter(|header| header.p_type == libc::PT_TLS) {
        if !object.dlpi_tls_data.is_null() {
            areas.push((object.dlpi_tls_data.addr(), header.p_memsz as usize));
        }
    }
    0
}
