//! Lines of stacks, by the files of their modules.

use std::collections::HashMap;

use mem_profile_names::{Frame, Module as File, Origin, Resolver, Source};

use super::mark::{Holder, Mark, Module, Place};
use crate::line::Line;

/// The part of a frame that is an address; the bits above it are the generation of its module.
const ADDRESS: u64 = (1 << 48) - 1;

/// What each line held, the largest first.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) lines: Vec<Line>,
    /// The line that asked for a block in vain.
    pub(super) asker: Option<Line>,
    /// Modules whose names are not known, with the reason.
    pub(super) notes: Vec<String>,
}

/// Names the holders of a mark.
pub(super) fn name(mark: &Mark, program: &str) -> Named {
    let mut names = Names { mark, program, resolvers: HashMap::new(), known: HashMap::new() };
    let mut lines: HashMap<(String, String), u64> = HashMap::new();
    for holder in &mark.holders {
        let Line { site, function, .. } = names.line(holder);
        let bytes = lines.entry((site, function)).or_default();
        *bytes = bytes.saturating_add(holder.bytes);
    }
    let lines = lines.into_iter();
    let mut lines: Vec<_> =
        lines.map(|((site, function), bytes)| Line { site, function, bytes, grown: 0 }).collect();
    lines.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.site.cmp(&b.site)));
    let asker = mark.asker.as_ref().map(|asker| names.line(asker));
    Named { lines, asker, notes: notes(&names.resolvers, mark, program) }
}

/// The names of frames that were looked up.
struct Names<'a> {
    mark: &'a Mark,
    program: &'a str,
    resolvers: HashMap<usize, Resolver>,
    known: HashMap<u64, Vec<Frame>>,
}

impl Names<'_> {
    /// The innermost line of the program's own on a stack, else of a library.
    fn line(&mut self, holder: &Holder) -> Line {
        let frames = match &holder.place {
            Place::Line(line) => return line.clone(),
            Place::Stack(frames) => frames,
        };
        for &frame in frames {
            if !self.known.contains_key(&frame) {
                let found = self.look_up(frame);
                self.known.insert(frame, found);
            }
        }
        let frames: Vec<_> = frames.iter().flat_map(|frame| &self.known[frame]).collect();
        let first = |origin| frames.iter().find(|frame| frame.origin == origin);
        let shown = first(Origin::User).or_else(|| first(Origin::Library));
        let shown = shown.or_else(|| frames.iter().find(|frame| frame.origin != Origin::Profiler));
        let (site, function) = match shown {
            Some(frame) if frame.file.is_empty() => (frame.place(), String::new()),
            Some(frame) => (frame.place(), frame.function.clone()),
            None => ("unknown".to_owned(), String::new()),
        };
        Line { site, function, bytes: holder.bytes, grown: 0 }
    }

    fn look_up(&mut self, frame: u64) -> Vec<Frame> {
        let Some(index) = module_of(&self.mark.modules, frame) else { return Vec::new() };
        let resolver = self.resolvers.entry(index).or_insert_with(|| {
            let module = &self.mark.modules[index];
            let path = if module.path.is_empty() { self.program } else { &module.path };
            Resolver::open(&File { path, build_id: &module.build_id, bias: module.bias }, None)
        });
        resolver.frames(frame & ADDRESS, false)
    }
}

fn notes(resolvers: &HashMap<usize, Resolver>, mark: &Mark, program: &str) -> Vec<String> {
    let note = |(&index, resolver): (&usize, &Resolver)| {
        let path = mark.modules.get(index).map_or("", |module| &module.path);
        let path = if path.is_empty() { program } else { path };
        match resolver.source() {
            Source::Changed => {
                Some(format!("{path} has changed since, so its lines have no names"))
            }
            Source::Missing if path.starts_with('/') => {
                Some(format!("{path} is not there, so its lines have no names"))
            }
            _ => None,
        }
    };
    let mut notes: Vec<_> = resolvers.iter().filter_map(note).collect();
    notes.sort();
    notes
}

fn module_of(modules: &[Module], frame: u64) -> Option<usize> {
    let (address, generation) = (frame & ADDRESS, frame >> 48);
    modules.iter().rposition(|module| {
        (module.start..module.end).contains(&address) && module.generation <= generation
    })
}
