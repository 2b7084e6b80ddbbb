//! Starts before `main` what the environment asks for: a call may come too late, or never.

use mem_profile_format::recording;

use crate::record::alloc::quiet::Quiet;
use crate::{control, process, session};

crate::__run_before_main!(before_main);

extern "C" fn before_main() {
    recording::set_open_check(process::is_open_for_writing);
    let is_timed = {
        let _quiet = Quiet::enter();
        session::begins_before_main()
    };
    if is_timed {
        control::start();
    }
}
