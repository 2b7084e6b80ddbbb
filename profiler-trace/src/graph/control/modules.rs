//! The program and its libraries, as the loader knows them.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::os::unix::ffi::OsStringExt;

use libc::{PT_GNU_RELRO, PT_LOAD, PT_TLS};

use crate::unwind;

/// A program or library.
pub(super) struct Module {
    pub(super) bias: usize,
    pub(super) path: Vec<u8>,
    pub(super) build_id: Vec<u8>,
    pub(super) segments: Vec<Segment>,
    /// Of the segments, memory that is only read once the program has been relocated.
    pub(super) read_only: Range<usize>,
    /// The number of its thread-local block, and the size; 0 where it has none.
    pub(super) tls_number: usize,
    pub(super) tls_size: usize,
}

/// A segment of a module.
pub(super) struct Segment {
    pub(super) range: Range<usize>,
    /// As in ELF.
    pub(super) flags: u32,
}

pub(super) const WRITABLE: u32 = libc::PF_W;
const EXECUTABLE: u32 = libc::PF_R | libc::PF_X;

/// All that is loaded; behind it what is not any more, where no other module lies now.
///
/// It takes the loader's lock, and allocates.
pub(super) fn all() -> Vec<Module> {
    unwind::refresh_modules();
    let mut modules = loaded();
    for known in unwind::modules() {
        let range = known.start..known.end;
        let overlaps =
            |segment: &Segment| segment.range.start < range.end && range.start < segment.range.end;
        if !modules.iter().any(|module| module.segments.iter().any(overlaps)) {
            modules.push(Module {
                bias: known.bias,
                path: known.path().to_vec(),
                build_id: known.build_id().to_vec(),
                segments: vec![Segment { range, flags: EXECUTABLE }],
                read_only: 0..0,
                tls_number: 0,
                tls_size: 0,
            });
        }
    }
    modules
}

fn loaded() -> Vec<Module> {
    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _: usize,
        modules: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader passes a valid record, and `modules` as it was given.
        unsafe {
            let info = &*info;
            let headers = core::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
            let number = info.dlpi_tls_modid;
            (*modules.cast::<Vec<Module>>()).push(module(info.dlpi_addr as usize, headers, number));
        }
        0
    }
    let mut modules = Vec::new();
    // SAFETY: the callback takes what it is given, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut modules).cast()) };
    for module in &mut modules {
        name(module);
    }
    modules
}

fn module(bias: usize, headers: &[libc::Elf64_Phdr], tls_number: usize) -> Module {
    let place = |header: &libc::Elf64_Phdr| {
        let start = bias.wrapping_add(header.p_vaddr as usize);
        start..start.wrapping_add(header.p_memsz as usize)
    };
    let of = |kind: u32| headers.iter().filter(move |header| header.p_type == kind);
    let segment = |header| Segment { range: place(header), flags: header.p_flags };
    Module {
        bias,
        path: Vec::new(),
        build_id: Vec::new(),
        segments: of(PT_LOAD).map(segment).collect(),
        read_only: of(PT_GNU_RELRO).next().map_or(0..0, place),
        tls_number,
        tls_size: of(PT_TLS).next().map_or(0, |header| header.p_memsz as usize),
    }
}

/// What the tracer knows of it.
fn name(module: &mut Module) {
    let start = module.segments.iter().map(|segment| segment.range.start).min().unwrap_or(0);
    let is_it = |known: &&unwind::Module| known.bias == module.bias && known.start == start;
    let Some(known) = unwind::modules().rev().find(is_it) else { return };
    module.build_id = known.build_id().to_vec();
    module.path = match known.path() {
        // The program itself has no name there.
        [] => {
            std::env::current_exe().map(|path| path.into_os_string().into_vec()).unwrap_or_default()
        }
        path => path.to_vec(),
    };
}
