//! Metrics and profiles over HTTP. Requests become routes, and routes become responses, without I/O; a listener of its
//! own and a router of axum carry them.

#![cfg_attr(
    not(feature = "http"),
    allow(dead_code, reason = "tests alone see it, without what receives requests")
)]

mod accept;
mod answers;
#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "http")]
mod listener;
mod response;
mod route;
mod token;

pub use self::answers::{Heap, Source};
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use self::axum::router;
#[cfg(feature = "http")]
pub use self::listener::{Listener, Stop};
pub use self::response::Response;
pub use self::route::{
    ALLOCS, HEAP, LONGEST_SECONDS, METRICS, ProfileKind, ProfileRequest, Request, Route, route,
};
pub use self::token::Token;
