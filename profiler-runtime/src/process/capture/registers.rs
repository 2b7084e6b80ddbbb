//! The registers of a caller, as far as a function has to keep them.

use std::arch::naked_asm;
use std::ffi::c_void;

/// How [`with_registers`] leaves them on the stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SavedRegisters {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    rbp: u64,
    rbx: u64,
    return_address: u64,
}

/// Registers in the order of DWARF, the return address last.
pub(super) type Registers = [u64; 17];

/// Calls the function with the caller's registers, which lie on the stack while it runs: a block to which a
/// register alone leads is found there.
#[unsafe(naked)]
pub extern "C" fn with_registers(
    function: extern "C" fn(&SavedRegisters, *mut c_void),
    argument: *mut c_void,
) {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 56",
        "mov rax, rdi",
        "lea rdi, [rsp + 8]",
        "call rax",
        "add rsp, 56",
        ".cfi_adjust_cfa_offset -56",
        "ret",
        ".cfi_endproc",
    )
}

impl SavedRegisters {
    /// The lowest address of the stack that counts.
    pub(super) fn stack(&self) -> u64 {
        std::ptr::from_ref(self).addr() as u64
    }

    /// As they are when `with_registers` returns. The others are zero.
    pub(super) fn registers(&self) -> Registers {
        let stack_pointer = self.stack() + size_of::<Self>() as u64;
        let mut registers = [0; 17];
        let known = [
            (3, self.rbx),
            (6, self.rbp),
            (7, stack_pointer),
            (12, self.r12),
            (13, self.r13),
            (14, self.r14),
            (15, self.r15),
            (16, self.return_address),
        ];
        for (number, value) in known {
            registers[number] = value;
        }
        registers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_s_registers_lie_on_the_stack() {
        extern "C" fn note(saved: &SavedRegisters, found: *mut c_void) {
            // SAFETY: the caller passes a place for them.
            unsafe { *found.cast::<Registers>() = saved.registers() };
        }
        let mut found: Registers = [0; 17];
        let place = (&raw mut found).cast::<c_void>();
        let value = 0x0123_4567_89ab_cdef_u64;
        // SAFETY: calls the function with a register that it has to keep, as the compiler would.
        unsafe {
            std::arch::asm!(
                "mov r12, {value}",
                "call {function}",
                value = in(reg) value,
                function = sym with_registers,
                in("rdi") note,
                in("rsi") place,
                out("r12") _,
                clobber_abi("C"),
            );
        }
        assert_eq!(found[12], value);
        let here = (&raw const found).addr() as u64;
        assert!(found[7].abs_diff(here) < 4096 && found[16] != 0);
    }
}
