//! The names in one program or library: functions, files and lines, inlined calls expanded.

use std::path::{Path, PathBuf};

use addr2line::Loader;

use crate::build_id::build_id;
use crate::frame::Frame;
use crate::running;
use crate::workspaces::{Workspaces, frame};

/// A program or library as it ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Module<'a> {
    /// Where its file was.
    pub path: &'a str,
    /// In hexadecimal; empty where the linker gave none.
    pub build_id: &'a str,
    /// The number added to the addresses of the file.
    pub bias: u64,
}

/// Whether the file of a module is the one that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// It is, by its build id, or another file of that build has the names.
    Same,
    /// The linker gave no build id: it may have changed since.
    Unknown,
    /// It has changed, so there are no names.
    Changed,
    /// It is not there, or no program.
    Missing,
}

/// Finds the names in one program or library.
pub struct Resolver {
    /// The number added to the addresses in the file.
    bias: u64,
    name: String,
    loader: Option<Loader>,
    source: Source,
    workspaces: Workspaces,
}

impl Resolver {
    /// Opens the file of the module, or `unstripped`, which is of the same build.
    #[must_use]
    pub fn open(module: &Module<'_>, unstripped: Option<&Path>) -> Self {
        let own = Path::new(module.path);
        // It may have come from elsewhere, with a path that never ends.
        let load = |path: &Path| path.is_file().then(|| Loader::new(path).ok()).flatten();
        let path = unstripped.map(Path::to_owned).or_else(|| debug_file(module));
        let mut source = Source::Same;
        let loader = path.and_then(|path| load(&path)).or_else(|| {
            source = source_of(own, module.build_id);
            // A file that was rebuilt since would give wrong names.
            matches!(source, Source::Same | Source::Unknown).then(|| load(own)).flatten()
        });
        if loader.is_none() && source != Source::Changed {
            source = Source::Missing;
        }
        let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let base = loader.as_ref().map_or(0, Loader::relative_address_base);
        let bias = module.bias.wrapping_sub(base);
        Self { bias, name, loader, source, workspaces: Workspaces::default() }
    }

    /// Whether its file is the one that ran.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The function that a call returns to at this address of the process, and those that it was inlined into. If the
    /// process is the one that runs, the system may be asked.
    pub fn frames(&mut self, address: u64, is_running: bool) -> Vec<Frame> {
        // A call returns behind itself: what called is one byte before.
        let place = address.wrapping_sub(self.bias).wrapping_sub(1);
        let mut frames = self.loader.as_ref().map_or_else(Vec::new, |loader| {
            inlined(loader, place, &mut self.workspaces).unwrap_or_default()
        });
        if frames.is_empty() && is_running {
            frames = running::frames(address, &mut self.workspaces);
        }
        if frames.is_empty() {
            let name = self.loader.as_ref().and_then(|loader| symbol(loader, place));
            frames.push(match name {
                Some(name) => Frame::without_line(name, &self.name),
                None => Frame::unknown(address.wrapping_sub(self.bias), &self.name),
            });
        }
        frames
    }
}

fn source_of(path: &Path, id: &str) -> Source {
    match path.is_file() {
        false => Source::Missing,
        true if id.is_empty() => Source::Unknown,
        true if build_id(path).is_ok_and(|found| found == id) => Source::Same,
        true => Source::Changed,
    }
}

/// The unstripped file beside the others of the system, if there is one.
fn debug_file(module: &Module<'_>) -> Option<PathBuf> {
    let (folder, rest) = module.build_id.split_at_checked(2)?;
    let path = PathBuf::from(format!("/usr/lib/debug/.build-id/{folder}/{rest}.debug"));
    path.exists().then_some(path)
}

/// The function at `place` and those it was inlined into.
fn inlined(loader: &Loader, place: u64, workspaces: &mut Workspaces) -> Option<Vec<Frame>> {
    let mut found = loader.find_frames(place).ok()?;
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = found.next() {
        let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
        let name = name.map(|name| name.into_owned()).unwrap_or_default();
        let location = frame.location.as_ref();
        let file = location.and_then(|location| location.file).unwrap_or_default();
        let line = location.and_then(|location| location.line).unwrap_or(0);
        frames.push((name, file, line));
    }
    // Line tables alone have no functions, or of what was inlined the last part of a path. That which
    // all others are inlined into has a symbol, too.
    if let Some((name, ..)) = frames.last_mut().filter(|(name, ..)| !name.contains("::"))
        && let Some(path) = symbol(loader, place)
    {
        *name = path;
    }
    let frames = frames.into_iter().filter(|(name, ..)| !name.is_empty());
    Some(frames.map(|(name, file, line)| frame(name, file, line, workspaces)).collect())
}

fn symbol(loader: &Loader, place: u64) -> Option<String> {
    let name = loader.find_symbol(place)?;
    Some(addr2line::demangle_auto(name.into(), None).into_owned())
}
