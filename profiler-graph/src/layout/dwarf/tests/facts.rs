//! Compares a program's own facts with its debug information.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::program::Program;
use super::reader::Reader;
use crate::debug::DebugFiles;
use crate::layout::{Holds, Layouts, Shape, To};

pub(super) fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// The differences, a line each.
pub(super) fn check(program: &Program, files: &DebugFiles<'_>) -> Vec<String> {
    let mut reader = Reader::new(program, files);
    let mut wrong = Vec::new();
    for fact in &program.facts {
        let fact: Vec<_> = fact.iter().map(String::as_str).collect();
        let checked = catch_unwind(AssertUnwindSafe(|| one(&mut reader, &fact)));
        if let Err(reason) = checked {
            let reason = reason.downcast::<String>().map_or_else(|_| "panic".to_owned(), |it| *it);
            wrong.push(format!("{}: {reason}", fact.join(" ")));
        }
    }
    wrong.extend(reader.layouts.notes());
    wrong
}

fn one(reader: &mut Reader<'_, '_, '_>, fact: &[&str]) {
    let (name, rest) = (fact[1], &fact[2..]);
    let numbers = || rest.iter().map(|text| number(text)).collect::<Vec<_>>();
    match fact[0] {
        "vec" => vector(reader, name, &numbers()),
        "ring" => ring(reader, name, &numbers()),
        "table" => table(reader, name, &numbers()),
        "tree" => tree(reader, name, &numbers()),
        "list" => list(reader, name, &numbers()[1..]),
        "counted" => counted(reader, name, &numbers()),
        "length" => length(reader, name, &numbers()),
        "dyn" => dynamic(reader, name, rest),
        "pointer" => pointer(reader, name, rest),
        "field" => field(reader, name, rest),
        "fields" => fields(reader, name, rest),
        "shape" => shape(reader, name, rest[0]),
        "variant" => variant(reader, name, rest),
        "captured" => captured(reader, name, rest),
        "future" => future(reader, name, &numbers()),
        "thread_local" => thread_local(reader, name, numbers()[0]),
        other => panic!("nobody knows how to check {other}"),
    }
}

fn vector(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let (start, vector) = reader.vector(name);
    let words = [vector.pointer, vector.capacity, vector.length].map(|at| reader.word(start + at));
    let size = reader.layouts.layout(vector.element).size;
    assert_eq!([&words[..], &[size]].concat(), said);
}

fn ring(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let parts = reader.parts(name);
    let Shape::Ring(ring) = parts[0].layout.shape else { panic!("{parts:?}") };
    let words = [ring.pointer, ring.capacity, ring.head, ring.length];
    let words = words.map(|at| reader.word(parts[0].start + at));
    let size = reader.layouts.layout(ring.element).size;
    assert_eq!([&words[..], &[size]].concat(), said);
}

fn table(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let parts = reader.parts(name);
    let found = parts.iter().find_map(|part| match part.layout.shape {
        Shape::Table(table) => Some((part.start, table)),
        _ => None,
    });
    let (start, table) = found.unwrap_or_else(|| panic!("no table in {parts:?}"));
    assert_eq!(reader.word(start + table.items), said[0]);
    let mut places = reader.table(start, table);
    let mut expected = said[1..].to_vec();
    places.sort_unstable();
    expected.sort_unstable();
    assert_eq!(places, expected);
}

fn tree(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let parts = reader.parts(name);
    let Shape::Tree(tree) = parts[0].layout.shape else { panic!("{parts:?}") };
    let found = reader.tree(parts[0].start, tree);
    assert_eq!(found.len() as u64, said[0]);
    for (&(key, value), said) in found.iter().zip(said[1..].chunks(2)) {
        assert_eq!(key, said[0]);
        assert!(value == said[1] || said[1] == 0);
    }
}

fn list(reader: &mut Reader<'_, '_, '_>, name: &str, elements: &[u64]) {
    let mut parts = reader.parts(name);
    for (index, element) in elements.iter().enumerate() {
        let wanted = if index == 0 { ".head." } else { "next." };
        let link = parts.iter().find(|part| part.path.contains(wanted));
        let link = link.unwrap_or_else(|| panic!("no {wanted} in {parts:?}"));
        let Shape::Pointer(pointer) = link.layout.shape else { panic!("{link:?}") };
        let (node, (kind, _)) = (reader.word(link.start), reader.target(link.start, pointer));
        parts = reader.parts_of(kind, node);
        let found = parts.iter().find(|part| part.path.starts_with("element."));
        assert_eq!(found.map(|part| part.start), Some(*element));
    }
}

fn counted(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let (start, pointer) = reader.pointer(name);
    let counts = match pointer.holds {
        Holds::Weak(counts) if name.ends_with("_WEAK") => counts,
        Holds::Shares(counts) if !name.ends_with("_WEAK") => counts,
        other => panic!("{other:?}"),
    };
    let (_, target) = reader.target(start, pointer);
    let inner = reader.word(start);
    let value = inner + counts.value.next_multiple_of(target.align);
    let found = [value, reader.word(inner + counts.strong), reader.word(inner + counts.weak)];
    assert_eq!(found[..], *said);
}

fn length(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let (start, pointer) = reader.pointer(name);
    let To::Slice(element) = pointer.to else { panic!("{pointer:?}") };
    assert_eq!([reader.word(start + 8), reader.layouts.layout(element).size], *said);
}

fn dynamic(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let (start, pointer) = reader.pointer(name);
    assert_eq!(pointer.to, To::Dyn);
    let value = match pointer.holds {
        Holds::Shares(counts) => counts.value,
        _ => 0,
    };
    assert_eq!(reader.word(start) + value, number(said[0]));
    assert_eq!(reader.target(start, pointer).1.name, said[1]);
}

fn pointer(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let (start, pointer) = reader.pointer(name);
    let holds = if pointer.holds == Holds::Owns { "owns" } else { "borrows" };
    let size = reader.target(start, pointer).1.size;
    assert_eq!((holds, reader.word(start), size), (said[0], number(said[1]), number(said[2])));
}

fn field(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let parts = reader.parts(name);
    let found = parts.iter().find(|part| part.path.contains(&format!(".{}.", said[0])));
    let found = found.unwrap_or_else(|| panic!("no field {} in {parts:?}", said[0]));
    assert_eq!(reader.word(found.start), number(said[1]));
}

/// The names of fields that lead anywhere, and of no others.
fn fields(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let parts = reader.parts(name);
    let mut names: Vec<_> = parts.iter().filter_map(|part| part.path.split('.').nth(2)).collect();
    names.dedup();
    names.sort_unstable();
    assert_eq!(names, said);
}

fn shape(reader: &mut Reader<'_, '_, '_>, name: &str, said: &str) {
    let parts = reader.parts(name);
    let found = parts.iter().map(|part| format!("{:?}", part.layout.shape));
    let found: Vec<_> = if parts.is_empty() { vec!["Plain".to_owned()] } else { found.collect() };
    assert!(found.iter().all(|shape| shape == said), "{found:?}");
}

fn variant(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let parts = reader.parts(name);
    let [variant, field, place] = said else {
        assert_eq!(parts.len(), 0, "{parts:?}");
        return;
    };
    let path = format!("Some.__0.{variant}.{field}.");
    assert!(!parts.is_empty() && parts.iter().all(|part| part.path.starts_with("Some.__0.")));
    let found = parts.iter().find(|part| part.path.starts_with(&path));
    let found = found.unwrap_or_else(|| panic!("no {path} in {parts:?}"));
    let pointer = match found.layout.shape {
        Shape::Vec(vector) => vector.pointer,
        _ => 0,
    };
    assert_eq!(reader.word(found.start + pointer), number(place));
}

fn captured(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[&str]) {
    let (start, pointer) = reader.pointer(name);
    let (kind, _) = reader.target(start, pointer);
    let parts = reader.parts_of(kind, reader.word(start));
    let found = parts.iter().find(|part| part.path.starts_with(said[0]));
    let found = found.unwrap_or_else(|| panic!("no {} in {parts:?}", said[0]));
    let Shape::Vec(vector) = found.layout.shape else { panic!("{found:?}") };
    assert_eq!(reader.word(found.start + vector.pointer), number(said[1]));
}

fn future(reader: &mut Reader<'_, '_, '_>, name: &str, said: &[u64]) {
    let (start, pointer) = reader.pointer(name);
    let (kind, _) = reader.target(start, pointer);
    let parts = reader.parts_of(kind, reader.word(start));
    for (variable, place) in ["waiting", "name"].iter().zip(said) {
        let path = format!("Suspend0.{variable}.");
        let places = parts.iter().filter(|part| part.path.starts_with(&path));
        let places: Vec<_> = places
            .filter_map(|part| match part.layout.shape {
                Shape::Vec(vector) => Some(reader.word(part.start + vector.pointer)),
                _ => None,
            })
            .collect();
        assert!(places.contains(place), "{places:?} of {path} in {parts:?}");
    }
}

fn thread_local(reader: &mut Reader<'_, '_, '_>, name: &str, said: u64) {
    let variable = reader.variable(name).clone();
    assert_eq!((&*variable.name, variable.is_thread_local), (&*format!("app::{name}"), true));
    let (start, size) = (reader.start(&variable), reader.layouts.layout(variable.kind).size);
    // The state of a value may be before it.
    assert!((start..start + size).contains(&said), "{start} {size}");
}
