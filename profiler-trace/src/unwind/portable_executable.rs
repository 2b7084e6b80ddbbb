//! The modules that the system knows, on Windows.

use std::ptr;

use windows_sys::Win32::Foundation::{HMODULE, MAX_PATH};
use windows_sys::Win32::System::LibraryLoader::GetModuleFileNameW;
use windows_sys::Win32::System::ProcessStatus::{
    K32EnumProcessModules, K32GetModuleInformation, MODULEINFO,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use crate::unwind::module::{Module, Text};

/// Further ones are not seen.
const MOST: usize = 1024;

pub(super) fn prepare() {}

pub(super) fn each_loaded(each: impl FnMut(Module)) {
    let mut handles: [HMODULE; MOST] = [ptr::null_mut(); MOST];
    let mut bytes = 0;
    // SAFETY: as many handles as there is room for are written.
    let known = unsafe {
        K32EnumProcessModules(
            GetCurrentProcess(),
            handles.as_mut_ptr(),
            size_of_val(&handles) as u32,
            &raw mut bytes,
        )
    };
    let count = if known == 0 { 0 } else { bytes as usize / size_of::<HMODULE>() };
    handles.into_iter().take(count).filter_map(module).for_each(each);
}

/// `None` where it is gone by now.
fn module(handle: HMODULE) -> Option<Module> {
    let mut place =
        MODULEINFO { lpBaseOfDll: ptr::null_mut(), SizeOfImage: 0, EntryPoint: ptr::null_mut() };
    let bytes = size_of_val(&place) as u32;
    // SAFETY: the place is writable, and as large as it says.
    let known =
        unsafe { K32GetModuleInformation(GetCurrentProcess(), handle, &raw mut place, bytes) };
    let start = place.lpBaseOfDll.addr();
    (known != 0).then(|| Module {
        start,
        end: start + place.SizeOfImage as usize,
        // The file says by which address it goes.
        bias: start,
        header: 0,
        segment: (0, 0),
        generation: 0,
        path: Text::new(path(handle).as_bytes()),
        build_id: Text::new(&[]),
    })
}

fn path(handle: HMODULE) -> String {
    let mut path = [0; MAX_PATH as usize];
    // SAFETY: as much is written as there is room for.
    let length = unsafe { GetModuleFileNameW(handle, path.as_mut_ptr(), MAX_PATH) };
    String::from_utf16_lossy(&path[..length as usize])
}
