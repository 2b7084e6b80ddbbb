//! Times of two forms of one thing, side by side.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Short runs are repeated: the first run after a build reads files that are not cached yet, and on a shared
/// machine no single run is reliable. At least this many rounds; for runs of milliseconds, as many as fit
/// into a second.
const ROUNDS: usize = 7;
const MOST_ROUNDS: usize = 50;
const SHORT: Duration = Duration::from_secs(1);
const ENOUGH: Duration = Duration::from_secs(6);

/// The medians of the results of both, from rounds in which they take turns.
pub(crate) fn medians(
    mut first: impl FnMut() -> Result<f64>,
    mut second: impl FnMut() -> Result<f64>,
) -> Result<[f64; 2]> {
    let begin = Instant::now();
    let mut rounds = Vec::new();
    let is_enough = |done: usize| match begin.elapsed() {
        passed if passed < SHORT => done >= MOST_ROUNDS,
        passed => done >= ROUNDS || passed >= ENOUGH,
    };
    while rounds.is_empty() || !is_enough(rounds.len()) {
        rounds.push([first()?, second()?]);
    }
    let form = |form: usize| median(rounds.iter().map(|round| round[form]).collect());
    Ok([0, 1].map(|index| form(index).unwrap_or(0.0)))
}

/// `None` where there are no values.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    Some(if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], *upper)
    } else {
        *upper
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_are_repeated_in_turns() {
        let order = std::cell::RefCell::new(String::new());
        let say = |name| {
            order.borrow_mut().push(name);
            Ok(order.borrow().len() as f64)
        };
        let [first, second] = medians(|| say('a'), || say('b')).unwrap();
        assert_eq!(*order.borrow(), "ab".repeat(MOST_ROUNDS));
        assert_eq!((first, second), (50.0, 51.0));
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(Vec::new()), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }
}
