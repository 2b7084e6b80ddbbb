//! A crate with the attribute on its functions: the same files, the same lines.

mod allocator;
mod attribute;
pub(crate) mod function;
pub(crate) mod insert;
mod item;
pub(crate) mod mirror;
mod module;
mod pattern;
mod text;
mod trivial;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::LineColumn;

use self::allocator::Allocators;
use self::function::Function;
use self::insert::{ATTRIBUTE, Insertion};
use self::module::SourceFile;
pub(crate) use self::module::normal;
pub(crate) use self::pattern::{Candidate, Patterns};
use self::text::Fault;

/// The sources of a crate, as they are.
pub(crate) struct Crate {
    root: PathBuf,
    files: Vec<(SourceFile, Vec<Function>)>,
    /// Files that cannot be read, with the line and the reason.
    pub(crate) faulty: Vec<(PathBuf, Fault)>,
}

/// What is done to a crate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Paths begin with `::` in the crate itself: before edition 2018.
    pub(crate) needs_extern_crate: bool,
    /// The counting allocator is added.
    pub(crate) adds_allocator: bool,
    /// The allocators of the crate are wrapped.
    pub(crate) wraps_allocator: bool,
    /// Functions that are left as they are, by file and first line.
    pub(crate) left_out: BTreeSet<(PathBuf, usize)>,
}

/// The files that differ, and what is in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rewritten {
    pub(crate) files: Vec<(PathBuf, String)>,
    pub(crate) functions: usize,
    /// An allocator of the crate counts, on whatever condition there is one.
    pub(crate) counts: bool,
}

impl Crate {
    /// Reads the crate that begins in `root`, an absolute path.
    pub(crate) fn read(root: &Path, name: &str) -> Self {
        let with_functions = |file: SourceFile| {
            let functions = function::functions(&file.tokens);
            (file, functions)
        };
        let files = module::files(root, name);
        Self {
            root: normal(root),
            files: files.read.into_iter().map(with_functions).collect(),
            faulty: files.faulty,
        }
    }

    /// All files that the crate is known to be made of.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(file, _)| file.path.as_path())
    }

    /// What texts in the crate name outside of `base`, relative to their files, as in
    /// `include_str!("../../LICENSE")`.
    pub(crate) fn outside(&self, base: &Path) -> Vec<PathBuf> {
        let mut outside = Vec::new();
        for (file, _) in &self.files {
            let Some(folder) = file.path.parent() else { continue };
            for part in file.text.split('"').filter(|part| part.starts_with("../")) {
                let path = normal(&folder.join(part));
                if !path.starts_with(base) && !base.starts_with(&path) && path.exists() {
                    outside.push(path);
                }
            }
        }
        outside
    }

    /// Each function with its file and path.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (&Path, String, &Function)> {
        self.files.iter().flat_map(|(file, functions)| {
            functions.iter().map(|function| {
                let path = format!("{}::{}", file.module, function.path);
                (file.path.as_path(), path, function)
            })
        })
    }

    /// Whether it does without the standard library, which the runtime needs.
    pub(crate) fn is_bare(&self) -> bool {
        let root = self.files.iter().find(|(file, _)| file.path == self.root);
        let mut attributes = root.iter().flat_map(|(file, _)| attribute::of_file(&file.tokens));
        attributes.any(|it| it.is("no_std") || it.is("no_main"))
    }

    /// The function that is measured around a line.
    pub(crate) fn around(&self, file: &Path, line: usize) -> Option<(&Path, &Function)> {
        let (file, functions) = self.files.iter().find(|it| it.0.path == file)?;
        let around = functions.iter().filter(|function| function.lines.contains(&line));
        let innermost = around.max_by_key(|function| *function.lines.start())?;
        Some((&file.path, innermost))
    }

    /// The crate with the attribute on the functions that `patterns` choose.
    pub(crate) fn rewritten(&self, patterns: &Patterns, plan: &Plan) -> Rewritten {
        let mut rewritten = Rewritten::default();
        for (file, functions) in &self.files {
            let mut insertions = attributes(file, functions, patterns, plan);
            rewritten.functions += insertions.len();
            if plan.wraps_allocator {
                let allocators = Allocators::of(&file.tokens);
                rewritten.counts |= allocators.found;
                insertions.extend(allocators.wrapping);
            }
            if file.path == self.root {
                if plan.needs_extern_crate {
                    insertions.push(Insertion::new(END, EXTERN_CRATE));
                }
                if plan.adds_allocator {
                    insertions.push(Insertion::new(END, allocator::OURS));
                }
            }
            if !insertions.is_empty() {
                let text = insert::insert(&file.text, &insertions);
                rewritten.files.push((file.path.clone(), text));
            }
        }
        rewritten
    }
}

/// At the end, where no function is that would show it in its source.
const EXTERN_CRATE: &str = "\n#[allow(unused_extern_crates)] extern crate mem_profile;\n";
const END: LineColumn = LineColumn { line: usize::MAX, column: 0 };

fn attributes(
    file: &SourceFile,
    functions: &[Function],
    patterns: &Patterns,
    plan: &Plan,
) -> Vec<Insertion> {
    let paths: Vec<_> =
        functions.iter().map(|it| format!("{}::{}", file.module, it.path)).collect();
    let candidate = |(function, path)| Candidate { file: &file.path, path, function };
    let candidates: Vec<_> =
        functions.iter().zip(paths.iter().map(String::as_str)).map(candidate).collect();
    let chosen = functions.iter().zip(patterns.choose(&candidates)).filter(|it| it.1);
    let wanted = chosen
        .map(|(function, _)| function)
        .filter(|function| !plan.left_out.contains(&(file.path.clone(), *function.lines.start())));
    wanted.map(|function| Insertion::new(function.start, ATTRIBUTE)).collect()
}
