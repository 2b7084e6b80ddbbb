//! Systems whose stacks cannot be walked yet: the tracer does not start.

use super::{Frame, Readable, Step};

pub(super) fn prepare() -> bool {
    false
}

pub(super) fn here() -> Frame {
    Frame { address: 0, stack_pointer: 0, frame_pointer: 0 }
}

pub(super) fn outwards(_: Frame, _: &Readable) -> Step {
    Step::Lost
}
