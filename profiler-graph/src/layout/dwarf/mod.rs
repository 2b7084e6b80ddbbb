//! Layouts from debug information, read when a type is asked for.
//!
//! | file | what it does |
//! |---|---|
//! | `source` | entries by their places, references between them |
//! | `entry`, `attributes` | one entry with its parts |
//! | `index` | namespaces and variables of a unit |
//! | `variables` | statics, thread-locals, vtables |
//! | `shape` | structures, unions, arrays |
//! | `variants` | enums and futures |
//! | `pointers` | references, `Box`, `Rc`, `Arc` |
//! | `leaves` | a structure as if it had no structures in it |
//! | `containers`, `tree` | containers of the standard library, by their leaves |

mod attributes;
mod containers;
mod entry;
mod index;
mod leaves;
mod pointers;
mod shape;
mod source;
// The programs say where their thread-locals are as Linux has them.
#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests;
mod tree;
mod variables;
mod variants;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use self::source::{Place, Source};
use super::{Layout, Layouts, Shape, TypeId, Variable};
use crate::debug::{DebugFiles, TypeEntry};

/// Types within types beyond this are not understood. Futures are deep, and damage is endless.
const DEEPEST: usize = 256;

/// The types that the debug information of the captured modules describes.
pub(crate) struct DwarfLayouts<'f, 'a> {
    source: Source<'f, 'a>,
    types: Vec<Known>,
    numbers: HashMap<Place, TypeId>,
    /// How many types are being read, each a part of the one before.
    depth: usize,
    globals: Option<Globals>,
    notes: BTreeSet<String>,
}

#[derive(Debug)]
enum Known {
    At(Place),
    /// Met again, it has itself as a part, which no type can have.
    Reading,
    Read(Arc<Layout>),
}

/// Entries outside of functions.
#[derive(Debug, Default)]
struct Globals {
    variables: Vec<Variable>,
    /// The type of each vtable, by its address in the process; read when somebody asks.
    vtables: HashMap<u64, Place>,
}

impl<'f, 'a> DwarfLayouts<'f, 'a> {
    pub(crate) fn new(files: &'f DebugFiles<'a>) -> Self {
        let (types, numbers, notes) = Default::default();
        Self { source: Source::new(files), types, numbers, depth: 0, globals: None, notes }
    }

    /// The type that an entry describes.
    pub(crate) fn type_at(&mut self, at: TypeEntry) -> TypeId {
        let TypeEntry { module, unit, entry } = at;
        self.id(Place { module: module as u32, unit: unit as u32, at: entry })
    }

    fn id(&mut self, place: Place) -> TypeId {
        let next = TypeId(self.types.len() as u32);
        let number = *self.numbers.entry(place).or_insert(next);
        if number == next {
            self.types.push(Known::At(place));
        }
        number
    }

    /// A type that has no entry of its own.
    fn made(&mut self, layout: Layout) -> TypeId {
        self.types.push(Known::Read(Arc::new(layout)));
        TypeId(self.types.len() as u32 - 1)
    }

    fn read(&mut self, place: Place) -> Arc<Layout> {
        self.depth += 1;
        let layout = match self.depth <= DEEPEST {
            true => self.shape_at(place),
            false => None,
        };
        self.depth -= 1;
        layout.unwrap_or_else(|| Arc::new(unknown()))
    }

    fn globals(&mut self) -> &Globals {
        if self.globals.is_none() {
            self.globals = Some(self.find_globals());
        }
        self.globals.get_or_insert_default()
    }

    /// Whether a word of a type may lead to a block.
    fn leads_anywhere(&mut self, kind: TypeId) -> bool {
        self.layout(kind).shape != Shape::Plain
    }
}

impl Layouts for DwarfLayouts<'_, '_> {
    fn layout(&mut self, kind: TypeId) -> Arc<Layout> {
        let Some(known) = self.types.get_mut(kind.0 as usize) else { return Arc::new(unknown()) };
        let place = match known {
            Known::Read(layout) => return layout.clone(),
            Known::Reading => return Arc::new(unknown()),
            Known::At(place) => *place,
        };
        *known = Known::Reading;
        let layout = self.read(place);
        self.types[kind.0 as usize] = Known::Read(layout.clone());
        layout
    }

    fn of_vtable(&mut self, address: u64) -> Option<TypeId> {
        let vtable = *self.globals().vtables.get(&address)?;
        self.of_vtable_type(vtable)
    }

    fn variables(&mut self) -> Vec<Variable> {
        self.globals().variables.clone()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.iter().cloned().collect()
    }
}

impl fmt::Debug for DwarfLayouts<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DwarfLayouts")
            .field("types", &self.types.len())
            .finish_non_exhaustive()
    }
}

/// Of what cannot be read.
fn unknown() -> Layout {
    Layout { name: "unknown".to_owned(), size: 0, align: 1, shape: Shape::Unknown }
}
