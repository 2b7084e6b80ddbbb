//! What would make the resident set smaller. Each rule has a figure, and a test that follows it.

/// Less is not worth an advice.
const LEAST: u64 = 1 << 20;
/// Neither is a smaller part of the resident set: one in so many.
const LEAST_PART: u64 = 20;

/// What would make the resident set smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Advice {
    /// `malloc_trim(0)` would return so many bytes. Meanwhile, it takes the locks of all arenas.
    Trim(u64),
}

/// The advice for a resident set. glibc could return so many bytes of it.
pub(crate) fn for_resident(resident: u64, returnable: Option<u64>) -> Vec<Advice> {
    let is_worth_it = |&bytes: &u64| bytes >= LEAST && bytes >= resident / LEAST_PART;
    returnable.filter(is_worth_it).map(Advice::Trim).into_iter().collect()
}
