//! A captured heap as a file for other tools.

mod dot;
mod heapsnapshot;
mod jsonl;
#[cfg(feature = "petgraph")]
mod petgraph;
#[cfg(feature = "pprof")]
mod pprof;
mod strings;

pub use self::dot::dot;
pub use self::heapsnapshot::heapsnapshot;
pub use self::jsonl::jsonl;
#[cfg(feature = "petgraph")]
pub use self::petgraph::{Pointer, Vertex};
#[cfg(feature = "pprof")]
pub use self::pprof::pprof;

#[cfg(feature = "html")]
pub(crate) use self::strings::{Strings, json_string};
