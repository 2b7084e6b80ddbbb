//! Questions, one file each. Answers are plain data that can be shown.

mod chain;
mod classes;
mod cycles;
mod duplicates;
mod holder;
mod leaks;
mod notes;
mod pointers;
mod precision;
mod retained;
mod selection;
mod types;
mod waste;
mod ways;

pub use self::chain::{Chain, Link};
pub use self::classes::Classes;
pub use self::cycles::Cycle;
pub use self::duplicates::Duplicate;
pub use self::leaks::Leak;
pub use self::retained::{Accumulation, Retainer};
pub use self::selection::{Selection, Sum};
pub use self::types::{Growth, TypeSum};
pub use self::waste::{FieldWaste, Waste};

pub(crate) use self::chain::without_indices;
pub(crate) use self::holder::thread_name;
