//! Opens the files of a module.

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gimli::{AbbreviationsCacheStrategy, DwarfPackage, EndianSlice, RunTimeEndian, SectionId};
use object::{Object, ObjectSection};

use super::reader::{Dwarf, Slice, Store};
use crate::image::{Bytes, Module};

/// Where systems keep debug information of their packages.
const SYSTEM: &str = "/usr/lib/debug";

pub(super) struct Opened<'a> {
    pub(super) program: object::File<'a>,
    pub(super) apart: Option<object::File<'a>>,
    pub(super) dwarf: Arc<Dwarf<'a>>,
    pub(super) package: Option<DwarfPackage<Slice<'a>>>,
}

/// Opens the file of a module if it is the one that was captured.
pub(super) fn open<'a>(module: &'a Module, store: &'a Store) -> Result<Opened<'a>, &'static str> {
    let path = Path::new(&module.path);
    if !path.is_file() {
        return Err("the file is not there");
    }
    if module.build_id.is_empty() {
        return Err("the captured program has no build id, so its file may have changed since");
    }
    let program = parse(path, store).filter(|file| has_id(file, module));
    let program =
        program.ok_or("the file is another one than the captured program had, by its build id")?;
    let apart = match program.section_by_name(".debug_info") {
        Some(_) => None,
        None if is_c_library(module) => None,
        None => places(path, &program, module)
            .iter()
            .find_map(|path| parse(path, store).filter(|file| has_id(file, module))),
    };
    let mut dwarf = load(apart.as_ref().unwrap_or(&program), store);
    dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::Duplicates);
    let package = parse(&beside(path, "dwp"), store).and_then(|file| package(&file, store));
    Ok(Opened { program, apart, dwarf: Arc::new(dwarf), package })
}

/// Nothing of a user's is in these, and the debug information that systems have for them is large.
fn is_c_library(module: &Module) -> bool {
    let names =
        ["libc.", "libc-", "libm.", "libm-", "libgcc_s.", "libpthread", "ld-linux", "libdl"];
    names.iter().any(|name| module.file_name().starts_with(name))
}

/// Maps and reads a file, for as long as the store is there.
pub(super) fn parse<'a>(path: &Path, store: &'a Store) -> Option<object::File<'a>> {
    let bytes = store.files.alloc(Bytes::map(path).ok()?);
    object::File::parse(&**bytes).ok()
}

/// The sections of DWARF.
fn load<'a>(file: &object::File<'a>, store: &'a Store) -> Dwarf<'a> {
    let section = |id: SectionId| Ok::<_, Infallible>(section(file, Some(id.name()), store));
    let Ok(dwarf) = gimli::Dwarf::load(section);
    dwarf
}

/// The sections of split DWARF.
pub(super) fn load_split<'a>(file: &object::File<'a>, store: &'a Store) -> Dwarf<'a> {
    let section = |id: SectionId| Ok::<_, Infallible>(section(file, id.dwo_name(), store));
    let Ok(dwarf) = gimli::Dwarf::load(section);
    dwarf
}

fn package<'a>(file: &object::File<'a>, store: &'a Store) -> Option<DwarfPackage<Slice<'a>>> {
    let section = |id: SectionId| Ok::<_, gimli::Error>(section(file, id.dwo_name(), store));
    DwarfPackage::load(section, EndianSlice::new(&[], endian(file))).ok()
}

/// A section, unpacked if it is compressed; empty where it is not there.
fn section<'a>(file: &object::File<'a>, name: Option<&str>, store: &'a Store) -> Slice<'a> {
    let found = name.and_then(|name| file.section_by_name(name));
    let bytes = match found.and_then(|section| section.uncompressed_data().ok()) {
        Some(Cow::Borrowed(bytes)) => bytes,
        Some(Cow::Owned(bytes)) => &**store.sections.alloc(bytes),
        None => &[],
    };
    EndianSlice::new(bytes, endian(file))
}

fn endian(file: &object::File<'_>) -> RunTimeEndian {
    if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big }
}

fn has_id(file: &object::File<'_>, module: &Module) -> bool {
    file.build_id().ok().flatten() == Some(&module.build_id)
}

/// Where the debug information may be that was taken out of a file.
fn places(path: &Path, program: &object::File<'_>, module: &Module) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some((first, rest)) = module.build_id.split_first() {
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        places.push(format!("{SYSTEM}/.build-id/{first:02x}/{rest}.debug").into());
    }
    let link = program.gnu_debuglink().ok().flatten();
    if let Some(((link, _), folder)) = link.zip(path.parent()) {
        let link = &*String::from_utf8_lossy(link);
        places.extend([folder.join(link), folder.join(".debug").join(link)]);
        places.extend(
            folder.strip_prefix("/").map(|folder| Path::new(SYSTEM).join(folder).join(link)),
        );
    }
    places.push(beside(path, "debug"));
    places
}

/// `app.dwp` beside `app`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}
