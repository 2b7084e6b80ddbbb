//! One rule, read from the call-frame information that the linker puts beside every program for
//! unwinding. On the stack alone: this runs inside the allocator.

use gimli::{
    CfaRule, ReaderOffset, Register, RegisterRule, UnwindContext, UnwindContextStorage,
    UnwindTableRow, X86_64,
};

use super::step::Rule;
use crate::trace::unwind::entry::{self, Entry};

/// Room for the registers that calls preserve, on a stack that may be a small one.
struct OnStack;

impl<T: ReaderOffset> UnwindContextStorage<T> for OnStack {
    type Rules = [(Register, RegisterRule<T>); 20];
    type Stack = [UnwindTableRow<T, Self>; 3];
}

/// The rule of the code at `address`.
pub(super) fn rule(address: usize) -> Rule {
    parse(address).unwrap_or(Rule::Unknown)
}

fn parse(address: usize) -> Option<Rule> {
    let Entry { entry, frames, bases } = entry::find(address)?;
    if entry.is_signal_trampoline() {
        return Some(Rule::Signal);
    }
    let mut context = UnwindContext::<usize, OnStack>::new_in();
    let row = entry.unwind_info_for_address(&frames, &bases, &mut context, address as u64).ok()?;
    of_row(row)
}

fn of_row<T: ReaderOffset>(row: &UnwindTableRow<T, OnStack>) -> Option<Rule> {
    match row.register(X86_64::RA) {
        Some(RegisterRule::Undefined) => return Some(Rule::Begin),
        Some(RegisterRule::Offset(-8)) => {}
        _ => return None,
    }
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let by_frame_pointer = match *register {
        X86_64::RSP => false,
        X86_64::RBP => true,
        _ => return None,
    };
    let saved = match row.register(X86_64::RBP) {
        None | Some(RegisterRule::SameValue | RegisterRule::Undefined) => 0,
        Some(RegisterRule::Offset(offset)) => i32::try_from(offset).ok()?,
        Some(_) => return None,
    };
    Some(Rule::Frame { by_frame_pointer, offset: i32::try_from(*offset).ok()?, saved })
}
