//! Rewrites the sources of a crate with the attribute on its functions, without moving a line.
//!
//! This library finds the functions of a crate by their tokens, and inserts text between tokens. It never
//! writes a file, never prints a syntax tree, and never moves a line. `cargo mem-profile run` decides which
//! functions are annotated, and compiles the result.

#![forbid(unsafe_code)]

mod allocator;
mod attribute;
mod condition;
mod function;
mod insert;
mod item;
mod module;
mod text;
mod trivial;

use std::collections::BTreeSet;
use std::iter;
use std::path::{Path, PathBuf};

use proc_macro2::LineColumn;

use self::allocator::Allocators;
pub use self::condition::Conditions;
pub use self::function::Function;
use self::insert::{ATTRIBUTE, Insertion};
use self::module::SourceFile;
pub use self::module::normal;
pub use self::text::Fault;

/// The original sources of a crate.
pub struct Crate {
    root: PathBuf,
    files: Vec<(SourceFile, Vec<Function>)>,
    /// Files that cannot be read, with the line and the reason.
    pub faulty: Vec<(PathBuf, Fault)>,
}

/// Changes to a crate.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Whether `extern crate` is needed: before edition 2018.
    pub needs_extern_crate: bool,
    /// Whether the counting allocator is added.
    pub adds_allocator: bool,
    /// Whether the allocators of the crate are wrapped.
    pub wraps_allocator: bool,
    /// The functions that get the attribute.
    pub functions: BTreeSet<FunctionId>,
}

/// A function and its file.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// An absolute path.
    pub file: &'a Path,
    /// Its path from the name of the crate.
    pub path: String,
    /// The function itself.
    pub function: &'a Function,
    /// Its lines, as they stand in the file.
    pub source: &'a str,
}

/// Identifies a function by its file and position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionId {
    /// An absolute path.
    pub file: PathBuf,
    /// Where the attribute goes.
    pub start: LineColumn,
}

/// The text of a file with the attribute on each function that lacks it, and the number of these.
///
/// # Errors
/// If the text is not Rust of any edition.
pub fn annotated(text: &str) -> Result<(String, usize), Fault> {
    let functions = function::functions(&text::read(text)?);
    let bare = functions.iter().filter(|function| function.measured_if.is_empty());
    let insertions: Vec<_> =
        bare.map(|function| Insertion::new(function.start, ATTRIBUTE)).collect();
    Ok((insert::insert(text, &insertions), insertions.len()))
}

impl Crate {
    /// Reads the crate whose root file is `root`, an absolute path.
    pub fn read(root: &Path, name: &str) -> Self {
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

    /// All known files of the crate.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(file, _)| file.path.as_path())
    }

    /// Paths outside of `base` in string literals, relative to their files, as in
    /// `include_str!("../../LICENSE")`.
    pub fn outside(&self, base: &Path) -> Vec<PathBuf> {
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
    pub fn functions(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.files.iter().flat_map(candidates)
    }

    /// Whether it does not use the standard library, which the runtime needs.
    pub fn is_bare(&self) -> bool {
        let root = self.files.iter().find(|(file, _)| file.path == self.root);
        let mut attributes = root.iter().flat_map(|(file, _)| attribute::of_file(&file.tokens));
        attributes.any(|it| it.is("no_std") || it.is("no_main"))
    }

    /// Whether one of its statics is a global allocator, under any condition.
    pub fn has_allocator(&self) -> bool {
        self.files.iter().any(|(file, _)| Allocators::of(&file.tokens).found)
    }

    /// Those of `functions` that contain a line: the innermost one, or several that begin on one line.
    pub fn around(
        &self,
        functions: &BTreeSet<FunctionId>,
        file: &Path,
        line: usize,
    ) -> Vec<FunctionId> {
        let own = self.files.iter().filter(|it| it.0.path == file);
        let all = own.flat_map(|(file, functions)| functions.iter().map(|it| (it, id(file, it))));
        let around = all.filter(|(it, id)| it.lines.contains(&line) && functions.contains(id));
        let around: Vec<_> = around.collect();
        let innermost = around.iter().map(|(it, _)| *it.lines.start()).max();
        let around = around.into_iter().filter(|(it, _)| Some(*it.lines.start()) == innermost);
        around.map(|(_, id)| id).collect()
    }

    /// Whether some functions have the attribute only under conditions.
    pub fn is_conditional(&self) -> bool {
        let mut conditions = self.functions().flat_map(|it| &it.function.measured_if);
        conditions.any(|condition| condition != "true")
    }

    /// The functions without the attribute that `choose` selects. It is called once for each file.
    pub fn chosen(
        &self,
        choose: impl Fn(&[Candidate]) -> Vec<bool>,
        held: &Conditions,
    ) -> BTreeSet<FunctionId> {
        let mut chosen = BTreeSet::new();
        for both in &self.files {
            let candidates: Vec<_> = candidates(both).collect();
            let flags = candidates.iter().zip(choose(&candidates));
            let is_measured = |it: &Function| it.measured_if.iter().any(|it| held.hold(it));
            let wanted = flags.filter(|it| it.1 && !is_measured(it.0.function));
            chosen.extend(wanted.map(|(it, _)| id(&both.0, it.function)));
        }
        chosen
    }

    /// The files that a plan changes, with their new text.
    pub fn rewritten(&self, plan: &Plan) -> Vec<(PathBuf, String)> {
        let mut rewritten = Vec::new();
        for (file, functions) in &self.files {
            let wanted = functions.iter().filter(|it| plan.functions.contains(&id(file, it)));
            let mut insertions: Vec<_> =
                wanted.map(|function| Insertion::new(function.start, ATTRIBUTE)).collect();
            if plan.wraps_allocator {
                insertions.extend(Allocators::of(&file.tokens).wrapping);
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
                rewritten.push((file.path.clone(), text));
            }
        }
        rewritten
    }
}

/// Inserted at the end, so that no function has it in its source.
const EXTERN_CRATE: &str = "\n#[allow(unused_extern_crates)] extern crate mem_profile;\n";
const END: LineColumn = LineColumn { line: usize::MAX, column: 0 };

fn candidates(
    (file, functions): &(SourceFile, Vec<Function>),
) -> impl Iterator<Item = Candidate<'_>> {
    let ends = file.text.match_indices('\n').map(|(at, _)| at + 1);
    let starts: Vec<_> = iter::once(0).chain(ends).collect();
    // The first line has the number 1. Behind the last one the file ends.
    let start = move |line: usize| starts.get(line - 1).copied().unwrap_or(file.text.len());
    functions.iter().map(move |function| Candidate {
        file: &file.path,
        path: format!("{}::{}", file.module, function.path),
        function,
        source: &file.text[start(*function.lines.start())..start(function.lines.end() + 1)],
    })
}

fn id(file: &SourceFile, function: &Function) -> FunctionId {
    FunctionId { file: file.path.clone(), start: function.start }
}
