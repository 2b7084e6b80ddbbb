//! Starts before `main` what the environment asks for: a call may come too late, or never.

use mem_profile_format::recording;

use crate::record::alloc::quiet::Quiet;
use crate::{control, process, session};

/// The entry that the loader runs.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

#[cfg(target_vendor = "apple")]
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static BEFORE_MAIN: extern "C" fn() = before_main;

#[cfg(windows)]
#[used]
#[unsafe(link_section = ".CRT$XCU")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    recording::set_open_check(process::is_open_for_writing);
    #[cfg(feature = "trace")]
    crate::trace::before_main();
    let is_timed = {
        let _quiet = Quiet::enter();
        session::begins_before_main()
    };
    if is_timed {
        control::start();
    }
}
