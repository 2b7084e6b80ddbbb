//! The thread-local word that leads to the ledger.
//!
//! It is const and has no destructor: no initialisation, no allocation, and usable until the very
//! end of the thread.
//!
//! Where a library is compiled for programs and for shared objects alike, as all of cargo's are, the
//! standard library's way to such a word is a call, of which the linker makes two moves in a program.
//! What the compiler has done for the sake of the call remains: registers are saved around it, which
//! is more than all else that an allocator that counts has to do. So on Linux the word is
//! declared by hand, in the "initial-exec" model: an offset from the thread pointer, which the
//! dynamic linker knows where the program starts, and has eight bytes to spare for in what it loads
//! later. (Drepper, "ELF Handling For Thread-Local Storage", 4.1.6 and 4.4.6.)

use super::ledger::Ledger;
use super::thread::UNREGISTERED;

pub(super) use word::{get, replace};

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(miri)
))]
mod word {
    use core::arch::{asm, global_asm};

    use super::{Ledger, UNREGISTERED};

    /// Two versions of this library in one program have a word each.
    macro_rules! name {
        () => {
            concat!("__mem_profile_ledger_", env!("CARGO_PKG_VERSION"))
        };
    }

    global_asm!(
        ".pushsection .tdata,\"awT\",@progbits",
        concat!(".hidden \"", name!(), "\""),
        concat!(".globl \"", name!(), "\""),
        concat!(".type \"", name!(), "\", @object"),
        concat!(".size \"", name!(), "\", 8"),
        ".p2align 3",
        concat!("\"", name!(), "\":"),
        ".quad {unregistered}",
        ".popsection",
        unregistered = sym UNREGISTERED,
    );

    #[inline(always)]
    pub(crate) fn get() -> &'static Ledger {
        let ledger: *const Ledger;
        // SAFETY: reads the thread's word, and nothing else is touched. It holds what the
        // declaration above or `replace` has put there: a reference that is valid for ever.
        unsafe {
            asm!(
                concat!("mov {word}, qword ptr [rip + \"", name!(), "\"@GOTTPOFF]"),
                "mov {word}, qword ptr fs:[{word}]",
                word = lateout(reg) ledger,
                options(nostack, preserves_flags, readonly, pure),
            );
            &*ledger
        }
    }

    pub(crate) fn replace(new: &'static Ledger) -> &'static Ledger {
        let old = get();
        // SAFETY: writes the thread's word, and nothing else is touched.
        unsafe {
            asm!(
                concat!("mov {word}, qword ptr [rip + \"", name!(), "\"@GOTTPOFF]"),
                "mov qword ptr fs:[{word}], {new}",
                word = out(reg) _,
                new = in(reg) core::ptr::from_ref(new),
                options(nostack, preserves_flags),
            );
        }
        old
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(miri)
)))]
mod word {
    use core::cell::Cell;

    use super::{Ledger, UNREGISTERED};

    thread_local! {
        static LEDGER: Cell<&'static Ledger> = const { Cell::new(&UNREGISTERED) };
    }

    #[inline(always)]
    pub(crate) fn get() -> &'static Ledger {
        LEDGER.with(Cell::get)
    }

    pub(crate) fn replace(new: &'static Ledger) -> &'static Ledger {
        LEDGER.with(|ledger| ledger.replace(new))
    }
}
