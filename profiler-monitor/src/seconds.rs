//! Durations as seconds, for `serde`.

use std::time::Duration;

use serde::Serializer;

pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
