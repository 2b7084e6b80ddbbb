//! Lines of stacks, by the files of their modules.

use std::collections::HashMap;

use mem_profile_names::{Frame, Module as File, Origin, Resolver, Source};

use super::mark::{Mark, Module};
use crate::line::Line;

/// The part of a frame that is an address; the bits above it are the generation of its module.
const ADDRESS: u64 = (1 << 48) - 1;

/// What each line held, the largest first, and modules whose names are not known, with the reason.
pub(super) fn lines(mark: &Mark, program: &str) -> (Vec<Line>, Vec<String>) {
    let open = |module: &Module| {
        let path = if module.path.is_empty() { program } else { &module.path };
        Resolver::open(&File { path, build_id: &module.build_id, bias: module.bias }, None)
    };
    let mut resolvers: HashMap<usize, Resolver> = HashMap::new();
    let mut known: HashMap<u64, Vec<Frame>> = HashMap::new();
    let mut lines: HashMap<(String, String), u64> = HashMap::new();
    for holder in &mark.holders {
        for &frame in &holder.frames {
            known.entry(frame).or_insert_with(|| match module_of(&mark.modules, frame) {
                Some(index) => resolvers
                    .entry(index)
                    .or_insert_with(|| open(&mark.modules[index]))
                    .frames(frame & ADDRESS, false),
                None => vec![],
            });
        }
        let frames: Vec<_> = holder.frames.iter().flat_map(|frame| &known[frame]).collect();
        let first = |origin| frames.iter().find(|frame| frame.origin == origin);
        let shown = first(Origin::User).or_else(|| first(Origin::Library));
        let shown = shown.or_else(|| frames.iter().find(|frame| frame.origin != Origin::Profiler));
        let line = shown.map(|frame| (frame.place(), frame.function.clone()));
        *lines.entry(line.unwrap_or_else(|| ("unknown".to_owned(), String::new()))).or_default() +=
            holder.bytes;
    }
    let lines = lines.into_iter();
    let mut lines: Vec<_> =
        lines.map(|((site, function), bytes)| Line { site, function, bytes, grown: 0 }).collect();
    lines.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.site.cmp(&b.site)));
    (lines, notes(&resolvers, mark, program))
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
