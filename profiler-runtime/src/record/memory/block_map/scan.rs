//! The search for words that are not zero.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Words that are looked at together: a cache line.
const LINE: usize = 16;

/// How many words at the beginning are zero.
///
/// PERF: most words of a heap with few blocks are zero. 12 → 5 ms for 270 MiB of it by lines, and 2.5 → 2.0 ms by
/// `is_empty` as it is.
pub(super) fn empty_words(words: &[AtomicU32]) -> usize {
    let lines = words.as_chunks::<LINE>().0;
    let empty = lines.iter().take_while(|line| is_empty(line)).count() * LINE;
    let rest = words.get(empty..).unwrap_or_default();
    empty + rest.iter().take_while(|word| word.load(Relaxed) == 0).count()
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
fn is_empty(line: &[AtomicU32; LINE]) -> bool {
    let equal: u32;
    // SAFETY: reads the words of the line, and none is torn, since they are aligned; writes nothing. The compiler
    // would not join loads of atomic words. What is fetched ahead, a page, may be anywhere.
    unsafe {
        core::arch::asm!(
            "prefetcht0 [{line} + 4096]",
            "movdqu {first}, [{line}]",
            "movdqu {word}, [{line} + 16]",
            "por {first}, {word}",
            "movdqu {word}, [{line} + 32]",
            "movdqu {last}, [{line} + 48]",
            "por {word}, {last}",
            "por {first}, {word}",
            "pxor {word}, {word}",
            "pcmpeqb {first}, {word}",
            "pmovmskb {equal:e}, {first}",
            line = in(reg) line,
            first = out(xmm_reg) _,
            word = out(xmm_reg) _,
            last = out(xmm_reg) _,
            equal = out(reg) equal,
            options(readonly, nostack, preserves_flags),
        );
    }
    equal == 0xffff
}

#[cfg(any(not(target_arch = "x86_64"), miri))]
fn is_empty(line: &[AtomicU32; LINE]) -> bool {
    line.iter().fold(0, |all, word| all | word.load(Relaxed)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_bit_ends_the_empty_words() {
        let words = [const { AtomicU32::new(0) }; 70];
        assert_eq!(empty_words(&words), 70);
        for (index, word) in words.iter().enumerate() {
            for bit in 0..u32::BITS {
                word.store(1 << bit, Relaxed);
                let starts = 0..=index;
                assert!(
                    starts.into_iter().all(|start| empty_words(&words[start..]) == index - start)
                );
            }
            word.store(0, Relaxed);
        }
    }
}
