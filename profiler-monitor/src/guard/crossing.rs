//! Says a thing once, not at each sample.

/// A figure that wavers around its threshold is no news. It has fallen below only once it is well below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    /// The share of the threshold that is well below it.
    fallen: f64,
    /// How much was in use when it was last said that the figure is above.
    said_at: Option<u64>,
}

impl Crossing {
    /// Of an amount: as far below as it has to rise for the next alarm.
    pub(super) const AMOUNT: Self = Self { fallen: 0.9, said_at: None };
    /// Of a rate, which wavers more.
    pub(super) const RATE: Self = Self { fallen: 0.5, said_at: None };

    /// Whether it is to be said that the figure is above the threshold, while `used` bytes are in use.
    pub(super) fn look(&mut self, figure: f64, threshold: f64, used: u64) -> bool {
        if figure < threshold {
            if figure < threshold * self.fallen {
                self.said_at = None;
            }
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
