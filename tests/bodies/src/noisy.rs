//! Values that write to the trace when they are made and dropped.

use crate::trace::{Event, flip, push};
use std::thread;

/// Owns memory, and writes to the trace when it is made and dropped.
#[derive(Debug)]
pub struct Noisy {
    number: u32,
    fragile: bool,
    bytes: Vec<u8>,
}

/// The bytes that the value with this number owns.
pub(crate) fn size(number: u32) -> u64 {
    u64::from(8 + number % 57)
}

impl Noisy {
    /// Makes one.
    pub fn new(number: u32) -> Self {
        push(Event::Made(number));
        Self { number, fragile: false, bytes: exact::bytes(size(number) as usize) }
    }

    /// Makes one that owns no memory.
    pub(crate) fn weightless(number: u32) -> Self {
        Self { number, fragile: false, bytes: Vec::new() }
    }

    /// Makes one whose drop may panic.
    pub fn fragile(number: u32) -> Self {
        let mut made = Self::new(number);
        made.fragile = true;
        made
    }

    /// Makes one, or none.
    pub fn held(number: u32) -> Option<Self> {
        flip().then(|| Self::new(number))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.number ^ (self.bytes.len() as u32)
    }

    /// Its number, or nothing.
    pub fn some(&self) -> Option<u32> {
        flip().then_some(self.number)
    }

    /// A guard that borrows from it.
    pub fn view(&self) -> View<'_> {
        View(self)
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        push(Event::Dropped(self.number));
        if self.fragile && !thread::panicking() && flip() {
            panic!("{} was fragile", self.number);
        }
    }
}

/// A borrow with a destructor.
#[derive(Debug)]
pub struct View<'a>(&'a Noisy);

impl View<'_> {
    /// The number of its owner.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        push(Event::Returned(self.0.number));
    }
}
