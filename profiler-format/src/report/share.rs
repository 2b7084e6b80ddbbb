//! Shares of the process's peak.

use crate::snapshot::Snapshot;

/// The share of the peak, in percent, that what is shown accounts for.
const SHOWN: u128 = 95;

/// As many lines or tables as one screen has room for.
pub(super) const MOST: usize = 10;

/// Bytes of all blocks at the peak; `None` unless live blocks were recorded.
pub(super) fn held_at_peak(snapshot: &Snapshot) -> Option<u64> {
    snapshot.paths.as_ref().map(|paths| paths.total().at_peak)
}

/// How many of these shares of the peak, in their order, account for enough of it. None that is empty counts.
pub(super) fn enough(shares: impl Iterator<Item = u64>, peak: u64) -> usize {
    let mut sum: u128 = 0;
    let is_missing = |share: &u64| {
        let is_missing = sum * 100 < u128::from(peak) * SHOWN && *share > 0;
        sum += u128::from(*share);
        is_missing
    };
    shares.take_while(is_missing).count()
}

/// A share as whole percent.
#[must_use]
pub fn percent(bytes: u64, of: u64) -> String {
    let (bytes, of) = (u128::from(bytes), u128::from(of.max(1)));
    match (bytes * 100 + of / 2) / of {
        0 if bytes > 0 => "<1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}
