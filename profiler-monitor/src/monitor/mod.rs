//! The thread that watches the own process.

mod builder;
mod counts;
mod environment;
mod flight;
mod handle;
mod lines;
#[cfg(feature = "http")]
mod listening;
#[cfg(not(feature = "http"))]
mod no_listening;
#[cfg(feature = "prometheus")]
mod own;
mod program;
#[cfg(feature = "axum")]
mod router;
mod settings;
mod sink;
mod snapshots;
mod watcher;

pub use self::builder::Builder;
pub use self::handle::Monitor;
#[cfg(feature = "prometheus")]
pub use self::own::metrics;
#[cfg(feature = "axum")]
pub use self::router::axum_router;
pub use self::watcher::Latest;
