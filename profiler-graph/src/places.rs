//! Names of addresses outside of blocks: statics and thread-locals by symbols, frames of stacks.

use std::collections::HashMap;
use std::ops::Range;

use crate::debug::{DebugFiles, Function, StackFrame, Stacks};
use crate::heap::{Edges, Entry, Holder};
use crate::image::{Image, RootKind};
use crate::lines::own_line;

/// Named ranges of addresses, in order, of all that lead to blocks.
#[derive(Debug, Default)]
pub(crate) struct Places {
    ranges: Vec<(Range<u64>, String)>,
}

impl Places {
    pub(crate) fn new<'a>(image: &'a Image, files: &DebugFiles<'a>, edges: &Edges) -> Self {
        let mut places = Self::default();
        places.add_variables(image, files, &edges.named);
        places.add_frames(image, files, &edges.stack);
        places.ranges.sort_by_key(|(range, _)| range.start);
        places
    }

    /// The symbol at an address, and how far into it that is.
    pub(crate) fn at(&self, place: u64) -> Option<(&str, u64)> {
        let behind = self.ranges.partition_point(|(range, _)| range.start <= place);
        let (range, name) = &self.ranges[behind.checked_sub(1)?];
        range.contains(&place).then(|| (&**name, place - range.start))
    }

    fn add_variables(&mut self, image: &Image, files: &DebugFiles<'_>, entries: &[Entry]) {
        let mut done = 0;
        for (root, place) in sorted(entries) {
            if place < done {
                continue;
            }
            let root = &image.roots()[root];
            let found = match root.kind {
                RootKind::Static { module } => {
                    let bias = image.modules()[module].bias;
                    let file = files.of_module(module);
                    let symbol =
                        file.and_then(|file| file.symbols().variable(place.wrapping_sub(bias)));
                    symbol.map(|symbol| (symbol, bias))
                }
                RootKind::ThreadLocal { module, .. } => {
                    let (file, start) = (files.of_module(module), root.range.start);
                    let symbol = file.and_then(|file| file.symbols().thread_local(place - start));
                    symbol.map(|symbol| (symbol, start))
                }
                _ => None,
            };
            if let Some((symbol, base)) = found {
                let start = symbol.start.wrapping_add(base);
                done = start.saturating_add(symbol.size);
                self.ranges.push((start..done, own_name(&symbol.demangled()).to_owned()));
            }
        }
    }

    fn add_frames<'a>(&mut self, image: &'a Image, files: &DebugFiles<'a>, entries: &[Entry]) {
        let places = sorted(entries);
        let (mut stacks, mut names) = (None, FrameNames { files, known: HashMap::new() });
        for (number, thread) in image.threads().iter().enumerate() {
            let of_thread: Vec<u64> = places
                .iter()
                .filter(|(root, _)| image.roots()[*root].kind == RootKind::Stack { thread: number })
                .map(|&(_, place)| place)
                .collect();
            if of_thread.is_empty() {
                continue;
            }
            let stacks = stacks.get_or_insert_with(|| Stacks::new(image, files));
            let frames = own_frames(files, stacks.frames_of(thread), of_thread[0]);
            for (index, frame) in frames.iter().enumerate() {
                let first = of_thread.partition_point(|&place| place < frame.slots.start);
                if of_thread.get(first).is_some_and(|place| frame.slots.contains(place)) {
                    let name = names.of(&frames[index..]);
                    self.ranges.extend(name.map(|name| (frame.slots.clone(), name)));
                }
            }
        }
    }
}

/// Names frames, many of which are at the same place in their code.
struct FrameNames<'f, 'a> {
    files: &'f DebugFiles<'a>,
    known: HashMap<u64, Option<FrameName>>,
}

#[derive(Clone)]
struct FrameName {
    function: String,
    /// The line of the program's own.
    line: Option<String>,
}

impl FrameNames<'_, '_> {
    /// The name of the first frame. If it is not of the program's own, what it holds may be its caller's, whose
    /// registers it saves.
    fn of(&mut self, frames: &[StackFrame]) -> Option<String> {
        let first = self.at(frames.first()?.address)?;
        let mut outwards = frames.iter().filter_map(|frame| self.at(frame.address));
        let own = outwards.find_map(|name| Some((name.function, name.line?)));
        Some(match (first.line, own) {
            (Some(line), _) => format!("{} ({line})", first.function),
            (None, Some((own, line))) => format!("{}, called in {own} ({line})", first.function),
            (None, None) => first.function,
        })
    }

    /// The innermost function of the program's own at an address, or the function that was called.
    fn at(&mut self, address: u64) -> Option<FrameName> {
        let files = self.files;
        let name = || {
            let (file, place) = files.at(address)?;
            let functions = file.functions(place);
            let line = |function: &Function<'_>| function.location.and_then(own_line);
            let own = functions.iter().find(|function| line(function).is_some());
            let function = own.or(functions.last())?;
            let is_named = !function.title().is_empty();
            is_named
                .then(|| FrameName { function: function.title().to_owned(), line: line(function) })
        };
        self.known.entry(address).or_insert_with(name).clone()
    }
}

/// The roots and places of entries, in the order of places.
fn sorted(entries: &[Entry]) -> Vec<(usize, u64)> {
    let mut places: Vec<_> = entries
        .iter()
        .filter_map(|entry| match entry.holder {
            Holder::Root(root) => Some((root as usize, entry.place)),
            _ => None,
        })
        .collect();
    places.sort_unstable_by_key(|&(_, place)| place);
    places
}

/// The frames but for those of the profiler, in which the registers of their caller are saved: they are its own, as are
/// those that a signal saved below the first frame.
fn own_frames(files: &DebugFiles<'_>, frames: Vec<StackFrame>, start: u64) -> Vec<StackFrame> {
    let is_own = |frame: &StackFrame| {
        let found =
            files.at(frame.address).and_then(|(file, place)| file.symbols().function(place));
        found.is_none_or(|symbol| {
            !symbol.demangled().trim_start_matches('<').starts_with("mem_profile")
        })
    };
    let start = frames.first().map_or(start, |frame| frame.slots.start.min(start));
    let first = frames.iter().position(is_own).unwrap_or(0);
    let mut own = frames.into_iter().skip(first);
    let caller = own.next().map(|frame| StackFrame { slots: start..frame.slots.end, ..frame });
    caller.into_iter().chain(own).collect()
}

/// The name of a variable without what `thread_local!` puts into it.
fn own_name(name: &str) -> &str {
    let inner = ["::{constant#", "::{{constant}}", "::__getit::"];
    let end = inner.iter().filter_map(|inner| name.find(inner)).min();
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_local_is_called_as_in_its_source() {
        let names = [
            ("app::CACHE::{{constant}}::{{closure}}::VAL", "app::CACHE"),
            ("app::CACHE::{constant#0}::{closure#1}::VAL", "app::CACHE"),
            ("app::CACHE::__getit::VAL", "app::CACHE"),
            ("app::main::{{closure}}::ONCE", "app::main::{{closure}}::ONCE"),
        ];
        assert_eq!(names.map(|(name, _)| own_name(name)), names.map(|(_, own)| own));
    }

    #[test]
    fn a_place_is_in_the_range_that_has_it() {
        let ranges = vec![(0x10..0x20, "a".to_owned()), (0x30..0x31, "b".to_owned())];
        let places = Places { ranges };
        let found = [0xf, 0x10, 0x1f, 0x20, 0x30, 0x31].map(|place| places.at(place));
        let expected = [None, Some(("a", 0)), Some(("a", 0xf)), None, Some(("b", 0)), None];
        assert_eq!(found, expected);
    }
}
