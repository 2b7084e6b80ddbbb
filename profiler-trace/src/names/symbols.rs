//! Names for addresses, at report time only: functions, files and lines, inlined calls expanded.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use addr2line::Loader;

use crate::data::{Data, ModuleData};
use crate::names::progress::Progress;
use crate::names::stack_frame::{Frame, Origin};
use crate::names::workspaces::{Workspaces, frame};
use crate::names::{build_id, running};

/// The frames of every address, the innermost first: several where calls were inlined.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Symbols {
    frames: Vec<Vec<Frame>>,
    /// No line of the program's own was found: it was built without.
    pub(crate) lines_are_missing: bool,
    /// Nor was any function: it is stripped.
    pub(crate) names_are_missing: bool,
}

impl Symbols {
    pub(crate) fn of(&self, address: u32) -> &[Frame] {
        self.frames.get(address as usize).map_or(&[], Vec::as_slice)
    }

    #[cfg(test)]
    pub(crate) fn of_frames(frames: impl Into<Vec<Vec<Frame>>>) -> Self {
        Self { frames: frames.into(), ..Self::default() }
    }

    /// Looks up every address. `files` may name an unstripped file by build id. Where the program
    /// is the one that runs, the system may be asked.
    pub(crate) fn resolve(data: &Data, files: &HashMap<String, PathBuf>, is_running: bool) -> Self {
        let mut symbols =
            Self { frames: vec![Vec::new(); data.addresses.len()], ..Self::default() };
        let mut order: Vec<usize> = (0..data.addresses.len()).collect();
        // One module after the other, each from front to back: its tables are read once.
        order.sort_by_key(|&index| {
            let address = &data.addresses[index];
            (address.module, address.address)
        });
        let mut progress = Progress::begin(order.len());
        let mut kept = if is_running && files.is_empty() { KNOWN.try_lock().ok() } else { None };
        let mut fresh = Known::new();
        let known = kept.as_deref_mut().unwrap_or(&mut fresh);
        let module_of = |index: &usize| data.addresses[*index].module;
        for indices in order.chunk_by(|one, other| module_of(one) == module_of(other)) {
            let module = indices.first().and_then(module_of);
            let module = module.and_then(|number| data.modules.get(number as usize));
            let mut module = module.map(|it| Module::of(it, files, known));
            for &index in indices {
                progress.next();
                let address = &data.addresses[index];
                symbols.frames[index] = match &mut module {
                    _ if address.is_recursion() => vec![Frame::recursion()],
                    Some(module) => module.frames(address.address, is_running),
                    None => vec![Frame::unknown(address.address, "")],
                };
            }
        }
        symbols.names_are_missing = !symbols.has(|frame| frame.origin != Origin::Unknown);
        // With line tables alone, what was inlined has a name without the crate.
        let own = symbols.frames.iter_mut().zip(&data.addresses).filter(|(_, of)| of.is_own);
        own.flat_map(|(frames, _)| frames).for_each(|frame| frame.origin = Origin::Profiler);
        symbols.lines_are_missing =
            !symbols.has(|frame| frame.origin == Origin::User && frame.line > 0);
        symbols
    }

    /// Whether there is such a frame, or none at all.
    fn has(&self, wanted: impl Fn(&Frame) -> bool) -> bool {
        self.frames.is_empty() || self.frames.iter().flatten().any(wanted)
    }
}

/// The frames of addresses that were looked up before, by modules.
type Known = BTreeMap<ModuleData, HashMap<u64, Vec<Frame>>>;

/// Those of the program that runs.
///
/// PERF: a report at exit looks up names for lines and for stacks, and a program for each of its snapshots.
static KNOWN: Mutex<Known> = Mutex::new(Known::new());

/// A module, of which some addresses are known. Its file is read if another one is asked for.
struct Module<'a> {
    data: &'a ModuleData,
    files: &'a HashMap<String, PathBuf>,
    known: &'a mut HashMap<u64, Vec<Frame>>,
    resolver: Option<Resolver>,
}

impl<'a> Module<'a> {
    fn of(data: &'a ModuleData, files: &'a HashMap<String, PathBuf>, known: &'a mut Known) -> Self {
        Self { data, files, known: known.entry(data.clone()).or_default(), resolver: None }
    }

    fn frames(&mut self, address: u64, is_running: bool) -> Vec<Frame> {
        let frames = self.known.entry(address).or_insert_with(|| {
            let open = || Resolver::open(self.data, self.files);
            self.resolver.get_or_insert_with(open).frames(address, is_running)
        });
        frames.clone()
    }
}

/// One program or library.
struct Resolver {
    /// The number added to the addresses in the file.
    bias: u64,
    name: String,
    loader: Option<Loader>,
    workspaces: Workspaces,
}

impl Resolver {
    fn open(module: &ModuleData, files: &HashMap<String, PathBuf>) -> Self {
        let own = Path::new(&module.path);
        let path = files.get(&module.build_id).cloned().or_else(|| debug_file(module));
        // A snapshot may have come from elsewhere, with a path that never ends.
        let load = |path: &Path| path.is_file().then(|| Loader::new(path).ok()).flatten();
        let is_same = || {
            module.build_id.is_empty() || build_id_of(own).is_some_and(|id| id == module.build_id)
        };
        let loader = path.and_then(|path| load(&path));
        // A file that was rebuilt since would give wrong names.
        let loader = loader.or_else(|| is_same().then(|| load(own)).flatten());
        let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let base = loader.as_ref().map_or(0, Loader::relative_address_base);
        let bias = module.bias.wrapping_sub(base);
        Self { bias, name, loader, workspaces: Workspaces::default() }
    }

    fn frames(&mut self, address: u64, is_running: bool) -> Vec<Frame> {
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

fn build_id_of(path: &Path) -> Option<String> {
    path.is_file().then(|| build_id::of_file(path).ok()).flatten()
}

/// The unstripped file beside the others of the system, if there is one.
fn debug_file(module: &ModuleData) -> Option<PathBuf> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Address;

    #[test]
    fn names_of_the_running_program_are_looked_up_once() {
        let module = ModuleData { path: "/no such/file".into(), ..ModuleData::default() };
        let address = Address { address: 77, module: Some(0), is_own: false };
        let data =
            Data { modules: vec![module.clone()], addresses: vec![address], ..Data::default() };
        let name = |files: &HashMap<_, _>, is_running| {
            let symbols = Symbols::resolve(&data, files, is_running);
            symbols.of(0)[0].function.clone()
        };
        let files = HashMap::from([("an id".to_owned(), PathBuf::new())]);
        assert_eq!(name(&HashMap::new(), true), "file+0x4d");
        // Another name in its place shows who asks.
        let known = vec![Frame::without_line("a::known".into(), "")];
        KNOWN.lock().unwrap().get_mut(&module).unwrap().insert(77, known);
        assert_eq!(name(&HashMap::new(), true), "a::known");
        assert_eq!(name(&HashMap::new(), false), "file+0x4d", "it does not run");
        assert_eq!(name(&files, true), "file+0x4d", "a file may have other names");
    }
}
