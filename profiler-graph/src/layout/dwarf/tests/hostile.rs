//! Debug information that is damaged, cut short, or endless.

use std::fs;
use std::ops::Range;
use std::time::Instant;

use object::{Object, ObjectSection};

use super::program::{Program, image};
use crate::debug::{DebugFiles, Store};
use crate::layout::{DwarfLayouts, Layouts, Shape, To};

/// Reads all that a program has; gives how many variables it found.
fn read(file: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app");
    fs::write(&path, file).unwrap();
    let image = image(&path, 0x1000_0000);
    let store = Store::default();
    let files = DebugFiles::new(&image, &store);
    let mut layouts = DwarfLayouts::new(&files);
    let variables = layouts.variables();
    let mut open: Vec<_> = variables.iter().map(|variable| (variable.kind, 0)).collect();
    while let Some((kind, depth)) = open.pop() {
        let layout = layouts.layout(kind);
        if let (Shape::Pointer(pointer), true) = (&layout.shape, depth < 3)
            && let To::One(kind) | To::Slice(kind) = pointer.to
        {
            open.push((kind, depth + 1));
        }
    }
    layouts.of_vtable(0x1000_0000);
    layouts.notes();
    variables.len()
}

/// The file of a program, and where a section is in it.
fn program() -> (Vec<u8>, [Range<usize>; 3]) {
    let file = fs::read(Program::build(None, &[]).path()).unwrap();
    let elf = object::File::parse(&*file).unwrap();
    let sections = [".debug_info", ".debug_abbrev", ".debug_str"].map(|name| {
        let (start, size) = elf.section_by_name(name).unwrap().file_range().unwrap();
        start as usize..(start + size) as usize
    });
    (file, sections)
}

#[test]
fn damaged_debug_information_is_read_as_far_as_it_goes() {
    let (file, sections) = program();
    let all = read(&file);
    assert!(all > 50, "{all}");
    let mut random = fastrand::Rng::with_seed(19);
    let start = Instant::now();
    for round in 0..40 {
        let mut damaged = file.clone();
        let section = sections[round % 3].clone();
        for _ in 0..1 << random.u32(0..12) {
            damaged[random.usize(section.clone())] = random.u8(..);
        }
        read(&damaged);
    }
    for section in &sections {
        for part in [0, 1, 3] {
            let mut cut = file.clone();
            cut[section.start + part * section.len() / 4..section.end].fill(0);
            read(&cut);
        }
    }
    // It takes 0.1 s to read one whole.
    assert!(start.elapsed().as_secs() < 300, "{:?}", start.elapsed());
}

#[test]
fn types_without_end_are_not_understood() {
    let program = Program::of_source("endless", None, &[]);
    let image = image(&program.path(), 0x1000_0000);
    let store = Store::default();
    let files = DebugFiles::new(&image, &store);
    let mut layouts = DwarfLayouts::new(&files);
    let variables = layouts.variables();
    let mut layout = |name| {
        let found = variables.iter().find(|variable| variable.name == name);
        layouts.layout(found.unwrap_or_else(|| panic!("no {name} in {variables:?}")).kind)
    };
    let [endless, circle, huge] = ["ENDLESS", "CIRCLE", "HUGE"].map(&mut layout);
    let Shape::Fields(fields) = &endless.shape else { panic!("{endless:?}") };
    assert_eq!((&*fields[0].name, fields[0].offset), ("again", 8));
    assert_eq!(layouts.layout(fields[0].kind).shape, Shape::Unknown);
    assert_eq!(circle.shape, Shape::Unknown);
    assert_eq!(huge.size, u64::MAX);
}
