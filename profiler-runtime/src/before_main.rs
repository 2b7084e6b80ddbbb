//! Starts before `main` what the environment asks for: a call may come too late, or never.

use mem_profile_format::recording;

use crate::record::alloc::quiet::Quiet;
use crate::{control, process, session};

crate::__run_before_main!(before_main);

extern "C" fn before_main() {
    recording::set_open_check(process::is_open_for_writing);
    let (wants_live_blocks, begins) = {
        let _quiet = Quiet::enter();
        session::warn_of_what_is_missing();
        (session::wants_live_blocks(), session::begins_before_main())
    };
    if wants_live_blocks {
        control::record_live_blocks();
    }
    if begins {
        control::start();
    }
}
