//! Systems whose files we read ourselves.

use crate::names::stack_frame::Frame;
use crate::names::workspaces::Workspaces;

pub(crate) fn frames(_: u64, _: &mut Workspaces) -> Vec<Frame> {
    Vec::new()
}
