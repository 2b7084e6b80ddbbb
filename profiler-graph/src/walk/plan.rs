//! Plans of types: their layouts, flattened, without parts that lead nowhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::layout::{
    Field, Layout, Layouts, Pointer, Ring, Shape, Table, Tree, TypeId, Variant, Variants, Vector,
};

/// A type whose parts have at most this many parts has them as its own.
const FEW: usize = 4;
/// Types within types beyond this are scanned word by word: no compiler makes such.
const DEEPEST: usize = 200;

/// Containers that are made of other ones.
const CONTAINERS: [&str; 8] =
    ["BTreeSet", "BinaryHeap", "CString", "HashMap", "HashSet", "OsString", "PathBuf", "String"];

/// The parts of a value that may lead to blocks.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) layout: Arc<Layout>,
    /// Empty if no word of it leads anywhere.
    pub(crate) parts: Vec<Part>,
}

/// A part of a value.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) offset: u64,
    /// Its own type.
    pub(crate) kind: TypeId,
    pub(crate) what: What,
}

/// The kind of a part.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// So many bytes whose words may lead anywhere.
    Bytes(u64),
    Pointer(Pointer),
    Vec(Vector),
    Ring(Ring),
    Table(Table),
    Tree(Tree),
    /// Values of another type, side by side.
    Repeat(Arc<Plan>, u64),
    Choice(Arc<Choice>),
}

/// Parts of which only those are there that a number chooses.
#[derive(Debug)]
pub(crate) struct Choice {
    /// Where the number is, and its size.
    pub(crate) discriminant: (u64, u64),
    /// Bytes of all.
    pub(crate) size: u64,
    pub(crate) branches: Vec<Branch>,
}

/// One of the alternatives.
#[derive(Debug)]
pub(crate) struct Branch {
    /// Inclusive ranges of the number; none for all other numbers.
    pub(crate) chosen_by: Vec<(u64, u64)>,
    pub(crate) parts: Vec<Part>,
}

/// The plans of types, made when they are asked for.
#[derive(Debug)]
pub(crate) struct Plans<'a> {
    pub(crate) layouts: &'a mut dyn Layouts,
    pub(crate) known: HashMap<TypeId, Arc<Plan>>,
}

impl<'a> Plans<'a> {
    pub(crate) fn new(layouts: &'a mut dyn Layouts) -> Self {
        Self { layouts, known: HashMap::new() }
    }

    /// The plan of a type.
    pub(crate) fn of(&mut self, kind: TypeId) -> Arc<Plan> {
        self.within(kind, 0)
    }

    fn within(&mut self, kind: TypeId, depth: usize) -> Arc<Plan> {
        if let Some(plan) = self.known.get(&kind) {
            return plan.clone();
        }
        let layout = self.layouts.layout(kind);
        // A type that has itself as a part would be endless, and is scanned word by word.
        let unknown = vec![Part { offset: 0, kind, what: What::Bytes(layout.size) }];
        let placeholder = Arc::new(Plan { layout: layout.clone(), parts: unknown });
        self.known.insert(kind, placeholder.clone());
        if depth > DEEPEST {
            return placeholder;
        }
        let parts = self.parts(kind, &layout, depth + 1);
        let plan = Arc::new(Plan { layout, parts });
        self.known.insert(kind, plan.clone());
        plan
    }

    fn parts(&mut self, kind: TypeId, layout: &Layout, depth: usize) -> Vec<Part> {
        let what = match &layout.shape {
            Shape::Plain => return Vec::new(),
            Shape::Fields(fields) => {
                let mut parts = self.fields(fields, depth);
                if is_container(&layout.name) {
                    parts.iter_mut().for_each(|part| part.kind = kind);
                }
                return parts;
            }
            Shape::Variants(variants) => return self.variants(kind, variants, layout.size, depth),
            Shape::Array { element, count } => {
                let element = self.within(*element, depth);
                match element.parts[..] {
                    [] => return Vec::new(),
                    [Part { offset: 0, what: What::Bytes(8), .. }] if element.layout.size == 8 => {
                        What::Bytes(count.saturating_mul(8))
                    }
                    _ => What::Repeat(element, *count),
                }
            }
            Shape::Number | Shape::Unknown => What::Bytes(layout.size),
            Shape::Pointer(pointer) => What::Pointer(*pointer),
            Shape::Vec(vector) => What::Vec(*vector),
            Shape::Ring(ring) => What::Ring(*ring),
            Shape::Table(table) => What::Table(*table),
            Shape::Tree(tree) => What::Tree(*tree),
        };
        vec![Part { offset: 0, kind, what }]
    }

    fn fields(&mut self, fields: &[Field], depth: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        for field in fields {
            let plan = self.within(field.kind, depth);
            if plan.parts.len() > FEW {
                // Else a type that is used often would be there as often.
                parts.push(Part {
                    offset: field.offset,
                    kind: field.kind,
                    what: What::Repeat(plan, 1),
                });
                continue;
            }
            parts.extend(plan.parts.iter().map(|part| Part {
                offset: field.offset.saturating_add(part.offset),
                kind: part.kind,
                what: part.what.clone(),
            }));
        }
        parts
    }

    fn variants(
        &mut self,
        kind: TypeId,
        variants: &Variants,
        size: u64,
        depth: usize,
    ) -> Vec<Part> {
        let branch = |variant: &Variant| Branch {
            chosen_by: variant.chosen_by.clone(),
            parts: self.fields(&variant.fields, depth),
        };
        let mut branches: Vec<_> = variants.variants.iter().map(branch).collect();
        if branches.iter().all(|branch| branch.parts.is_empty()) {
            return Vec::new();
        }
        match variants.discriminant {
            None if branches.len() == 1 => branches.remove(0).parts,
            Some(discriminant @ (_, 1..=8)) => {
                let choice = Choice { discriminant, size, branches };
                vec![Part { offset: 0, kind, what: What::Choice(Arc::new(choice)) }]
            }
            _ => vec![Part { offset: 0, kind, what: What::Bytes(size) }],
        }
    }
}

/// Whether a type is a container by another one: a `String` by a `Vec`, a `HashMap` by a table.
fn is_container(name: &str) -> bool {
    let path = name.split('<').next().unwrap_or(name);
    let is_known = ["alloc::", "std::", "hashbrown::"].iter().any(|start| path.starts_with(start));
    is_known && CONTAINERS.contains(&path.rsplit("::").next().unwrap_or(path))
}
