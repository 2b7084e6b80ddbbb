//! The modules that the dynamic loader knows, on Linux.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

#[cfg(target_pointer_width = "32")]
use libc::{Elf32_Ehdr as Ehdr, Elf32_Phdr as Phdr};
#[cfg(target_pointer_width = "64")]
use libc::{Elf64_Ehdr as Ehdr, Elf64_Phdr as Phdr};
use libc::{PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE};

use crate::unwind::module::{Module, Text};

/// The answer of `_dl_find_object`, as glibc 2.35 and later declare it for 64-bit systems.
#[repr(C)]
struct FoundObject {
    flags: u64,
    start: *mut c_void,
    end: *mut c_void,
    link_map: *const LinkMap,
    frame_header: *mut c_void,
    reserved: [u64; 7],
}

/// The public beginning of the loader's record of a library.
#[repr(C)]
struct LinkMap {
    bias: usize,
    path: *const c_char,
}

type FindObject = unsafe extern "C" fn(*const c_void, *mut FoundObject) -> c_int;

/// Null where the C library has none. It takes no lock and may be called anywhere.
static FIND_OBJECT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// The loader's answer for an address.
#[expect(
    clippy::large_enum_variant,
    reason = "it stays on the stack: there is nothing to allocate"
)]
pub(super) enum Answer {
    Module(Module),
    Nothing,
    /// Not without its lock.
    CannotTell,
}

pub(super) fn prepare() {
    if cfg!(target_pointer_width = "32") {
        // Its answer has another form there.
        return;
    }
    // SAFETY: the name is a valid C string.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) };
    FIND_OBJECT.store(found, Relaxed);
}

pub(super) fn at(address: usize) -> Answer {
    let find = FIND_OBJECT.load(Relaxed);
    if find.is_null() {
        return Answer::CannotTell;
    }
    // SAFETY: the symbol of that name has this type.
    let find: FindObject = unsafe { core::mem::transmute(find) };
    let mut found = MaybeUninit::<FoundObject>::zeroed();
    // SAFETY: the place is writable, and as large as the C library expects.
    if unsafe { find(address as *const c_void, found.as_mut_ptr()) } != 0 {
        return Answer::Nothing;
    }
    // SAFETY: filled in; zeroes would be valid as well.
    let found = unsafe { found.assume_init() };
    // SAFETY: the library cannot go while its code is on the stack; its path is a C string.
    unsafe {
        let Some(link_map) = found.link_map.as_ref() else { return Answer::Nothing };
        // Where segments leave a hole between them, the range covers one segment, and need not
        // begin with the file's header.
        let Some(headers) = program_headers(found.start.cast()) else { return Answer::CannotTell };
        Answer::Module(module(link_map.bias, link_map.path, headers))
    }
}

/// The program headers of the file that is mapped at `start`.
///
/// # Safety
/// A loaded file lies there.
unsafe fn program_headers(start: *const u8) -> Option<&'static [Phdr]> {
    let header = start.cast::<Ehdr>();
    // SAFETY: a file begins with its header, and the loader has mapped the program headers, too.
    unsafe {
        let header = &*header;
        if !header.e_ident.starts_with(b"\x7fELF") {
            return None;
        }
        let first = start.add(header.e_phoff as usize).cast();
        Some(core::slice::from_raw_parts(first, header.e_phnum.into()))
    }
}

/// # Safety
/// The path is null or a C string, and the headers belong to a file loaded at `bias`.
unsafe fn module(bias: usize, path: *const c_char, headers: &[Phdr]) -> Module {
    let place = |header: &Phdr| {
        let start = bias.wrapping_add(header.p_vaddr as usize);
        start..start.wrapping_add(header.p_memsz as usize)
    };
    let of = move |kind: u32| headers.iter().filter(move |header| header.p_type == kind).map(place);
    let header = of(PT_GNU_EH_FRAME).next().map_or(0, |range| range.start);
    let segment = of(PT_LOAD).find(|range| range.contains(&header));
    let build_id = of(PT_NOTE).find_map(|range| {
        // SAFETY: notes are part of a loaded segment.
        build_id(unsafe { core::slice::from_raw_parts(range.start as *const u8, range.len()) })
    });
    let path = match path.is_null() {
        true => &[],
        // SAFETY: the caller's promise.
        false => unsafe { CStr::from_ptr(path) }.to_bytes(),
    };
    Module {
        start: of(PT_LOAD).map(|range| range.start).min().unwrap_or(0),
        end: of(PT_LOAD).map(|range| range.end).max().unwrap_or(0),
        bias,
        header,
        segment: segment.map_or((header, header), |range| (range.start, range.end)),
        generation: 0,
        path: Text::new(path),
        build_id: Text::new(build_id.unwrap_or(&[])),
    }
}

/// The build id among notes: each has three lengths, a name and a content, in units of 4 bytes.
fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const BUILD_ID: u32 = 3;
    let word = |bytes: &[u8], index: usize| {
        let bytes = bytes.get(4 * index..)?.first_chunk::<4>()?;
        Some(u32::from_ne_bytes(*bytes))
    };
    loop {
        let (name, content) = (word(notes, 0)? as usize, word(notes, 1)? as usize);
        let start = 12 + name.next_multiple_of(4);
        if word(notes, 2)? == BUILD_ID && notes.get(12..15)? == b"GNU" {
            return notes.get(start..start + content);
        }
        notes = notes.get(start + content.next_multiple_of(4)..)?;
    }
}

pub(super) fn each_loaded<F: FnMut(Module)>(mut each: F) {
    unsafe extern "C" fn visit<F: FnMut(Module)>(
        info: *mut libc::dl_phdr_info,
        _: usize,
        each: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader passes a valid record, and `each` as it was given.
        unsafe {
            let info = &*info;
            let headers = core::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
            (*each.cast::<F>())(module(info.dlpi_addr as usize, info.dlpi_name, headers));
        }
        0
    }
    // SAFETY: the callback takes what it is given, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(visit::<F>), (&raw mut each).cast()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_id_is_found_behind_other_notes() {
        let mut notes = Vec::new();
        for (kind, name, content) in [(1_u32, &b"GNU\0"[..], &b"abcd"[..]), (3, b"GNU\0", b"12345")]
        {
            for number in [name.len() as u32, content.len() as u32, kind] {
                notes.extend(number.to_ne_bytes());
            }
            notes.extend(name);
            notes.extend(content);
            notes.resize(notes.len().next_multiple_of(4), 0);
        }
        assert_eq!(build_id(&notes), Some(&b"12345"[..]));
        assert_eq!(build_id(&notes[..20]), None);
        assert_eq!(build_id(&[]), None);
    }
}
