//! A captured heap as a file for other tools.

mod dot;
mod heapsnapshot;
mod jsonl;
#[cfg(feature = "pprof")]
mod pprof;
mod strings;

pub use self::dot::dot;
pub use self::heapsnapshot::heapsnapshot;
pub use self::jsonl::jsonl;
#[cfg(feature = "pprof")]
pub use self::pprof::pprof;

#[cfg(feature = "html")]
pub(crate) use self::strings::{Strings, json_string};
