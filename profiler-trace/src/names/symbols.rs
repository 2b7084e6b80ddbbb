//! Names for the addresses of a snapshot, at report time only.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;

use mem_profile_names::{self as names, Frame, Origin, Resolver};

use crate::data::{Data, ModuleData};
use crate::names::progress::Progress;

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
            let open = || {
                let ModuleData { path, build_id, bias, .. } = self.data;
                let unstripped = self.files.get(build_id).map(PathBuf::as_path);
                Resolver::open(&names::Module { path, build_id, bias: *bias }, unstripped)
            };
            self.resolver.get_or_insert_with(open).frames(address, is_running)
        });
        frames.clone()
    }
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
