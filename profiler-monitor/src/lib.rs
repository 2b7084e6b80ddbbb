//! A guard for long-running services, for [`mem-profile`](https://docs.rs/mem-profile): it reads the memory of a
//! process at an interval, and warns before its limit does harm.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `sample` | [`Sample`]: the figures of one moment |
//! | `limit` | [`Limit`]: the bytes at which the system ends or slows the process |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod limit;
mod sample;

pub use self::limit::{Limit, LimitKind};
pub use self::sample::{Group, GroupEvents, Sample};
