//! Call-frame information: what the linker puts beside every program for unwinding. Read on the stack
//! alone, because a walk inside the allocator may need it.

use gimli::{
    BaseAddresses, EhFrame, EhFrameHdr, EndianSlice, FrameDescriptionEntry, NativeEndian,
    UnwindSection,
};

use super::modules;

type Bytes = EndianSlice<'static, NativeEndian>;

/// The information that the linker put beside the code at one address.
#[cfg_attr(
    any(mem_profile_fallback, mem_profile_frame_pointers, not(target_arch = "x86_64")),
    allow(dead_code, reason = "only rules need all of it")
)]
pub(super) struct Entry {
    pub(super) entry: FrameDescriptionEntry<Bytes>,
    pub(super) frames: EhFrame<Bytes>,
    pub(super) bases: BaseAddresses,
}

pub(super) fn find(address: usize) -> Option<Entry> {
    let (header, data) = modules::frame_information(address)?;
    let bases = BaseAddresses::default().set_eh_frame_hdr(header.as_ptr().addr() as u64);
    let parsed = EhFrameHdr::new(header, NativeEndian).parse(&bases, 8).ok()?;
    let table = parsed.table()?;
    let start = parsed.eh_frame_ptr().direct().ok()? as usize;
    let bases = bases.set_eh_frame(start as u64);
    let skipped = start.checked_sub(data.as_ptr().addr())?;
    let frames = EhFrame::new(data.get(skipped..)?, NativeEndian);
    let found = table.lookup(address as u64, &bases).ok()?;
    let offset = table.pointer_to_offset(found).ok()?;
    let entry = frames.fde_from_offset(&bases, offset, EhFrame::cie_from_offset).ok()?;
    entry.contains(address as u64).then_some(Entry { entry, frames, bases })
}

/// Where the function begins that the code at `address` is of.
pub(super) fn function(address: usize) -> Option<u64> {
    Some(find(address)?.entry.initial_address())
}
