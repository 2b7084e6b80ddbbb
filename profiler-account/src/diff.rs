//! The changes between two accounts of a process.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::class::ClassKind;

/// The changes between two accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Diff {
    /// The resident set. The changes of the classes add up to its own.
    pub resident: Change,
    /// The classes that are in one of the accounts.
    #[cfg_attr(feature = "serde", serde(serialize_with = "json::kinds"))]
    pub classes: Vec<(ClassKind, Change)>,
    /// Free bytes that the blocks of a place keep resident, if they changed; most first.
    #[cfg_attr(feature = "serde", serde(serialize_with = "json::sites"))]
    pub pins: Vec<(String, Change)>,
    /// The number of live blocks, if both accounts know it.
    pub blocks: Option<Change>,
    /// The number of threads, if both accounts know it.
    pub threads: Option<Change>,
    /// Of the resident set, bytes in huge pages.
    pub huge_pages: Change,
    /// Bytes of large live blocks that are not resident.
    pub untouched: Change,
    /// Bytes that were swapped out.
    pub swap: Change,
    /// Bytes of page tables.
    pub page_tables: Change,
}

/// A figure before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Change {
    /// In the earlier account.
    pub before: u64,
    /// In the later account.
    pub after: u64,
}

impl Change {
    /// The difference.
    #[must_use]
    pub fn bytes(self) -> i64 {
        self.after.wrapping_sub(self.before).cast_signed()
    }
}

impl Account {
    /// The changes since an earlier account.
    #[must_use]
    pub fn diff(&self, earlier: &Self) -> Diff {
        let kinds: BTreeMap<ClassKind, Change> = changes(
            earlier.classes.iter().map(|class| (class.kind, class.bytes)),
            self.classes.iter().map(|class| (class.kind, class.bytes)),
        );
        let pins: BTreeMap<&str, Change> = changes(pins(earlier), pins(self));
        let mut pins: Vec<_> = pins
            .into_iter()
            .filter(|(_, change)| change.bytes() != 0)
            .map(|(site, change)| (site.to_owned(), change))
            .collect();
        pins.sort_by_key(|(_, change)| std::cmp::Reverse(change.bytes().unsigned_abs()));
        let change =
            |figure: fn(&Self) -> u64| Change { before: figure(earlier), after: figure(self) };
        let known = |figure: fn(&Self) -> Option<u64>| {
            Some(Change { before: figure(earlier)?, after: figure(self)? })
        };
        Diff {
            resident: change(|account| account.resident),
            classes: kinds.into_iter().collect(),
            pins,
            blocks: known(|account| account.class(ClassKind::LiveBlocks)?.count),
            threads: known(|account| account.threads),
            huge_pages: change(|account| account.huge_pages),
            untouched: change(|account| account.untouched.iter().map(|it| it.bytes).sum()),
            swap: change(|account| account.swap),
            page_tables: change(|account| account.page_tables),
        }
    }
}

fn pins(account: &Account) -> impl Iterator<Item = (&str, u64)> {
    let pins = account.pins.iter().flat_map(|pins| &pins.sites);
    pins.map(|pin| (&*pin.site, pin.pinned))
}

fn changes<K: Ord>(
    before: impl Iterator<Item = (K, u64)>,
    after: impl Iterator<Item = (K, u64)>,
) -> BTreeMap<K, Change> {
    let mut changes: BTreeMap<K, Change> = BTreeMap::new();
    before.for_each(|(key, bytes)| changes.entry(key).or_default().before = bytes);
    after.for_each(|(key, bytes)| changes.entry(key).or_default().after = bytes);
    changes
}

/// Changes as objects, each with its name: pairs would be arrays.
#[cfg(feature = "serde")]
mod json {
    use serde::{Serialize, Serializer};

    use super::{Change, ClassKind};

    #[derive(Serialize)]
    struct OfKind {
        kind: ClassKind,
        #[serde(flatten)]
        change: Change,
    }

    #[derive(Serialize)]
    struct OfSite<'a> {
        site: &'a str,
        #[serde(flatten)]
        change: Change,
    }

    pub(super) fn kinds<S: Serializer>(
        all: &[(ClassKind, Change)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(all.iter().map(|&(kind, change)| OfKind { kind, change }))
    }

    pub(super) fn sites<S: Serializer>(
        all: &[(String, Change)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(all.iter().map(|&(ref site, change)| OfSite { site, change }))
    }
}
