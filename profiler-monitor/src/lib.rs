//! A guard for long-running services, for [`mem-profile`](https://docs.rs/mem-profile): it reads the memory of a
//! process at an interval, and warns before its limit does harm.
//!
//! ```
//! use std::time::Duration;
//!
//! use mem_profile_monitor::{Guard, Level, Rules, Sample, Threshold};
//!
//! let rules = Rules { warn_above: Some(Threshold::Bytes(500 << 20)), ..Rules::default() };
//! let mut guard = Guard::new(rules, Duration::from_secs(30));
//! let sample = Sample { resident: 501 << 20, ..Sample::default() };
//! assert_eq!(guard.look(&sample).unwrap().level, Level::Warning);
//! assert_eq!(guard.look(&sample), None, "said once");
//! ```
//!
//! | folder or file | what it does |
//! |---|---|
//! | `sample` | [`Sample`]: the figures of one moment |
//! | `limit` | [`Limit`]: the bytes at which the system ends or slows the process; [`Threshold`]: a share of it |
//! | `guard` | [`Guard`]: samples → [`Alarm`]s |
//! | `line` | [`Line`]: what a line holds |
//! | `child` | [`Children`]: the processes below one, each by itself |
//! | `event` | [`Event`]: an alarm, and who is to blame, as text |
//! | [`flight`] | what held the memory, in files that survive the end of the process |
//! | `schedule` | when the next sample is due |
//! | `parse` | the text of `MEM_PROFILE_MONITOR` |
//! | `metrics` | [`Metrics`]: figures of one moment for what collects them, as text for Prometheus |
//! | `http` | requests → routes → responses, a listener, and a router of axum (features `http`, `axum`) |
//! | [`process`] | reads samples; the only folder that knows operating systems |
//! | `monitor` | [`Monitor`]: the thread that watches the own process (feature `process`) |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod child;
mod event;
pub mod flight;
mod guard;
#[cfg(any(test, feature = "http"))]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
mod limit;
mod line;
mod metrics;
#[cfg(feature = "process")]
mod monitor;
#[cfg(feature = "process")]
mod parse;
pub mod process;
mod sample;
mod schedule;
#[cfg(feature = "serde")]
mod seconds;

pub use self::child::{Child, Children, children_of};
pub use self::event::Event;
pub use self::flight::{LastRun, last_run};
pub use self::guard::{Alarm, Cause, Growth, GrowthError, Guard, Level, Rules};
pub use self::limit::{Limit, LimitKind, Threshold, ThresholdError};
pub use self::line::{Line, lines_of, top_lines};
#[cfg(any(test, feature = "prometheus"))]
#[cfg_attr(docsrs, doc(cfg(feature = "prometheus")))]
pub use self::metrics::MetricsFormat;
pub use self::metrics::{LINES, Metrics};
#[cfg(all(feature = "process", feature = "axum"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "process", feature = "axum"))))]
pub use self::monitor::axum_router;
#[cfg(all(feature = "process", feature = "prometheus"))]
#[cfg_attr(docsrs, doc(cfg(all(feature = "process", feature = "prometheus"))))]
pub use self::monitor::metrics;
#[cfg(feature = "process")]
#[cfg_attr(docsrs, doc(cfg(feature = "process")))]
pub use self::monitor::{Builder, Latest, Monitor};
pub use self::sample::{Group, GroupEvents, Sample};
pub use self::schedule::Schedule;
