//! Says a thing once, not at each sample.

/// Whether it was said that something is above its threshold, and how much was in use then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Crossing {
    said_at: Option<u64>,
}

impl Crossing {
    /// Whether it is to be said that it is above, while `used` bytes are in use.
    pub(super) fn look(&mut self, is_above: bool, used: u64) -> bool {
        if !is_above {
            self.said_at = None;
            return false;
        }
        let is_new = self
            .said_at
            .is_none_or(|said_at| used >= said_at.saturating_add((said_at / 10).max(1)));
        if is_new {
            self.said_at = Some(used);
        }
        is_new
    }

    pub(super) fn is_above(self) -> bool {
        self.said_at.is_some()
    }
}
