//! Accounts that were written as JSON.

use std::path::Path;

use anyhow::{Context, Result, bail};
use mem_profile_account::Account;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::input::Input;

/// What only the JSON of an account has.
#[derive(Deserialize)]
struct Marks {
    #[serde(rename = "resident")]
    _resident: u64,
    #[serde(rename = "classes")]
    _classes: Vec<IgnoredAny>,
}

/// The account in an input, if it has one; else the input can still be read.
///
/// # Errors
/// If it is damaged.
pub(crate) fn saved(path: &Path, input: &mut Input) -> Result<Option<Account>> {
    parse(input).with_context(|| format!("cannot use {}", path.display()))
}

fn parse(input: &mut Input) -> Result<Option<Account>> {
    if input.first_byte() != Some(b'{') {
        return Ok(None);
    }
    let bytes = input.bytes()?;
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Marks>();
    if values.next().is_none_or(|marks| marks.is_err()) {
        return Ok(None);
    }
    if !bytes[values.byte_offset()..].trim_ascii().is_empty() {
        bail!("it has more than one account: keep one line");
    }
    let account: Account = serde_json::from_slice(bytes)?;
    if !is_sound(&account) {
        bail!("its classes do not add up to its resident set");
    }
    Ok(Some(account))
}

/// Whether its sums are what they say, and no sum of its figures is too large.
fn is_sound(account: &Account) -> bool {
    let mut kinds: Vec<_> = account.classes.iter().map(|class| class.kind).collect();
    kinds.sort_unstable();
    let pins = account.pins.iter().flat_map(|pins| &pins.sites);
    sum(account.classes.iter().map(|class| class.bytes)) == Some(account.resident)
        && kinds.windows(2).all(|pair| pair[0] != pair[1])
        && sum(account.untouched.iter().map(|it| it.bytes)).is_some()
        && sum(pins.map(|pin| pin.pinned)).is_some()
        && sum([account.huge_pages, account.swap, account.page_tables].into_iter()).is_some()
}

fn sum(mut figures: impl Iterator<Item = u64>) -> Option<u64> {
    const LARGEST: u64 = 1 << 56;
    figures.try_fold(0, u64::checked_add).filter(|sum| *sum < LARGEST)
}
