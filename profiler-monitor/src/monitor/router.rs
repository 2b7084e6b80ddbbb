//! The router of this process.

use axum::Router;

use crate::http::router;
use crate::monitor::own::OwnProcess;

/// A router of axum that answers requests for metrics and heap profiles of this process: `/metrics`,
/// `/debug/pprof/heap` and `/debug/pprof/allocs`. Mount it behind an authentication of your own.
pub fn axum_router() -> Router {
    router(OwnProcess::new())
}
