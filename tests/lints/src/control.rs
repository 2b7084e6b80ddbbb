//! Branches, loops and jumps.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use core::num::ParseIntError;
use mem_profile::mem_profile;

/// Counts words, the usual way.
#[mem_profile]
#[must_use]
pub fn count_words(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        let trimmed = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        if trimmed.is_empty() {
            continue;
        }
        let count: &mut usize = counts.entry(trimmed).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// Looks for a row with a negative number, with labels.
#[mem_profile]
#[must_use]
pub fn find_negative(rows: &[Vec<i64>]) -> Option<(usize, i64)> {
    let mut looked_at: usize = 0;
    let found = 'rows: loop {
        let Some(row) = rows.get(looked_at) else {
            break 'rows None;
        };
        for number in row {
            if *number == i64::MIN {
                continue;
            }
            if *number < 0 {
                let sum: i64 = row.iter().copied().fold(0, i64::wrapping_add);
                break 'rows Some((looked_at, sum));
            }
        }
        looked_at = looked_at.saturating_add(1);
    };
    let fallback = 'block: {
        if rows.is_empty() {
            break 'block 1_u8;
        }
        let last = rows.last().map_or(0, Vec::len);
        if last > 3 {
            break 'block 2_u8;
        }
        3_u8
    };
    found.or_else(|| (fallback == 3_u8).then_some((0, 0)))
}

/// Chains of `if`, with `let` in between.
#[mem_profile]
#[must_use]
pub fn describe(number: Option<i64>, text: &str) -> &'static str {
    if number == Some(0) {
        "zero"
    } else if let Some(value) = number
        && value < 0
    {
        let even = value.rem_euclid(2) == 0;
        if even { "negative and even" } else { "negative" }
    } else if text.is_empty() {
        let nothing = "nothing";
        nothing.trim()
    } else {
        match text.len() {
            1 => "short",
            2..=9 => {
                let upper = text.chars().all(char::is_uppercase);
                if upper {
                    return "loud";
                }
                "middling"
            }
            length if length > 1_000 => "endless",
            _ => "long",
        }
    }
}

/// Sums what can be read, and stops at the first error.
///
/// # Errors
///
/// The first number that cannot be read.
#[mem_profile]
pub fn sum(lines: &[&str]) -> Result<i64, ParseIntError> {
    let mut total: i64 = 0;
    for line in lines {
        let number: i64 = line.trim().parse()?;
        total = total.wrapping_add(match number {
            0 => continue,
            1 | 2 => 1,
            other if other < 0 => {
                let doubled: i64 = line.trim_start_matches('-').parse()?;
                doubled.wrapping_mul(2)
            }
            other => other,
        });
    }
    while total > 1_000 {
        total = total.wrapping_sub(1_000);
    }
    Ok(total)
}

/// Takes from the end until there is nothing left.
#[mem_profile]
pub fn drain(stack: &mut Vec<String>) -> usize {
    let mut length: usize = 0;
    while let Some(top) = stack.pop() {
        length = length.saturating_add(top.len());
        drop(top);
    }
    {
        let scoped = "scoped".to_owned();
        length = length.saturating_add(scoped.len());
    }
    #[cfg(any())]
    {
        length = "never compiled";
    }
    #[cfg(not(any()))]
    let bonus = 1;
    #[cfg(any())]
    {
        0
    }
    #[cfg(not(any()))]
    {
        length.saturating_add(bonus)
    }
}

/// Always panics.
///
/// # Panics
///
/// Always.
#[mem_profile]
#[expect(clippy::panic, reason = "that is what it is for")]
pub fn fail(text: &str) -> ! {
    let message = text.to_owned();
    panic!("{message}");
}

/// Runs until a condition is false.
#[mem_profile]
pub fn run(mut more: impl FnMut(usize) -> bool + Send) {
    let mut round = 0;
    loop {
        let goes_on = more(round);
        if !goes_on {
            return;
        }
        round = usize::wrapping_add(round, 1);
    }
}

/// The length of a text, with a statement under a condition that never holds.
#[rustfmt::skip]
#[mem_profile]
#[must_use]
pub fn shown_length(text: &core::cell::RefCell<&str>) -> usize {
    let length = || -> usize { #[cfg(any())] let never: Missing = 1; text.borrow().len() };
    length()
}
