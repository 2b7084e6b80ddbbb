//! Growth over a series of snapshots.

use std::collections::BTreeMap;

use crate::query::for_caller::clone_for_caller;
use crate::query::group;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::By;

/// How fast one group grows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// The line, function, file or crate.
    pub name: String,
    /// Bytes per second, by least squares over all snapshots; negative where it shrinks.
    pub bytes_per_second: f64,
    /// Bytes alive in the last snapshot.
    pub size: i64,
}

/// The growth over successive snapshots, the fastest first: by least squares, so that one high or
/// low moment counts for little. Empty with fewer than two moments.
#[must_use]
pub fn growth(snapshots: &[Snapshot], by: By) -> Vec<Growth> {
    clone_for_caller(|| fitted(snapshots, by))
}

fn fitted(snapshots: &[Snapshot], by: By) -> Vec<Growth> {
    let Some(first) = snapshots.first() else { return Vec::new() };
    let seconds = |snapshot: &Snapshot| {
        (snapshot.data().taken_at as f64 - first.data().taken_at as f64) / 1e9
    };
    let times: Vec<f64> = snapshots.iter().map(seconds).collect();
    let mut sizes: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (index, snapshot) in snapshots.iter().enumerate() {
        for statistic in group::statistics(snapshot, by, false) {
            let of_name = sizes.entry(statistic.name).or_insert_with(|| vec![0; snapshots.len()]);
            of_name[index] += statistic.size;
        }
    }
    let all = sizes.into_iter().filter_map(|(name, sizes)| {
        let bytes_per_second = slope(&times, &sizes)?;
        Some(Growth { name, bytes_per_second, size: *sizes.last()? })
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| b.bytes_per_second.total_cmp(&a.bytes_per_second));
    all
}

/// Of the line with the least squares; `None` where all is at one time.
fn slope(times: &[f64], sizes: &[i64]) -> Option<f64> {
    let count = times.len() as f64;
    let mean_time = times.iter().sum::<f64>() / count;
    let mean_size = sizes.iter().map(|&size| size as f64).sum::<f64>() / count;
    let pairs = || times.iter().zip(sizes);
    let together: f64 =
        pairs().map(|(time, &size)| (time - mean_time) * (size as f64 - mean_size)).sum();
    let spread: f64 = times.iter().map(|time| (time - mean_time).powi(2)).sum();
    (spread > 0.0).then(|| together / spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Address, Data, Trace};

    #[test]
    fn a_steady_growth_is_found_in_noise() {
        assert_eq!(slope(&[0.0, 1.0, 2.0, 3.0], &[5, 105, 205, 305]), Some(100.0));
        assert_eq!(slope(&[0.0, 1.0, 2.0, 3.0], &[0, 300, 0, 300]), Some(60.0));
        assert_eq!(slope(&[1.0, 1.0], &[0, 9]), None);
    }

    #[test]
    fn what_grows_fastest_comes_first() {
        let snapshot = |seconds: u64, sizes: [i64; 2]| {
            let address = |address| Address { address, module: None, is_own: false };
            let trace =
                |(frame, live_bytes)| Trace { frames: vec![frame], live_bytes, ..Trace::default() };
            Snapshot::of(Data {
                taken_at: seconds * 1_000_000_000,
                addresses: vec![address(16), address(32)],
                traces: (0..).zip(sizes).map(trace).collect(),
                ..Data::default()
            })
        };
        let all = [snapshot(5, [70, 10]), snapshot(6, [60, 20]), snapshot(7, [50, 30])];
        let found = growth(&all, By::Line);
        let figures: Vec<_> = found.iter().map(|one| (one.bytes_per_second, one.size)).collect();
        assert_eq!(figures, [(10.0, 30), (-10.0, 50)]);
        assert!(found[0].name.ends_with("0x20"), "{found:?}");
        assert!(growth(&all[..1], By::Line).is_empty(), "one moment tells nothing");
    }
}
