//! The stacks at which blocks were allocated.

use mem_profile_format::heap_layout::{kind, site};

use super::blocks::Blocks;
use super::room::Room;
use super::write::Writer;
use crate::capture::own_frames;
use crate::tables::tree;
use crate::unwind;

/// All sites up to the last one that is known, those without blocks empty.
pub(super) fn write(blocks: &Blocks, writer: &mut Writer) -> Result<(), i32> {
    let mut frames = Room::new()?;
    (0..tree::sites().end).try_for_each(|number| {
        frames.truncate(0);
        let state = match number {
            _ if !blocks.is_used(number) => site::NO_STACK,
            tree::TRUNCATED => site::TRUNCATED,
            tree::NO_STACK => site::NO_STACK,
            _ => read(number, &mut frames)?,
        };
        // The profiler's own are nobody's business.
        let own = own_frames::count(frames.get());
        let frames = frames.get().get(own..).unwrap_or_default();
        writer.section(kind::SITE, (site::SIZE + size_of_val(frames)) as u64)?;
        let label = tree::label_of(number).filter(|_| blocks.is_used(number));
        writer.words(&[state, label.map_or(0, |(label, _)| u64::from(label) + 1)])?;
        writer.words(frames)
    })
}

fn read(number: u32, frames: &mut Room<u64>) -> Result<u64, i32> {
    let mut result = Ok(());
    let is_whole = tree::frames_of(number, |address| {
        if result.is_ok() {
            result = frames.push(address & unwind::ADDRESS);
        }
    });
    result?;
    Ok(if is_whole { site::COMPLETE } else { site::UNWIND_FAILED })
}
