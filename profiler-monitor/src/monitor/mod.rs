//! The thread that watches the own process.

mod builder;
mod environment;
mod handle;
mod lines;
mod program;
mod settings;
mod sink;
mod watcher;

pub use self::builder::Builder;
pub use self::handle::Monitor;
pub use self::watcher::Latest;
