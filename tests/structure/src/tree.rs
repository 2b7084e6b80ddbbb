//! The files below a crate's root → modules, and which file defines a name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ItemMod, Lit, Meta, MetaNameValue, Token};

use crate::graph::Graph;
use crate::names::{Kind, Mention, Names, Segments};
use crate::read;

/// Reads a file, if it is there.
pub type Files<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The modules of a folder of sources, from each root that it has.
pub struct Tree {
    modules: Vec<Module>,
    /// The file of each `macro_rules!`.
    macros: BTreeMap<String, BTreeSet<PathBuf>>,
    library: Option<usize>,
    name: String,
}

struct Module {
    file: PathBuf,
    root: usize,
    parent: Option<usize>,
    /// More than one where conditions choose a file.
    children: BTreeMap<String, Vec<usize>>,
    names: Names,
}

/// Where a module is, for the files of the modules inside.
struct Place {
    file: PathBuf,
    /// Where `mod name;` looks for its file.
    folder: PathBuf,
    parent: Option<usize>,
}

/// The target of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    Item { file: PathBuf, name: String },
}

impl Tree {
    /// Reads the crate of this name, as code spells it, of which `lib.rs` and `main.rs` are roots.
    pub fn read(name: &str, files: Files<'_>) -> Self {
        let (modules, macros) = (Vec::new(), BTreeMap::new());
        let mut tree = Self { modules, macros, library: None, name: name.to_owned() };
        for root in ["lib.rs", "main.rs"] {
            let file = PathBuf::from(root);
            if let Some(text) = files(&file) {
                let place = Place { file, folder: PathBuf::new(), parent: None };
                let module = tree.add_file(place, &text, files);
                if root == "lib.rs" {
                    tree.library = module;
                }
            }
        }
        assert!(!tree.modules.is_empty(), "{name} has neither `lib.rs` nor `main.rs`");
        tree
    }

    fn add_file(&mut self, place: Place, text: &str, files: Files<'_>) -> Option<usize> {
        let syntax = syn::parse_file(text)
            .unwrap_or_else(|error| panic!("{}: {error}", place.file.display()));
        let is_for_tests = read::is_for_tests(&syntax.attrs);
        (!is_for_tests).then(|| self.add_module(place, syntax.items, files))
    }

    fn add_module(&mut self, place: Place, items: Vec<syn::Item>, files: Files<'_>) -> usize {
        let number = self.modules.len();
        let mut names = Names::default();
        let inside = read::module(items, &mut names);
        for name in &names.macros {
            self.macros.entry(name.clone()).or_default().insert(place.file.clone());
        }
        let root = place.parent.map_or(number, |parent| self.modules[parent].root);
        let (file, parent, children) = (place.file.clone(), place.parent, BTreeMap::new());
        self.modules.push(Module { file, root, parent, children, names });
        for module in inside {
            let name = module.ident.to_string();
            let children = self.add_child(&place, number, module, files);
            self.modules[number].children.entry(name).or_default().extend(children);
        }
        number
    }

    fn add_child(
        &mut self,
        place: &Place,
        parent: usize,
        module: ItemMod,
        files: Files<'_>,
    ) -> Vec<usize> {
        let name = module.ident.to_string();
        let folder = place.folder.join(&name);
        if let Some((_, items)) = module.content {
            let place = Place { file: place.file.clone(), folder, parent: Some(parent) };
            return vec![self.add_module(place, items, files)];
        }
        let parent_file = &place.file;
        let beside = parent_file.parent().expect("a file is in a folder");
        let candidates: Vec<_> =
            chosen_files(&module).iter().map(|file| beside.join(file)).collect();
        let mut found = false;
        // The modules in a file that is chosen by its path are beside it.
        let mut place = |file: PathBuf, folder: &Path| {
            let text = files(&file)?;
            found = true;
            self.add_file(
                Place { file, folder: folder.to_owned(), parent: Some(parent) },
                &text,
                files,
            )
        };
        let mut children: Vec<_> =
            candidates.into_iter().filter_map(|file| place(file, beside)).collect();
        if children.is_empty() {
            children.extend(place(folder.with_extension("rs"), &folder));
            children.extend(place(folder.join("mod.rs"), &folder));
        }
        assert!(found, "`mod {name};` of {} has no file", parent_file.display());
        children
    }

    /// The dependencies between the files.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (number, module) in self.modules.iter().enumerate() {
            for mention in &module.names.mentions {
                for (file, name) in self.items(number, mention) {
                    graph.add(&module.file, &file, mention.line, &name);
                }
            }
        }
        graph
    }

    /// The items that a mention may mean, each with its file.
    fn items(&self, module: usize, mention: &Mention) -> BTreeSet<(PathBuf, String)> {
        let targets = self.resolve(module, &mention.path, &mut Vec::new());
        // `use crate::report;` imports the module. A function of the same name is found where it is called.
        let is_module = targets.iter().any(|target| matches!(target, Target::Module(_)));
        if mention.kind == Kind::Import && is_module {
            return BTreeSet::new();
        }
        let items = targets.into_iter().filter_map(|target| match target {
            Target::Item { file, name } => Some((file, name)),
            Target::Module(_) => None,
        });
        let items: BTreeSet<_> = items.collect();
        match &mention.path[..] {
            [name] if items.is_empty() && mention.kind == Kind::Macro => {
                let files = self.macros.get(name).into_iter().flatten();
                files.map(|file| (file.clone(), format!("{name}!"))).collect()
            }
            _ => items,
        }
    }

    /// The first names of all paths that are imported, other crates among them.
    pub fn imported(&self) -> BTreeSet<&str> {
        let names = self.modules.iter().map(|module| &module.names);
        let paths = names.flat_map(|names| names.imports.values().flatten().chain(&names.globs));
        paths.filter_map(|path| path.first()).map(String::as_str).collect()
    }

    /// The target of a path in a module. `following` are the imports that led here.
    fn resolve(
        &self,
        module: usize,
        path: &[String],
        following: &mut Vec<(usize, Segments)>,
    ) -> BTreeSet<Target> {
        let this = &self.modules[module];
        let Some((first, rest)) = path.split_first() else {
            return BTreeSet::from([Target::Module(module)]);
        };
        match (first.as_str(), this.parent, self.library) {
            ("crate", ..) => self.resolve(this.root, rest, following),
            ("self", ..) => self.resolve(module, rest, following),
            ("super", Some(parent), _) => self.resolve(parent, rest, following),
            (name, _, Some(library)) if name == self.name => self.resolve(library, rest, following),
            _ => self.look_up(module, first, rest, following),
        }
    }

    fn look_up(
        &self,
        module: usize,
        name: &str,
        rest: &[String],
        following: &mut Vec<(usize, Segments)>,
    ) -> BTreeSet<Target> {
        let this = &self.modules[module];
        let mut targets = BTreeSet::new();
        let is_value = rest.is_empty() && this.names.values.contains(name);
        if is_value || this.names.types.contains(name) {
            targets.insert(Target::Item { file: this.file.clone(), name: name.to_owned() });
        }
        for child in this.children.get(name).into_iter().flatten() {
            targets.extend(self.resolve(*child, rest, following));
        }
        let imports = this.names.imports.get(name).into_iter().flatten();
        for import in imports {
            targets.extend(self.follow(module, import, rest, following));
        }
        if targets.is_empty() {
            for glob in &this.names.globs {
                let rest = [&[name.to_owned()][..], rest].concat();
                targets.extend(self.follow(module, glob, &rest, following));
            }
        }
        targets
    }

    /// The target of the rest of a path behind an import, unless that import is being followed already.
    fn follow(
        &self,
        module: usize,
        import: &Segments,
        rest: &[String],
        following: &mut Vec<(usize, Segments)>,
    ) -> BTreeSet<Target> {
        let step = (module, import.clone());
        if following.contains(&step) {
            return BTreeSet::new();
        }
        following.push(step);
        let targets = self.resolve(module, &[import, rest].concat(), following);
        following.pop();
        targets
    }
}

/// Each `file.rs` of `#[path = "file.rs"]` and `#[cfg_attr(condition, path = "file.rs")]`.
fn chosen_files(module: &ItemMod) -> Vec<String> {
    let paths = module.attrs.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            parser.parse2(list.tokens.clone()).ok()?.into_iter().nth(1)
        }
        meta => Some(meta.clone()),
    });
    let files = paths.filter_map(|meta| match meta {
        Meta::NameValue(MetaNameValue { path, value: Expr::Lit(value), .. }) => match value.lit {
            Lit::Str(file) if path.is_ident("path") => Some(file.value()),
            _ => None,
        },
        _ => None,
    });
    files.collect()
}
