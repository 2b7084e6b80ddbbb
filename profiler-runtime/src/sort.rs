//! Sorting, by code that is in the user's program once.

use std::cmp::Ordering;
use std::mem;

/// Sorts in any order; what is equal stays as it is.
///
/// What is sorted is the numbers of the items: a sort of each type would be 6 KiB of the user's
/// program.
pub(crate) fn sort<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_numbers(&mut order, &|one, other| compare(&items[one], &items[other]));
    let mut unsorted: Vec<_> = mem::take(items).into_iter().map(Some).collect();
    items.extend(order.iter().filter_map(|&number| unsorted[number].take()));
}

#[inline(never)]
fn sort_numbers(numbers: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    numbers.sort_by(|&one, &other| compare(one, other));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_is() {
        let mut items: Vec<_> = (0..1000).map(|number| (number % 7, number)).collect();
        sort(&mut items, |one, other| other.0.cmp(&one.0));
        let expected =
            (0..7).rev().flat_map(|rest| (rest..1000).step_by(7).map(move |n| (rest, n)));
        assert_eq!(items, expected.collect::<Vec<_>>());
    }
}
