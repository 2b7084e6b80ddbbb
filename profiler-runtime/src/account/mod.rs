//! The account of this process: the system's figures, and facts that only the process itself
//! knows.

mod live_map;
pub(crate) mod read;
mod statistics;

use std::io;

pub use mem_profile_account::{
    Account, Advice, Change, Class, ClassKind, Counted, Diff, Part, Pin, Pins, SizePin, Untouched,
};

use self::read::read;
pub use self::statistics::Statistics;
pub use crate::brief::{Brief, brief};
use crate::control::allocations_are_counted;
use crate::record::alloc::quiet::Quiet;

/// The account of this process. It takes no locks but those of memory of its own, and stops
/// nobody: threads that go on move the sums, and the account says how far.
///
/// With `MEM_PROFILE_LIVE=on`, live blocks, free pages, and the lines whose blocks keep them resident are known.
/// Without it, the heap is one class.
///
/// # Errors
/// Where the system does not say what a process has mapped: other systems than Linux, or a hidden `/proc`.
pub fn account() -> io::Result<Account> {
    for_caller(false)
}

/// The same, and the allocator is asked how much it has in use, so that memory of C libraries is known from free
/// memory. glibc takes the lock of each of its arenas, and looks at all free memory in it: about 40 ms for 200 MiB.
/// Another allocator is asked if it has [`Statistics`].
///
/// # Errors
/// As for [`account`].
pub fn full() -> io::Result<Account> {
    for_caller(true)
}

/// An account whose memory is recorded on the line that asked for it, like any other value.
fn for_caller(is_full: bool) -> io::Result<Account> {
    let is_counted = allocations_are_counted();
    let quiet = Quiet::enter();
    let ours = read(is_counted, is_full);
    drop(quiet);
    let of_caller = match &ours {
        Ok(account) => Ok(account.clone()),
        Err(error) => Err(error.raw_os_error().map_or_else(
            || io::Error::new(error.kind(), error.to_string()),
            io::Error::from_raw_os_error,
        )),
    };
    let _quiet = Quiet::enter();
    drop(ours);
    of_caller
}
