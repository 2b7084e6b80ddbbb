//! The probes `otel_memory:alloc` and `otel_memory:free`, by which profilers outside of the process hear of sampled
//! blocks: OpenTelemetry's for eBPF has specified them.
//!
//! A probe is a `nop`, and a note in the program's file that says where it is. A listener counts itself in at the
//! probe's semaphore, and has the kernel stop the thread at the `nop`.
//!
//! Written here, since the crates for it fit less. The first listeners read arguments from the registers in which a
//! call has them, while `probe` takes any, and has a semaphore for each place in the code. `usdt` brings a procedural
//! macro and a parser.

use core::arch::asm;
use core::sync::atomic::{AtomicU16, Ordering::Relaxed};

// How many listen to a probe: written by the kernel, as if by another thread. It finds them by their place in the
// program's file, where counters of zero would be none without a section of their own.
#[unsafe(link_section = ".probes")]
static ALLOC_LISTENERS: AtomicU16 = AtomicU16::new(0);
#[unsafe(link_section = ".probes")]
static FREE_LISTENERS: AtomicU16 = AtomicU16::new(0);

/// Whether somebody listens for sampled blocks.
#[inline(always)]
pub(crate) fn has_listeners() -> bool {
    ALLOC_LISTENERS.load(Relaxed) != 0
}

/// As a listener counts itself in; with `u16::MAX` out.
#[cfg(test)]
pub(crate) fn add_listener(change: u16) {
    ALLOC_LISTENERS.fetch_add(change, Relaxed);
}

/// The `nop`, and its note in the third version of SystemTap's format: the addresses of the `nop`, of a section that
/// shows whether the file was moved after it was linked, and of the semaphore; then provider, name and arguments.
macro_rules! probe {
    ($name:literal, $arguments:literal, $semaphore:ident, $($register:tt: $value:expr),+) => {
        asm!(
            "990: nop",
            r#".pushsection .note.stapsdt, "?", "note""#,
            ".balign 4",
            ".4byte 992f - 991f, 994f - 993f, 3",
            r#"991: .asciz "stapsdt""#,
            "992: .balign 4",
            "993: .8byte 990b",
            ".8byte _.stapsdt.base",
            ".8byte {semaphore}",
            r#".asciz "otel_memory""#,
            concat!(".asciz \"", $name, "\""),
            concat!(".asciz \"", $arguments, "\""),
            "994: .balign 4",
            ".popsection",
            // Each file has one, of which the linker keeps one.
            ".ifndef _.stapsdt.base",
            r#".pushsection .stapsdt.base, "aGR", "progbits", .stapsdt.base, comdat"#,
            ".weak _.stapsdt.base",
            ".hidden _.stapsdt.base",
            "_.stapsdt.base: .space 1",
            ".size _.stapsdt.base, 1",
            ".popsection",
            ".endif",
            semaphore = sym $semaphore,
            $(in($register) $value,)+
            options(readonly, nostack, preserves_flags),
        )
    };
}

/// Says that a block was sampled, which stands for `weight` bytes. Not inlined, so that there is one such probe.
#[inline(never)]
pub(crate) extern "C" fn sampled_alloc(block: *mut u8, size: u64, weight: u64) {
    // SAFETY: a `nop` changes nothing. What is put into other sections is not executed. A listener may read memory.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        probe!("alloc", "8@%rdi 8@%rsi 8@%rdx", ALLOC_LISTENERS, "rdi": block, "rsi": size, "rdx": weight);
        #[cfg(target_arch = "aarch64")]
        probe!("alloc", "8@x0 8@x1 8@x2", ALLOC_LISTENERS, "x0": block, "x1": size, "x2": weight);
    }
}

/// Says that a sampled block is about to be freed.
#[inline(never)]
pub(crate) extern "C" fn sampled_free(block: *mut u8) {
    // SAFETY: as in `sampled_alloc`.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        probe!("free", "8@%rdi", FREE_LISTENERS, "rdi": block);
        #[cfg(target_arch = "aarch64")]
        probe!("free", "8@x0", FREE_LISTENERS, "x0": block);
    }
}
