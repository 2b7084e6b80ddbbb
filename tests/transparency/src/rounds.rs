//! Times of two forms of one thing, side by side.

use anyhow::Result;

/// What is short is repeated: the first run after a build reads files that no one has read, and on
/// a machine that others use no single run says much.
const MOST_ROUNDS: usize = 7;
const ENOUGH_SECONDS: f64 = 6.0;

/// The medians of what both return, in seconds, from rounds in which they take turns.
pub(crate) fn medians(
    mut first: impl FnMut() -> Result<f64>,
    mut second: impl FnMut() -> Result<f64>,
) -> Result<[f64; 2]> {
    let mut rounds = Vec::new();
    let mut spent = 0.0;
    while rounds.len() < MOST_ROUNDS && (rounds.is_empty() || spent < ENOUGH_SECONDS) {
        let round = [first()?, second()?];
        spent += round.iter().sum::<f64>();
        rounds.push(round);
    }
    Ok([0, 1].map(|form| median(rounds.iter().map(|round| round[form]).collect())))
}

/// Of an even number, the one above the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_repeated_in_turns() {
        let order = std::cell::RefCell::new(String::new());
        let say = |name, seconds: f64| {
            order.borrow_mut().push(name);
            Ok(seconds + order.borrow().len() as f64 / 1000.0)
        };
        let [first, second] = medians(|| say('a', 1.0), || say('b', 0.5)).unwrap();
        assert_eq!(*order.borrow(), "abababab");
        assert_eq!((first, second), (1.005, 0.506));
    }

    #[test]
    fn what_takes_long_runs_once() {
        let times = medians(|| Ok(8.0), || Ok(30.0)).unwrap();
        assert_eq!(times, [8.0, 30.0]);
    }
}
