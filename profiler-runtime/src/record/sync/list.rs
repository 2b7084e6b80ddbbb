//! An insert-only, lock-free list of nodes that live for ever.

use core::ptr;

use super::atomics::{AtomicPtr, Ordering};

/// A node knows its successor.
pub trait Node: Sized + 'static {
    /// Where the successor is kept.
    fn next(&self) -> &AtomicPtr<Self>;
}

/// Nodes are pushed at the front and never taken out one by one, so neither walking nor pushing can meet
/// a node that was freed or reused.
#[derive(Debug)]
#[repr(transparent)]
pub struct List<T: Node> {
    head: AtomicPtr<T>,
}

impl<T: Node> List<T> {
    /// The list that begins with `head`; empty where that is null.
    pub const fn new(head: AtomicPtr<T>) -> Self {
        Self { head }
    }

    /// Puts `node` in front. A node may be pushed once.
    pub fn push(&self, node: &'static T) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            node.next().store(head, Ordering::Relaxed);
            let new = ptr::from_ref(node).cast_mut();
            // Release: whoever sees the node sees what was written to it before.
            match self.head.compare_exchange_weak(head, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(current) => head = current,
            }
        }
    }

    /// Takes all out. Only in a forked child, which has no other threads: what lay in a file may be nodes
    /// no more.
    pub(crate) fn clear(&self) {
        self.head.store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// The nodes, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &'static T> + use<T> {
        Self::iter_at(self.head.load(Ordering::Acquire))
    }

    /// The nodes from this one on.
    pub(crate) fn iter_from(&self, node: &'static T) -> impl Iterator<Item = &'static T> + use<T> {
        Self::iter_at(ptr::from_ref(node).cast_mut())
    }

    fn iter_at(mut node: *mut T) -> impl Iterator<Item = &'static T> + use<T> {
        core::iter::from_fn(move || {
            // SAFETY: `push` only ever stores pointers made from `&'static T`.
            let current: &'static T = unsafe { node.as_ref() }?;
            node = current.next().load(Ordering::Acquire);
            Some(current)
        })
    }
}
