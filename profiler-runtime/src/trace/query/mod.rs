//! A snapshot, and the questions it answers: by line, function, file, crate or stack; since an
//! earlier one; filtered; growing. It never renders a report.

pub(crate) mod filter;
pub(crate) mod group;
pub(crate) mod growth;
pub(crate) mod live;
pub(crate) mod notes;
pub(crate) mod snapshot;
pub(crate) mod statistic;
