//! One rule, read from the call-frame information that the linker puts beside every program for
//! unwinding. On the stack alone: this runs inside the allocator.

use gimli::{
    CfaRule, Operation, ReaderOffset, Register, RegisterRule, UnwindContext, UnwindContextStorage,
    UnwindExpression, UnwindTableRow, X86_64,
};

use super::rule::Rule;
use crate::system;
use crate::unwind::entry::{self, Entry};

/// Room for the registers that calls preserve, on a stack that may be a small one.
struct OnStack;

impl<T: ReaderOffset> UnwindContextStorage<T> for OnStack {
    type Rules = [(Register, RegisterRule<T>); 20];
    type Stack = [UnwindTableRow<T, Self>; 3];
}

/// The rule of the code that a call at its end returns to `address`.
pub(super) fn rule(address: usize) -> Rule {
    let called_from = address.wrapping_sub(1);
    let Some(found) = entry::find(called_from) else { return without_entry(address) };
    // Debuggers let a frame lie on another stack if it is marked as the kernel's, and so coroutines mark
    // theirs: the mark alone says nothing.
    let is_marked = found.entry.is_signal_trampoline();
    let is_inside = found.entry.contains(address as u64);
    if (is_marked || !is_inside) && is_signal_return(address) {
        return Rule::Signal;
    }
    // Nothing calls from what is marked: it is the address itself that counts.
    let place = if is_marked && is_inside { address } else { called_from };
    parse(&found, place).unwrap_or(Rule::Unknown)
}

/// The rule where nothing is known of a call.
fn without_entry(address: usize) -> Rule {
    if is_signal_return(address) {
        Rule::Signal
    } else if entry::function(address) == Some(address as u64) {
        // Nobody calls from before a function. It was put there to go on with, as `makecontext` does.
        Rule::StackEnd
    } else {
        Rule::Unknown
    }
}

/// Whether the code at `address` only returns from a signal handler, by the system call of that
/// name: `mov rax, 15` or `mov eax, 15`, and `syscall`. Every C library has it, not all mark it.
fn is_signal_return(address: usize) -> bool {
    const LONG: [u8; 9] = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];
    const SHORT: [u8; 7] = [0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05];
    let is = |code: &[u8]| {
        let byte = |index| address.wrapping_add(index) as *const u8;
        // SAFETY: both ends can be read, and there is no room for a page in between.
        system::is_readable(address)
            && system::is_readable(address.wrapping_add(code.len() - 1))
            && (0..code.len()).all(|index| unsafe { byte(index).read() } == code[index])
    };
    is(&LONG) || is(&SHORT)
}

fn parse(found: &Entry, address: usize) -> Option<Rule> {
    let Entry { entry, frames, bases } = found;
    let mut context = UnwindContext::<usize, OnStack>::new_in();
    let row = entry.unwind_info_for_address(frames, bases, &mut context, address as u64).ok()?;
    if row.register(X86_64::RA)? == RegisterRule::Undefined {
        return Some(Rule::StackEnd);
    }
    match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => by_register(row, *register, *offset),
        CfaRule::Expression(expression) => by_link(row, expression, found),
    }
}

fn by_register(
    row: &UnwindTableRow<usize, OnStack>,
    register: Register,
    offset: i64,
) -> Option<Rule> {
    if offset_of(row, X86_64::RA)? != -8 {
        return None;
    }
    let by_frame_pointer = is_frame_pointer(register)?;
    let saved = i32::try_from(saved(row)?).ok()?;
    Some(Rule::Frame { by_frame_pointer, offset: i32::try_from(offset).ok()?, saved })
}

/// The base of a coroutine: its caller's frame is on the stack that a word of this one names.
fn by_link(
    row: &UnwindTableRow<usize, OnStack>,
    expression: &UnwindExpression<usize>,
    Entry { entry, frames, .. }: &Entry,
) -> Option<Rule> {
    let encoding = entry.cie().encoding();
    let mut steps = expression.get(frames).ok()?.operations(encoding);
    let Operation::RegisterOffset { register, offset: link, .. } = steps.next().ok()?? else {
        return None;
    };
    let Operation::Deref { size: 8, space: false, .. } = steps.next().ok()?? else { return None };
    let offset = match steps.next().ok()? {
        None => 0,
        Some(Operation::PlusConstant { value }) => i16::try_from(value).ok()?,
        Some(_) => return None,
    };
    if steps.next().ok()?.is_some() {
        return None;
    }
    Some(Rule::Linked {
        by_frame_pointer: is_frame_pointer(register)?,
        link: i16::try_from(link).ok()?,
        offset,
        address: i16::try_from(offset_of(row, X86_64::RA)?).ok()?,
        saved: i16::try_from(saved(row)?).ok()?,
    })
}

/// Whether it is the frame pointer, and not the stack pointer.
fn is_frame_pointer(register: Register) -> Option<bool> {
    match register {
        X86_64::RSP => Some(false),
        X86_64::RBP => Some(true),
        _ => None,
    }
}

/// The offset of a saved register.
fn offset_of(row: &UnwindTableRow<usize, OnStack>, register: Register) -> Option<i64> {
    match row.register(register)? {
        RegisterRule::Offset(offset) => Some(offset),
        _ => None,
    }
}

/// The offset of the saved frame pointer; zero if it is not saved.
fn saved(row: &UnwindTableRow<usize, OnStack>) -> Option<i64> {
    match row.register(X86_64::RBP) {
        None | Some(RegisterRule::SameValue | RegisterRule::Undefined) => Some(0),
        Some(_) => offset_of(row, X86_64::RBP),
    }
}
