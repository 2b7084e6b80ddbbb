//! Systems whose files we read ourselves.

use super::frame::Frame;
use super::symbols::Workspaces;

pub(super) fn frames(_: u64, _: &mut Workspaces) -> Vec<Frame> {
    Vec::new()
}
