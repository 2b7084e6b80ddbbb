//! Finds the files of a crate: from its root through `mod` and `include!`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{LitStr, Meta, Token};

use super::attribute::Attribute;
use super::item::{Kind, Part, parts};
use super::text::{self, Fault};

/// A file with items of a crate.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    /// Path of the module, from the name of the crate.
    pub(crate) module: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<TokenTree>,
}

/// The files of a crate.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) read: Vec<SourceFile>,
    /// Files that cannot be read. That is no error, since they may belong to another system.
    pub(crate) faulty: Vec<(PathBuf, Fault)>,
}

/// The files of the crate with this root.
pub(crate) fn files(root: &Path, crate_name: &str) -> Files {
    let mut walk = Walk::default();
    let folder = parent(root);
    walk.file(root, crate_name, folder);
    walk.files
}

/// Removes `.` and `..` from a path, by its text alone.
pub fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = normal.pop(),
            other => normal.push(other),
        }
    }
    normal
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map_or_else(PathBuf::new, Path::to_owned)
}

#[derive(Default)]
struct Walk {
    files: Files,
    seen: BTreeSet<PathBuf>,
}

/// The context of a `mod`.
struct Place<'a> {
    module: &'a str,
    /// Folder of the files of its modules.
    folder: &'a Path,
    /// Base of `#[path]`: the folder of the file, unless an inline module is in between.
    base: &'a Path,
}

impl Walk {
    /// Reads a file whose modules lie in `folder`.
    fn file(&mut self, path: &Path, module: &str, folder: PathBuf) {
        let path = normal(path);
        if !self.seen.insert(path.clone()) {
            return;
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                return self
                    .files
                    .faulty
                    .push((path, Fault { line: 1, reason: error.to_string() }));
            }
        };
        match text::read(&text) {
            Ok(tokens) => {
                let base = parent(&path);
                self.items(&tokens, &Place { module, folder: &folder, base: &base });
                self.files.read.push(SourceFile { path, module: module.to_owned(), text, tokens });
            }
            Err(fault) => self.files.faulty.push((path, fault)),
        }
    }

    fn items(&mut self, tokens: &[TokenTree], place: &Place) {
        for part in parts(tokens) {
            match part {
                Part::Item(item) => {
                    if let Kind::Module(name, content) = &item.kind {
                        self.module(name, &item.attributes, *content, place);
                    }
                }
                Part::Macro { name, input } if name == "include" => {
                    if let Ok(path) = syn::parse2::<LitStr>(input.stream()) {
                        let path = place.base.join(path.value());
                        self.file(&path, place.module, parent(&path));
                    }
                }
                Part::Macro { input, .. } => self.macro_input(input.stream(), place),
                Part::Rules(_) | Part::Group(_) => {}
            }
        }
    }

    fn module(
        &mut self,
        name: &str,
        attributes: &[Attribute],
        content: Option<&Group>,
        place: &Place,
    ) {
        let inner = format!("{}::{name}", place.module);
        let paths = given_paths(attributes);
        let Some(content) = content else {
            return self.declared(name, &inner, &paths, place);
        };
        let items: Vec<_> = content.stream().into_iter().collect();
        let plain = place.folder.join(name);
        let given = paths.iter().map(|path| place.base.join(path));
        for folder in given.chain([plain]) {
            self.items(&items, &Place { module: &inner, folder: &folder, base: &folder });
        }
    }

    /// `mod name;`
    fn declared(&mut self, name: &str, module: &str, paths: &[String], place: &Place) {
        for path in paths {
            let path = place.base.join(path);
            self.file(&path, module, parent(&path));
        }
        // Also with paths, since these may apply to some systems only.
        let name = name.trim_start_matches("r#");
        let folder = place.folder.join(name);
        self.file(&place.folder.join(format!("{name}.rs")), module, folder.clone());
        self.file(&folder.join("mod.rs"), module, folder.clone());
    }

    /// Searches the input of a macro for `mod name;`, as in `cfg_if! { … }`.
    fn macro_input(&mut self, tokens: TokenStream, place: &Place) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match (token, tokens.get(index + 1..index + 3)) {
                (TokenTree::Group(group), _) => self.macro_input(group.stream(), place),
                (TokenTree::Ident(word), Some([TokenTree::Ident(name), TokenTree::Punct(end)]))
                    if word == "mod" && end.as_char() == ';' =>
                {
                    let name = name.to_string();
                    self.declared(&name, &format!("{}::{name}", place.module), &[], place);
                }
                _ => {}
            }
        }
    }
}

/// The paths of a module from `#[path = "…"]`, including those under conditions.
fn given_paths(attributes: &[Attribute]) -> Vec<String> {
    let mut paths = Vec::new();
    for attribute in attributes {
        if let Ok(meta) = syn::parse2(attribute.content.clone()) {
            collect_paths(&meta, &mut paths);
        }
    }
    paths
}

fn collect_paths(meta: &Meta, paths: &mut Vec<String>) {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => {
            if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &pair.value {
                paths.push(path.value());
            }
        }
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            type Metas = syn::punctuated::Punctuated<Meta, Token![,]>;
            let inner = list.parse_args_with(Metas::parse_terminated);
            inner.iter().flatten().skip(1).for_each(|meta| collect_paths(meta, paths));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_another_file_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "lib.rs",
            "mod a; mod b { mod c; } #[path = \"odd/x.rs\"] mod d;\n\
             #[cfg_attr(unix, path = \"unix.rs\")] mod system;\n\
             cfg_if! { if #[cfg(x)] { mod e; } }\ninclude!(\"f.rs\");\nmod absent;",
        );
        write("a/mod.rs", "mod g;");
        write("a/g.rs", "mod h;");
        write("a/g/h.rs", "#[path = \"up.rs\"] mod up; mod inline { #[path = \"p.rs\"] mod p; }");
        write("a/g/up.rs", "");
        write("a/g/h/inline/p.rs", "");
        write("b/c.rs", "");
        write("odd/x.rs", "mod y;");
        write("odd/y.rs", "");
        write("unix.rs", "");
        write("e.rs", "\nthis is { no Rust");
        write("f.rs", "fn included() {}");
        let files = files(&folder.path().join("lib.rs"), "k");
        assert_eq!((files.faulty.len(), files.faulty[0].1.line), (1, 2));
        let mut found: Vec<_> = files
            .read
            .iter()
            .map(|file| {
                let path = file.path.strip_prefix(folder.path()).unwrap();
                format!("{} {}", path.display(), file.module)
            })
            .collect();
        found.sort();
        insta::assert_snapshot!(found.join("\n"), @r"
        a/g.rs k::a::g
        a/g/h.rs k::a::g::h
        a/g/h/inline/p.rs k::a::g::h::inline::p
        a/g/up.rs k::a::g::h::up
        a/mod.rs k::a
        b/c.rs k::b::c
        f.rs k
        lib.rs k
        odd/x.rs k::d
        odd/y.rs k::d::y
        unix.rs k::system
        ");
    }
}
