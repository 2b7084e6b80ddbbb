//! Memory of the copy: it grows, and is never given back.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;

use mem_profile_runtime::internal::capture;

use crate::system::PAGE;

const FIRST: usize = 16 * PAGE;

/// Elements in memory of their own.
pub(super) struct Room<T> {
    start: NonNull<T>,
    length: usize,
    bytes: usize,
    elements: PhantomData<T>,
}

impl<T: Copy> Room<T> {
    /// Without an element.
    pub(super) fn new() -> Result<Self, i32> {
        Self::reserve(FIRST)
    }

    fn reserve(bytes: usize) -> Result<Self, i32> {
        let start = capture::memory(bytes)?.cast();
        Ok(Self { start, length: 0, bytes, elements: PhantomData })
    }

    /// So many elements, of zeroes.
    ///
    /// # Safety
    /// Zeroes are a valid element.
    pub(super) unsafe fn zeroes(length: usize) -> Result<Self, i32> {
        let bytes = (length * size_of::<T>()).next_multiple_of(PAGE).max(PAGE);
        Ok(Self { length, ..Self::reserve(bytes)? })
    }

    /// Adds an element.
    #[inline(always)]
    pub(super) fn push(&mut self, element: T) -> Result<(), i32> {
        if (self.length + 1) * size_of::<T>() > self.bytes {
            self.grow()?;
        }
        // SAFETY: there is room for it.
        unsafe { self.start.add(self.length).write(element) };
        self.length += 1;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> Result<(), i32> {
        let bytes = 2 * self.bytes;
        // SAFETY: it was made with so many bytes, and whoever borrows an element borrows the room.
        self.start = unsafe { capture::grow_memory(self.start.cast(), self.bytes, bytes) }?.cast();
        self.bytes = bytes;
        Ok(())
    }

    /// The elements.
    pub(super) fn get(&self) -> &[T] {
        // SAFETY: so many were written, or are zeroes that are valid.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The elements.
    pub(super) fn get_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and borrowed alone.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// Removes elements from the end.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_when_it_grows() {
        let mut room = Room::new().unwrap();
        (0..100_000_u64).for_each(|number| room.push([number, number * 2]).unwrap());
        assert_eq!(room.get().len(), 100_000);
        assert!(
            room.get().iter().zip(0..).all(|(&element, number)| element == [number, number * 2])
        );
        // SAFETY: zero is a number.
        let zeroes = unsafe { Room::<u32>::zeroes(3000) }.unwrap();
        assert!(zeroes.get().len() == 3000 && zeroes.get().iter().all(|&number| number == 0));
    }
}
