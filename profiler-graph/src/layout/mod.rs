//! Layouts of types, as far as pointers are concerned: plain data, from debug information or made by hand.

mod dwarf;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::dwarf::DwarfLayouts;

/// A type, by its number in a [`Layouts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeId(pub(crate) u32);

/// The layout of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Its whole name in the debug information: `alloc::vec::Vec<u8, alloc::alloc::Global>`.
    pub(crate) name: String,
    /// In bytes; of an unsized type, of the part that is known.
    pub(crate) size: u64,
    pub(crate) align: u64,
    pub(crate) shape: Shape,
}

/// Where pointers are in a type. All offsets are in bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No word of it leads anywhere: `f64`, `[u8; 64]`, `()`, pointers to functions.
    Plain,
    /// A number as long as a pointer, which may be an address: `usize`, `u64`, also in atomics.
    Number,
    /// Not understood: each word may lead to a block.
    Unknown,
    Pointer(Pointer),
    /// A structure, tuple, closure or union; fields may overlap in a union.
    Fields(Vec<Field>),
    Variants(Variants),
    Array {
        element: TypeId,
        count: u64,
    },
    Vec(Vector),
    Ring(Ring),
    Table(Table),
    Tree(Tree),
}

/// A pointer, in the first word of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) to: To,
    pub(crate) holds: Holds,
}

/// Where a pointer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// To nobody knows what.
    Unknown,
    One(TypeId),
    /// As many of these as the word behind the pointer says.
    Slice(TypeId),
    /// To the type whose vtable is behind the pointer: see [`Layouts::of_vtable`].
    Dyn,
}

/// The meaning of a pointer to the block that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// `Box`: alone.
    Owns,
    /// `Rc`, `Arc`: with others that are counted.
    Shares(Counts),
    /// `Weak`: it keeps the memory, and not the value.
    Weak(Counts),
    /// `&T`, `*const T`, `NonNull<T>`: nobody knows.
    Borrows,
}

/// Offsets in the memory of an `Rc` or `Arc`. The value of an unsized type lies at the next multiple of its
/// alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Counts {
    pub(crate) strong: u64,
    pub(crate) weak: u64,
    pub(crate) value: u64,
}

/// A part of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) offset: u64,
    pub(crate) kind: TypeId,
}

/// Alternatives, only one of which is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variants {
    /// Where the number is that chooses, and its size; `None` if there is one variant alone.
    pub(crate) discriminant: Option<(u64, u64)>,
    pub(crate) variants: Vec<Variant>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    /// Inclusive ranges of the number that choose it; empty: all that chooses no other.
    pub(crate) chosen_by: Vec<(u64, u64)>,
    pub(crate) fields: Vec<Field>,
}

/// `Vec<T>`, and `String` with `T = u8`: offsets of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vector {
    pub(crate) element: TypeId,
    pub(crate) pointer: u64,
    pub(crate) capacity: u64,
    pub(crate) length: u64,
}

/// `VecDeque<T>`: offsets of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) element: TypeId,
    pub(crate) pointer: u64,
    pub(crate) capacity: u64,
    pub(crate) head: u64,
    pub(crate) length: u64,
}

/// The table of `HashMap` and `HashSet`: offsets of its words. Element `i` ends `i` elements below the address in
/// `control`; it is there if the highest bit of byte `i` at that address is 0. There are `mask + 1` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) element: TypeId,
    pub(crate) control: u64,
    pub(crate) mask: u64,
    pub(crate) items: u64,
}

/// `BTreeMap` and `BTreeSet`: offsets of its words, and of those of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tree {
    /// A pointer to the highest node; 0 if there is none.
    pub(crate) root: u64,
    /// How many levels there are above the leaves.
    pub(crate) height: u64,
    pub(crate) length: u64,
    pub(crate) key: TypeId,
    pub(crate) value: TypeId,
    pub(crate) node: TreeNode,
}

/// A node: it has `length` keys and values. One above the leaves has `length + 1` pointers to nodes at `edges`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TreeNode {
    pub(crate) keys: u64,
    pub(crate) values: u64,
    /// Offset of a number of 16 bits.
    pub(crate) length: u64,
    pub(crate) edges: u64,
    /// Bytes of a leaf, and of a node above the leaves.
    pub(crate) sizes: (u64, u64),
}

/// A static or a thread-local variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// With the path of its module: `app::REGISTRY`.
    pub(crate) name: String,
    /// The module of the image that it is in.
    pub(crate) module: usize,
    /// Its address in the process; of a thread-local, its offset in the module's thread-local block.
    pub(crate) start: u64,
    pub(crate) is_thread_local: bool,
    pub(crate) kind: TypeId,
}

impl Variable {
    /// Its name; a thread-local is in a constant of its own name.
    pub(crate) fn short_name(&self) -> &str {
        self.name.split("::{").next().unwrap_or(&self.name)
    }
}

/// Types of a program.
pub(crate) trait Layouts: fmt::Debug {
    /// The layout of a type, which is read when it is asked for the first time.
    fn layout(&mut self, kind: TypeId) -> Arc<Layout>;

    /// The concrete type of a `dyn`, by the address of its vtable in the process.
    fn of_vtable(&mut self, address: u64) -> Option<TypeId>;

    /// All statics and thread-locals of which the type is known, in the order of modules and addresses.
    fn variables(&mut self) -> Vec<Variable>;

    /// Layouts that could not be understood, each as a sentence.
    fn notes(&self) -> Vec<String>;
}
