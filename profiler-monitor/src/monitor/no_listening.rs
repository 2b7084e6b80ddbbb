//! In the place of a listener, without the feature `http`.

use std::net::SocketAddr;

use crate::monitor::sink;

/// There is none.
#[derive(Debug)]
pub(super) enum Listening {}

impl Listening {
    /// Says that there is none.
    pub(super) fn start(address: SocketAddr, _token: Option<String>) -> Option<Self> {
        let reason = "it needs the feature `http` of mem-profile";
        sink::warn(&format!("the monitor does not listen on {address}: {reason}"));
        None
    }

    pub(super) fn stop(self) {
        match self {}
    }
}
