//! Which ledger is that of the thread, for what is compiled in this library.
//!
//! The allocator is compiled in the user's program, where the way to a thread-local word is one move.
//! A library is compiled for programs and for shared objects alike. There the standard library's way
//! is a call, of which the linker makes two moves in a program; but the registers that the compiler
//! has saved around the call remain saved, and that was a third of what a call of an annotated
//! function cost. So on Linux the library has a second word, declared by hand in the model
//! "initial-exec": at an offset from the thread pointer that the dynamic linker knows, and has a few
//! bytes to spare for in what it loads later. (Drepper, "ELF Handling For Thread-Local Storage",
//! 4.1.6 and 4.4.6.)

use super::ledger::Ledger;

pub(in crate::record) use word::{get, set};

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_arch = "x86_64",
    target_pointer_width = "64",
    not(miri)
))]
mod word {
    use core::arch::{asm, global_asm};
    use core::ptr;

    use super::Ledger;
    use crate::record::ledger::thread::UNREGISTERED;

    /// Two versions of this library in one program have a word each.
    macro_rules! name {
        () => {
            concat!("\"__mem_profile_ledger_", env!("CARGO_PKG_VERSION"), "\"")
        };
    }

    global_asm!(
        ".pushsection .tdata,\"awT\",@progbits",
        concat!(".hidden ", name!()),
        concat!(".globl ", name!()),
        concat!(".type ", name!(), ", @object"),
        concat!(".size ", name!(), ", 8"),
        ".p2align 3",
        concat!(name!(), ": .quad {unregistered}"),
        ".popsection",
        unregistered = sym UNREGISTERED,
    );

    #[inline(always)]
    pub(crate) fn get() -> &'static Ledger {
        let ledger: *const Ledger;
        // SAFETY: this reads the thread's word and touches nothing else. What is in there was put by
        // the declaration above or by `set`: a reference that is valid for ever.
        unsafe {
            asm!(
                concat!("mov {word}, qword ptr [rip + ", name!(), "@GOTTPOFF]"),
                "mov {word}, qword ptr fs:[{word}]",
                word = lateout(reg) ledger,
                options(nostack, preserves_flags, readonly, pure),
            );
            &*ledger
        }
    }

    pub(crate) fn set(ledger: &'static Ledger) {
        // SAFETY: this writes the thread's word and touches nothing else.
        unsafe {
            asm!(
                concat!("mov {word}, qword ptr [rip + ", name!(), "@GOTTPOFF]"),
                "mov qword ptr fs:[{word}], {ledger}",
                word = out(reg) _,
                ledger = in(reg) ptr::from_ref(ledger),
                options(nostack, preserves_flags),
            );
        }
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
    use super::Ledger;
    use crate::record::ledger::thread;

    #[inline(always)]
    pub(crate) fn get() -> &'static Ledger {
        thread::current_ledger().behind()
    }

    pub(crate) const fn set(_: &'static Ledger) {}
}
