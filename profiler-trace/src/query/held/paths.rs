//! The paths of calling lines, as the recorder of live blocks makes them.

use std::collections::HashMap;

use mem_profile_format::{CallPath, CallPaths, Held};

/// A part of a stack that matters for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A line of a measured function, by its index.
    Line { function: usize, line: u32 },
    /// A measured function, on a line that is not known.
    UnknownLine,
    /// Repeated calls were left out.
    LeftOut,
}

/// The paths so far.
#[derive(Default)]
pub(super) struct Tree {
    paths: CallPaths,
    /// By caller, function and line.
    known: HashMap<(Option<usize>, usize, u32), usize>,
}

impl Tree {
    /// Adds blocks. `steps` begin with the outermost one, and `is_whole` if the stack does.
    pub(super) fn add(&mut self, steps: impl Iterator<Item = Step>, is_whole: bool, own: &Held) {
        let (mut path, mut is_cut, mut is_known) = (None, false, is_whole);
        for step in steps {
            match step {
                Step::Line { function, line } => {
                    path = Some(self.call(path, function, line, is_cut));
                    (is_cut, is_known) = (false, true);
                }
                Step::UnknownLine => is_known = false,
                Step::LeftOut => is_cut = true,
            }
        }
        let holder = match path.and_then(|path| self.paths.all.get_mut(path)) {
            _ if !is_known => &mut self.paths.unattributed,
            Some(path) => &mut path.own,
            None => &mut self.paths.outside,
        };
        holder.add(own);
    }

    /// The path of a line that was called on another one.
    ///
    /// Recursion is folded: the line takes the place of an outer one of the same function.
    fn call(
        &mut self,
        mut caller: Option<usize>,
        function: usize,
        line: u32,
        is_cut: bool,
    ) -> usize {
        let all = &mut self.paths.all;
        let outwards = |&path: &usize| all[path].caller;
        let outer = std::iter::successors(caller, outwards);
        let mut outer = outer.filter(|&path| all[path].function == function);
        let mut is_recursive = is_cut;
        if let Some(outer) = outer.next() {
            // A line of the same function calls its closures as well.
            is_recursive |= caller != Some(outer);
            caller = all[outer].caller;
        }
        let next = all.len();
        let path = *self.known.entry((caller, function, line)).or_insert(next);
        if path == next {
            let own = Held::default();
            all.push(CallPath { caller, function, line, is_recursive, own });
        }
        all[path].is_recursive |= is_recursive;
        path
    }

    /// The paths that have blocks, or lead to one that has.
    pub(super) fn into_paths(self) -> CallPaths {
        let mut paths = self.paths;
        let mut is_needed: Vec<_> =
            paths.all.iter().map(|path| path.own != Held::default()).collect();
        for (number, path) in paths.all.iter().enumerate().rev() {
            if let Some(caller) = path.caller.filter(|_| is_needed[number]) {
                is_needed[caller] = true;
            }
        }
        let numbers = is_needed.iter().scan(0, |next, &is_needed| {
            let number = *next;
            *next += usize::from(is_needed);
            Some(number)
        });
        let places: Vec<usize> = numbers.collect();
        let mut is_needed = is_needed.into_iter();
        paths.all.retain(|_| is_needed.next().unwrap_or(false));
        paths
            .all
            .iter_mut()
            .for_each(|path| path.caller = path.caller.map(|caller| places[caller]));
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(function: usize, line: u32) -> Step {
        Step::Line { function, line }
    }

    fn own(live: u64) -> Held {
        Held { live, ..Held::default() }
    }

    /// Caller, function, line, whether it is recursive, and live bytes.
    type Shown = (Option<usize>, usize, u32, bool, u64);

    fn shown(paths: &CallPaths) -> Vec<Shown> {
        let all = paths.all.iter();
        all.map(|it| (it.caller, it.function, it.line, it.is_recursive, it.own.live)).collect()
    }

    #[test]
    fn a_line_takes_the_place_of_an_outer_one_of_its_function() {
        let mut tree = Tree::default();
        let mut add = |steps: &[Step], live| tree.add(steps.iter().copied(), true, &own(live));
        add(&[line(0, 1), line(1, 5), line(2, 7)], 1);
        add(&[line(0, 1), line(1, 5), line(2, 7), line(1, 6)], 10);
        add(&[line(0, 1), line(1, 5)], 100);
        add(&[line(0, 1), line(1, 5), line(3, 9), line(1, 6)], 1000);
        add(&[line(0, 1), line(1, 5), line(1, 8)], 10_000);
        let paths = tree.into_paths();
        let expected = [
            (None, 0, 1, false, 0),
            (Some(0), 1, 5, false, 100),
            (Some(1), 2, 7, false, 1),
            (Some(0), 1, 6, true, 1010),
            (Some(0), 1, 8, false, 10_000),
        ];
        assert_eq!(shown(&paths), expected, "line 9 leads to nothing, and line 8 may be a closure");
        assert!(paths.are_sound(4));
    }

    #[test]
    fn blocks_of_no_known_line_are_outside_or_not_attributed() {
        let mut tree = Tree::default();
        let mut add =
            |steps: &[Step], whole, live| tree.add(steps.iter().copied(), whole, &own(live));
        add(&[], true, 1);
        add(&[], false, 10);
        add(&[line(0, 1), Step::UnknownLine], true, 100);
        add(&[Step::UnknownLine, line(0, 1)], false, 1000);
        add(&[line(0, 1), Step::LeftOut, line(1, 2)], true, 10_000);
        let paths = tree.into_paths();
        let expected = [(None, 0, 1, false, 1000), (Some(0), 1, 2, true, 10_000)];
        assert_eq!(shown(&paths), expected);
        assert_eq!((paths.outside.live, paths.unattributed.live), (1, 110));
        assert_eq!(paths.total().live, 11_111);
    }
}
