//! The calling thread's ledger, through two thread-local words, and the ledgers that all threads share.
//!
//! ```text
//!             first allocation or call            end of the thread
//! UNREGISTERED ───────────────────────▶ Thread ───────────────────────▶ ENDED
//!                                        │  ▲
//!                               Quiet    ▼  │   drop of Quiet
//!                                       QUIET
//! ```
//!
//! The special ledgers are statics that all threads share. They count nothing: their number of live
//! bytes is so low that each allocation and each free takes the slow path, which is how the common path
//! does without a test.
//!
//! The allocator is compiled in the user's program, where the way to a thread-local word is one move.
//! A library is compiled for programs and for shared objects alike. There the standard library's way
//! is a call, of which the linker makes two moves in a program; but the registers that the compiler
//! has saved around the call remain saved, and that was a third of what a call of an annotated
//! function cost. So on Linux the library has a second word, declared by hand in the model
//! "initial-exec": at an offset from the thread pointer that the dynamic linker knows, and has a few
//! bytes to spare for in what it loads later. (Drepper, "ELF Handling For Thread-Local Storage",
//! 4.1.6 and 4.4.6.)
//!
//! PERF: the second word: 81 → 73 instructions a call and its end, 246 → 229 from a line that has
//! allocated. The special ledgers: 21 → 17 instructions an allocation and its free (cost bench).

use core::cell::Cell;

use super::ledger::Ledger;
use super::row::Row;

pub(in crate::record) use word::{get, set};

pub(in crate::record) static NO_ROW: Row = Row::new();

pub(in crate::record) static UNREGISTERED: Ledger = Ledger::special(&NO_ROW);
pub(in crate::record) static ENDED: Ledger = Ledger::special(&NO_ROW);
pub(in crate::record) static QUIET: Ledger = Ledger::special(&NO_ROW);
pub(in crate::record) static WATCHED: Ledger = Ledger::special(&NO_ROW);

thread_local! {
    // Const and without a destructor: one move from the thread pointer, no initialisation, no
    // allocation, and usable until the very end of the thread.
    // A pointer, because up to Rust 1.88 no constant may hold a reference to what changes.
    static LEDGER: Cell<*const Ledger> = const { Cell::new(&raw const UNREGISTERED) };
    static SHARED_USES: Cell<i64> = const { Cell::new(0) };
}

/// The ledger that the calling thread's allocator finds.
#[inline(always)]
pub(crate) fn current_ledger() -> &'static Ledger {
    // SAFETY: it was made of a reference that is valid for ever, here or by `show_allocator`.
    unsafe { &*LEDGER.with(Cell::get) }
}

/// Has the allocator find this ledger, and nobody else. Returns the one that it found before.
pub(in crate::record) fn show_allocator(ledger: &'static Ledger) -> &'static Ledger {
    // SAFETY: as in `current_ledger`.
    unsafe { &*LEDGER.with(|word| word.replace(ledger)) }
}

/// Notes that this thread counted something through a special ledger, whose words say nothing
/// about one thread.
pub(in crate::record) fn note_shared_ledger_use() {
    SHARED_USES.set(SHARED_USES.get().wrapping_add(1));
}

/// How often this thread did.
pub(in crate::record) fn shared_ledger_uses() -> i64 {
    SHARED_USES.get()
}

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

    use super::{Ledger, UNREGISTERED};

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
    use core::cell::Cell;

    use super::{Ledger, UNREGISTERED};

    thread_local! {
        // As the allocator's.
        static LEDGER: Cell<*const Ledger> = const { Cell::new(&raw const UNREGISTERED) };
    }

    #[inline(always)]
    pub(crate) fn get() -> &'static Ledger {
        // SAFETY: it was made of a reference that is valid for ever, here or by `set`.
        unsafe { &*LEDGER.with(Cell::get) }
    }

    pub(crate) fn set(ledger: &'static Ledger) {
        LEDGER.set(ledger);
    }
}
