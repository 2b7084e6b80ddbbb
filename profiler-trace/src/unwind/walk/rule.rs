//! How to get from the code at one address to its caller, as one word.

/// The rule of the call-frame information for one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The caller's frame starts `offset` above the stack pointer or the frame pointer. The frame
    /// pointer is saved at `saved` from there, where that is not zero.
    Frame { by_frame_pointer: bool, offset: i32, saved: i32 },
    /// The caller's frame is on another stack. A word of this one, at `link` above the stack pointer or
    /// the frame pointer, says where: `offset` below its start. From there lie the return address, at
    /// `address`, and the frame pointer, at `saved`, where that is not zero.
    Linked { by_frame_pointer: bool, link: i16, offset: i16, address: i16, saved: i16 },
    /// The kernel put a signal handler on the stack, with the registers that it interrupted.
    Signal,
    /// A thread begins here.
    StackEnd,
    /// There is no information, or it is of a kind that compiled code hardly ever needs.
    Unknown,
}

const STACK_END: u64 = 1;
const UNKNOWN: u64 = 2;
const SIGNAL: u64 = 3;
const BY_STACK_POINTER: u64 = 4;
const BY_FRAME_POINTER: u64 = 5;
const LINKED_BY_STACK_POINTER: u64 = 6;
const LINKED_BY_FRAME_POINTER: u64 = 7;
const KIND: u64 = 0xf;
const SAVED_BITS: u32 = 28;

impl Rule {
    /// Never zero.
    pub(super) fn pack(self) -> u64 {
        match self {
            Self::StackEnd => STACK_END,
            Self::Unknown => UNKNOWN,
            Self::Signal => SIGNAL,
            Self::Frame { by_frame_pointer, offset, saved } => {
                if saved >> (SAVED_BITS - 1) != 0 && saved >> (SAVED_BITS - 1) != -1 {
                    return UNKNOWN;
                }
                let kind = if by_frame_pointer { BY_FRAME_POINTER } else { BY_STACK_POINTER };
                let saved = (saved as u32 & ((1 << SAVED_BITS) - 1)) << 4;
                kind | u64::from(saved) | u64::from(offset as u32) << 32
            }
            Self::Linked { by_frame_pointer, link, offset, address, saved } => {
                let kind = if by_frame_pointer {
                    LINKED_BY_FRAME_POINTER
                } else {
                    LINKED_BY_STACK_POINTER
                };
                let parts = [link, offset, address, saved].map(|part| part as u16);
                // Words are aligned: the lowest bit of each part leaves room for the kind.
                if parts.iter().any(|part| part % 2 != 0) {
                    return UNKNOWN;
                }
                let packed = parts.iter().rfold(0, |all, &part| all << 15 | u64::from(part >> 1));
                packed << 4 | kind
            }
        }
    }

    #[inline(always)]
    pub(super) fn unpack(packed: u64) -> Self {
        match packed & KIND {
            BY_STACK_POINTER | BY_FRAME_POINTER => Self::Frame {
                by_frame_pointer: packed & KIND == BY_FRAME_POINTER,
                offset: (packed >> 32) as i32,
                // The upper bit is the sign.
                saved: packed as i32 >> (32 - SAVED_BITS),
            },
            LINKED_BY_STACK_POINTER | LINKED_BY_FRAME_POINTER => {
                let part = |index: u32| ((packed >> (4 + 15 * index)) as u16) << 1;
                let [link, offset, address, saved] = [0, 1, 2, 3].map(|index| part(index) as i16);
                let by_frame_pointer = packed & KIND == LINKED_BY_FRAME_POINTER;
                Self::Linked { by_frame_pointer, link, offset, address, saved }
            }
            STACK_END => Self::StackEnd,
            SIGNAL => Self::Signal,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_fit_into_a_word() {
        for by_frame_pointer in [false, true] {
            for (offset, saved) in [(8, 0), (16, -16), (1 << 30, -56), (8, -(1 << 27)), (-8, 8)] {
                let rule = Rule::Frame { by_frame_pointer, offset, saved };
                assert_eq!(Rule::unpack(rule.pack()), rule);
            }
        }
        for rule in [Rule::StackEnd, Rule::Signal, Rule::Unknown] {
            assert_eq!(Rule::unpack(rule.pack()), rule);
        }
        for by_frame_pointer in [false, true] {
            for [link, offset, address, saved] in
                [[0, 24, -16, -24], [i16::MIN, -8, i16::MAX - 1, 0]]
            {
                let rule = Rule::Linked { by_frame_pointer, link, offset, address, saved };
                assert_eq!(Rule::unpack(rule.pack()), rule);
            }
        }
        let far = Rule::Frame { by_frame_pointer: false, offset: 8, saved: -(1 << 28) };
        assert_eq!(Rule::unpack(far.pack()), Rule::Unknown);
    }
}
