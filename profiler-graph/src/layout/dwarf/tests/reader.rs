//! Reads values by their layouts from memory that a program has printed.

use std::collections::HashMap;
use std::sync::Arc;

use super::program::Program;
use crate::debug::DebugFiles;
use crate::layout::{
    DwarfLayouts, Field, Layout, Layouts, Pointer, Shape, Table, To, Tree, TypeId, Variable, Vector,
};

pub(super) struct Reader<'p, 'f, 'a> {
    pub(super) layouts: DwarfLayouts<'f, 'a>,
    program: &'p Program,
    variables: HashMap<String, Variable>,
}

/// A part of a value that has no parts.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Names of fields and variants.
    pub(super) path: String,
    pub(super) start: u64,
    pub(super) layout: Arc<Layout>,
}

impl<'p, 'f, 'a> Reader<'p, 'f, 'a> {
    pub(super) fn new(program: &'p Program, files: &'f DebugFiles<'a>) -> Self {
        let mut layouts = DwarfLayouts::new(files);
        let variables = layouts.variables().into_iter();
        let variables = variables.filter(|variable| variable.name.starts_with("app::"));
        let last = |name: &str| name.rsplit("::").next().unwrap().to_owned();
        let variables = variables.map(|variable| (last(&variable.name), variable)).collect();
        Self { layouts, program, variables }
    }

    pub(super) fn variable(&self, name: &str) -> &Variable {
        self.variables.get(name).unwrap_or_else(|| panic!("there is no static `{name}`"))
    }

    pub(super) fn number(&self, start: u64, length: u64) -> u64 {
        let (block, bytes) = self.program.memory.range(..=start).next_back().unwrap();
        let from = (start - block) as usize;
        let bytes = bytes.get(from..from + length as usize);
        let bytes = bytes.unwrap_or_else(|| panic!("{start:#x} is in no memory"));
        bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    pub(super) fn word(&self, start: u64) -> u64 {
        self.number(start, 8)
    }

    /// The parts of a variable.
    pub(super) fn parts(&mut self, name: &str) -> Vec<Part> {
        let variable = self.variable(name).clone();
        self.parts_of(variable.kind, self.start(&variable))
    }

    pub(super) fn start(&self, variable: &Variable) -> u64 {
        let block = if variable.is_thread_local { self.program.thread_locals } else { 0 };
        block + variable.start
    }

    pub(super) fn parts_of(&mut self, kind: TypeId, start: u64) -> Vec<Part> {
        let mut parts = Vec::new();
        self.add_parts(kind, start, "", &mut parts);
        parts
    }

    fn add_parts(&mut self, kind: TypeId, start: u64, path: &str, parts: &mut Vec<Part>) {
        let layout = self.layouts.layout(kind);
        match &layout.shape {
            Shape::Fields(fields) => self.add_fields(fields, start, path, parts),
            Shape::Variants(variants) => {
                let number = variants
                    .discriminant
                    .map(|(offset, length)| self.number(start + offset, length));
                let is_chosen = |ranges: &[(u64, u64)]| {
                    ranges
                        .iter()
                        .any(|&(first, last)| number.is_some_and(|it| (first..=last).contains(&it)))
                };
                let all = &variants.variants;
                let chosen = all.iter().find(|variant| is_chosen(&variant.chosen_by));
                let chosen =
                    chosen.or_else(|| all.iter().find(|variant| variant.chosen_by.is_empty()));
                if let Some(chosen) = chosen {
                    self.add_fields(
                        &chosen.fields,
                        start,
                        &format!("{path}{}.", chosen.name),
                        parts,
                    );
                }
            }
            Shape::Array { element, count } => {
                let size = self.layouts.layout(*element).size;
                for index in 0..*count {
                    self.add_parts(
                        *element,
                        start + index * size,
                        &format!("{path}{index}."),
                        parts,
                    );
                }
            }
            Shape::Plain => {}
            _ => parts.push(Part { path: path.to_owned(), start, layout }),
        }
    }

    fn add_fields(&mut self, fields: &[Field], start: u64, path: &str, parts: &mut Vec<Part>) {
        for Field { name, offset, kind } in fields {
            self.add_parts(*kind, start + offset, &format!("{path}{name}."), parts);
        }
    }

    pub(super) fn vector(&mut self, name: &str) -> (u64, Vector) {
        let parts = self.parts(name);
        let found = parts.iter().find_map(|part| match part.layout.shape {
            Shape::Vec(vector) => Some((part.start, vector)),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no vector in {parts:?}"))
    }

    pub(super) fn pointer(&mut self, name: &str) -> (u64, Pointer) {
        let parts = self.parts(name);
        let found = parts.iter().find_map(|part| match part.layout.shape {
            Shape::Pointer(pointer) => Some((part.start, pointer)),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no pointer in {parts:?}"))
    }

    /// The layout of what a pointer leads to.
    pub(super) fn target(&mut self, start: u64, pointer: Pointer) -> (TypeId, Arc<Layout>) {
        let kind = match pointer.to {
            To::One(kind) | To::Slice(kind) => kind,
            To::Dyn => self.layouts.of_vtable(self.word(start + 8)).expect("a known vtable"),
            To::Unknown => panic!("a pointer to nobody knows what"),
        };
        (kind, self.layouts.layout(kind))
    }

    /// Where the fields are of all elements of a table.
    pub(super) fn table(&mut self, start: u64, table: Table) -> Vec<u64> {
        let (control, mask) = (self.word(start + table.control), self.word(start + table.mask));
        let size = self.layouts.layout(table.element).size;
        let mut places = Vec::new();
        for index in 0..=mask {
            if self.number(control + index, 1) & 0x80 == 0 {
                let Shape::Fields(fields) = &self.layouts.layout(table.element).shape else {
                    panic!()
                };
                places
                    .extend(fields.iter().map(|field| control - (index + 1) * size + field.offset));
            }
        }
        places
    }

    /// Where keys and values of a tree are, in their order.
    pub(super) fn tree(&mut self, start: u64, tree: Tree) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let (root, height) = (self.word(start + tree.root), self.word(start + tree.height));
        if root != 0 {
            self.add_node(root, height, tree, &mut found);
        }
        assert_eq!(self.word(start + tree.length), found.len() as u64);
        found
    }

    fn add_node(&mut self, node: u64, height: u64, tree: Tree, found: &mut Vec<(u64, u64)>) {
        let sizes = [tree.key, tree.value].map(|kind| self.layouts.layout(kind).size);
        let length = self.number(node + tree.node.length, 2);
        for index in 0..=length {
            if height > 0 {
                let child = self.word(node + tree.node.edges + 8 * index);
                self.add_node(child, height - 1, tree, found);
            }
            if index < length {
                let key = node + tree.node.keys + index * sizes[0];
                found.push((key, node + tree.node.values + index * sizes[1]));
            }
        }
    }
}
