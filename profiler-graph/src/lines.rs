//! The lines at which blocks were allocated, by the debug information of the modules.

use std::fs::File;
use std::path::Path;

use addr2line::Loader;
use object::{Object, ReadCache};

use crate::image::{Image, Module};
use crate::text::name;

/// Finds the lines of return addresses. Only files that are the ones that were captured are asked.
pub(crate) struct Lines<'a> {
    image: &'a Image,
    /// For each module: not looked at yet, or what was found.
    loaders: Vec<Option<Result<Loader, &'static str>>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(image: &'a Image) -> Self {
        Self { image, loaders: image.modules().iter().map(|_| None).collect() }
    }

    /// The innermost line of the program's own, of addresses whose first is the innermost.
    pub(crate) fn line_of(&mut self, addresses: &[u64]) -> Option<String> {
        addresses.iter().filter(|&&address| address != 0).find_map(|&address| {
            // The call is before the address to which it returns.
            let call = address - 1;
            let module = self.image.modules().iter().position(|module| module.contains(call))?;
            let known = &self.image.modules()[module];
            let loader = self.loaders[module].get_or_insert_with(|| load(known)).as_ref().ok()?;
            own_line(loader, call.wrapping_sub(known.bias))
        })
    }

    /// Why the lines of some modules are not known.
    pub(crate) fn notes(&self) -> Vec<String> {
        let modules = self.image.modules().iter().zip(&self.loaders);
        let failed = modules.filter_map(|(module, loader)| match loader {
            Some(Err(reason)) => Some(format!("No lines of {}: {reason}.", name(&module.path))),
            _ => None,
        });
        failed.collect()
    }
}

fn load(module: &Module) -> Result<Loader, &'static str> {
    let path = Path::new(&module.path);
    if !path.is_file() {
        return Err("the file is not there");
    }
    if module.build_id.is_empty() {
        return Err("the captured program has no build id, so its file may have changed since");
    }
    if build_id(path).is_none_or(|id| id != module.build_id) {
        return Err("the file is another one than the captured program had, by its build id");
    }
    Loader::new(path).map_err(|_| "its debug information cannot be read")
}

fn build_id(path: &Path) -> Option<Vec<u8>> {
    let content = ReadCache::new(File::open(path).ok()?);
    let file = object::File::parse(&content).ok()?;
    Some(file.build_id().ok()??.to_vec())
}

/// The innermost line at a place that is neither of the standard library nor of a crate from a registry.
fn own_line(loader: &Loader, place: u64) -> Option<String> {
    let mut frames = loader.find_frames(place).ok()?;
    while let Ok(Some(frame)) = frames.next() {
        let location = frame.location;
        if let Some((file, line)) = location.and_then(|found| found.file.zip(found.line))
            && !is_foreign(file)
        {
            return Some(format!("{}:{line}", within_package(file)));
        }
    }
    None
}

fn is_foreign(file: &str) -> bool {
    file.starts_with("/rustc/")
        || ["/registry/src/", "/rustlib/src/"].iter().any(|part| file.contains(part))
}

/// The path from the folder of a package that sources are in: `src/main.rs`.
fn within_package(file: &str) -> &str {
    let folders = ["/src/", "/tests/", "/examples/", "/benches/"];
    let start = folders.iter().filter_map(|folder| file.rfind(folder)).max();
    start.map_or(file, |start| &file[start + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_from_the_folder_of_its_package() {
        let shown =
            ["/home/a/src/app/src/bin/b.rs", "/x/app/tests/t.rs", "build.rs"].map(within_package);
        assert_eq!(shown, ["src/bin/b.rs", "tests/t.rs", "build.rs"]);
        assert!(
            is_foreign("/rustc/59807616/library/alloc/src/vec.rs") && !is_foreign("src/vec.rs")
        );
    }
}
