//! What a capture of the heap asks of Linux on x86-64 with glibc: all threads stopped, the process copied.
//!
//! | file | what it does |
//! |---|---|
//! | `own` | the profiler's own memory and threads |
//! | `registers` | the registers of the caller |
//! | `handler` | runs on each thread that is stopped |
//! | `tasks` | the threads that there are |
//! | `signal` | the signal that stops threads |
//! | `stop` | asks all threads to stop, and lets them go on |
//! | `copy` | makes the copy of the process, and waits for its end |
//! | `listen` | a thread that captures when a signal asks for it |
//! | `child` | the calls that the copy makes |

mod child;
mod copy;
mod handler;
mod listen;
mod own;
mod registers;
mod signal;
mod stop;
mod tasks;

pub use self::child::{
    Descriptor, end_with, exit_now, grow_memory, keep_only, memory, seek, write_all_to,
};
pub use self::copy::{Copied, Copy, Ended, SignalsBlocked, shared_memory};
pub use self::handler::Frozen;
pub(crate) use self::handler::{stop_here, thread_pointer};
pub use self::listen::{Occasion, listen};
pub(crate) use self::own::{forget_memory, note_memory, note_thread};
pub use self::own::{is_own_thread, own_memory};
pub use self::registers::{SavedRegisters, with_registers};
pub use self::stop::Stopper;
