//! Counters with one writer and any number of readers.

use core::fmt;
use core::sync::atomic::{
    AtomicI64, AtomicPtr,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// A 64-bit counter that one thread writes and any thread may read.
///
/// Relaxed loads and stores compile to plain moves: there is no lock prefix and no shared
/// read-modify-write, which is what made contended counters 28 times slower.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Word(AtomicI64);

impl Word {
    /// A counter that begins with this value.
    pub const fn new(value: i64) -> Self {
        Self(AtomicI64::new(value))
    }

    /// The value.
    #[inline(always)]
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    /// Sets the value. Only the writer may call it.
    #[inline(always)]
    pub fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    /// The value, and what was written before it was [published](Self::publish).
    pub(crate) fn acquire(&self) -> i64 {
        self.0.load(Acquire)
    }

    /// Sets the value, behind all that was written before.
    pub(crate) fn publish(&self, value: i64) {
        self.0.store(value, Release);
    }

    /// Sets the value where it still is `old`.
    pub(crate) fn set_if(&self, old: i64, new: i64) {
        let _ = self.0.compare_exchange(old, new, Relaxed, Relaxed);
    }

    /// Sets the value where it still is zero, and what is behind it is the caller's; else says what it is.
    pub(crate) fn claim(&self, value: i64) -> Option<i64> {
        self.0.compare_exchange(0, value, AcqRel, Acquire).err()
    }

    /// Sets these bits, behind all that was written before, where there are several writers. Returns the value before.
    pub(crate) fn set_bits(&self, bits: i64) -> i64 {
        self.0.fetch_or(bits, AcqRel)
    }

    /// Adds and returns the new value. Not atomic as a whole: only the writer may call it, where no signal
    /// handler adds to the same word. `add_at_once!` changes a word that a handler may add to.
    #[inline(always)]
    pub fn add(&self, change: i64) -> i64 {
        let value = self.get().wrapping_add(change);
        self.set(value);
        value
    }

    /// Adds, also where there are several writers.
    #[inline(always)]
    pub(crate) fn add_shared(&self, change: i64) {
        self.0.fetch_add(change, Relaxed);
    }

    /// Keeps the larger of the two.
    #[inline(always)]
    pub fn raise(&self, value: i64) {
        if value > self.get() {
            self.set(value);
        }
    }

    /// The same, where there are several writers.
    pub(crate) fn raise_shared(&self, value: i64) {
        self.0.fetch_max(value, Relaxed);
    }
}

/// Adds to a [`Word`] that is a field, so that a signal handler on the same thread, which may add to it
/// too, comes before or after it, never in between: by one instruction. As with [`Word::add`] there is one
/// thread that writes. `const` stands before a change that is a constant.
///
/// The compiler makes the same of a load and a store, but only where it optimises and nobody asks for the
/// sum.
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))]
macro_rules! add_at_once {
    ($words:expr, $type:ty, $field:ident, const $change:expr) => {{
        let words: &$type = $words;
        let _: &$crate::record::sync::word::Word = &words.$field;
        // SAFETY: this changes the word, an atomic that only this thread writes, and nothing else.
        unsafe {
            core::arch::asm!(
                "add qword ptr [{words} + {field}], {change}",
                words = in(reg) core::ptr::from_ref(words),
                field = const core::mem::offset_of!($type, $field),
                change = const $change,
                options(nostack),
            );
        }
    }};
    ($words:expr, $type:ty, $field:ident, $change:expr) => {{
        let words: &$type = $words;
        let _: &$crate::record::sync::word::Word = &words.$field;
        let change: i64 = $change;
        // SAFETY: as above.
        unsafe {
            core::arch::asm!(
                "add qword ptr [{words} + {field}], {change}",
                words = in(reg) core::ptr::from_ref(words),
                field = const core::mem::offset_of!($type, $field),
                change = in(reg) change,
                options(nostack),
            );
        }
    }};
}

/// The same where no such instruction is known: as if other threads wrote too.
#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri))))]
macro_rules! add_at_once {
    ($words:expr, $type:ty, $field:ident, const $change:expr) => {
        add_at_once!($words, $type, $field, $change)
    };
    ($words:expr, $type:ty, $field:ident, $change:expr) => {{
        let words: &$type = $words;
        words.$field.add_shared($change);
    }};
}

/// Whether a number is below (`"jl"`), above (`"jg"`), not below (`"jge"`) or not the same as (`"jne"`) a [`Word`]
/// that is a field. Not below: what was written before the word was published is seen if it is.
/// `const` stands before a number that is a constant.
///
/// PERF: the compiler folds no atomic load into a comparison: one each of 17 instructions of an
/// allocation and its free (cost bench).
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))]
macro_rules! compare {
    (const $value:expr, $jump:literal, $words:expr, $type:ty, $field:ident) => {
        'compared: {
            let words: &$type = $words;
            let _: &$crate::record::sync::word::Word = &words.$field;
            // SAFETY: as below.
            unsafe {
                core::arch::asm!(
                    "cmp qword ptr [{words} + {field}], {value}",
                    concat!($jump, " {beyond}"),
                    value = const $value,
                    words = in(reg) core::ptr::from_ref(words),
                    field = const core::mem::offset_of!($type, $field),
                    beyond = label { break 'compared true },
                    options(nostack, readonly),
                );
            }
            false
        }
    };
    ($value:expr, $jump:literal, $words:expr, $type:ty, $field:ident) => {
        'compared: {
            let (value, words): (i64, &$type) = ($value, $words);
            let _: &$crate::record::sync::word::Word = &words.$field;
            // SAFETY: this reads a word of this process, as an atomic load does, and touches nothing else.
            unsafe {
                core::arch::asm!(
                    "cmp {value}, qword ptr [{words} + {field}]",
                    concat!($jump, " {beyond}"),
                    value = in(reg) value,
                    words = in(reg) core::ptr::from_ref(words),
                    field = const core::mem::offset_of!($type, $field),
                    beyond = label { break 'compared true },
                    options(nostack, readonly),
                );
            }
            false
        }
    };
}

/// The same where no such instruction is known.
#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri))))]
macro_rules! compare {
    (const $value:expr, "jne", $words:expr, $type:ty, $field:ident) => {
        compare!($value, "jne", $words, $type, $field)
    };
    ($value:expr, "jne", $words:expr, $type:ty, $field:ident) => {{
        let words: &$type = $words;
        words.$field.get() != $value
    }};
    ($value:expr, "jge", $words:expr, $type:ty, $field:ident) => {{
        let words: &$type = $words;
        $value >= words.$field.acquire()
    }};
    ($value:expr, "jl", $words:expr, $type:ty, $field:ident) => {{
        let words: &$type = $words;
        $value < words.$field.get()
    }};
    ($value:expr, "jg", $words:expr, $type:ty, $field:ident) => {{
        let words: &$type = $words;
        $value > words.$field.get()
    }};
}

/// A pointer that takes a word, on every system.
#[repr(C, align(8))]
pub(crate) struct Pointer<T> {
    pointer: AtomicPtr<T>,
    #[cfg(target_pointer_width = "32")]
    _high: u32,
}

impl<T> Pointer<T> {
    pub(crate) const fn new(pointer: *mut T) -> Self {
        Self {
            pointer: AtomicPtr::new(pointer),
            #[cfg(target_pointer_width = "32")]
            _high: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> *mut T {
        self.pointer.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, pointer: *mut T) {
        self.pointer.store(pointer, Relaxed);
    }

    /// The pointer, and what was written before it was [published](Self::publish).
    #[inline(always)]
    pub(crate) fn acquire(&self) -> *mut T {
        self.pointer.load(Acquire)
    }

    /// Sets the pointer, behind all that was written before.
    pub(crate) fn publish(&self, pointer: *mut T) {
        self.pointer.store(pointer, Release);
    }
}

impl<T> fmt::Debug for Pointer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pointer.fmt(formatter)
    }
}

/// Added to an aligned address, to mark one of two cases in a comparison that is made anyway.
pub(crate) const MARK: usize = 1;

pub(crate) fn marked<T>(pointer: *mut T) -> *mut T {
    pointer.map_addr(|address| address | MARK)
}

pub(crate) fn unmarked<T>(pointer: *mut T) -> *mut T {
    pointer.map_addr(|address| address & !MARK)
}
