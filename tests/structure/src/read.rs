//! The syntax of a file → its names. Code that only tests compile is skipped.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Meta, Token, UseTree, Visibility};

use crate::names::{Kind, Names, Segments};

/// Reads the items of one module. Returns the modules inside, which the caller reads.
pub(crate) fn module(items: Vec<Item>, names: &mut Names) -> Vec<ItemMod> {
    let mut modules = Vec::new();
    for item in items {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {}
            Item::Mod(module) => modules.push(module),
            item => {
                define(&item, names);
                Reader { names }.visit_item(&item);
            }
        }
    }
    modules
}

/// Whether the attributes leave their item out of every build but the tests'.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|condition| is_false_without_tests(&condition))
        }
        _ => false,
    })
}

fn is_false_without_tests(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            let parts = parser.parse2(list.tokens.clone()).unwrap_or_default();
            let mut parts = parts.iter();
            list.path.is_ident("all") && parts.any(is_false_without_tests)
                || list.path.is_ident("any") && parts.all(is_false_without_tests)
        }
        Meta::NameValue(_) => false,
    }
}

/// Adds the name of an item that stands in the module itself.
fn define(item: &Item, names: &mut Names) {
    let (set, name) = match item {
        Item::Const(item) => (&mut names.values, &item.ident),
        Item::Enum(item) => (&mut names.types, &item.ident),
        Item::Fn(item) => (&mut names.values, &item.sig.ident),
        Item::Static(item) => (&mut names.values, &item.ident),
        Item::Struct(item) => (&mut names.types, &item.ident),
        Item::Trait(item) => (&mut names.types, &item.ident),
        Item::Type(item) => (&mut names.types, &item.ident),
        Item::Union(item) => (&mut names.types, &item.ident),
        Item::Macro(item) => return define_by_macro(item, names),
        _ => return,
    };
    set.insert(name.to_string());
}

/// The name of a `macro_rules!`, or what the call of a macro seems to define.
fn define_by_macro(item: &syn::ItemMacro, names: &mut Names) {
    if let Some(name) = &item.ident {
        names.values.insert(name.to_string());
        names.macros.insert(name.to_string());
        return;
    }
    let tokens: Vec<_> = item.mac.tokens.clone().into_iter().collect();
    for pair in tokens.windows(2) {
        if let [TokenTree::Ident(keyword), TokenTree::Ident(name)] = pair {
            let set = match keyword.to_string().as_str() {
                "enum" | "struct" | "type" => &mut names.types,
                "const" | "fn" | "static" => &mut names.values,
                _ => continue,
            };
            set.insert(name.to_string());
        }
    }
}

struct Reader<'a> {
    names: &'a mut Names,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    /// `pub(in path)` uses nothing of the module that it names.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &mut Vec::new(), is_private);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string());
        self.names.mention(segments.collect(), path.span().start().line, Kind::Other);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let path = call.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = call.path.span().start().line;
        self.names.mention(path, line, Kind::Macro);
        self.tokens(call.tokens.clone());
    }
}

impl Reader<'_> {
    /// Adds the leaves of a `use`. A public one is a re-export: code that uses its name depends on the
    /// file that defines it.
    fn import(&mut self, tree: &UseTree, prefix: &mut Segments, is_private: bool) {
        let (name, path, line) = match tree {
            UseTree::Path(tree) => {
                prefix.push(tree.ident.to_string());
                self.import(&tree.tree, prefix, is_private);
                prefix.pop();
                return;
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, prefix, is_private));
            }
            UseTree::Glob(glob) => {
                self.names.globs.push(prefix.clone());
                (None, prefix.clone(), glob.span())
            }
            UseTree::Name(name) if name.ident == "self" => {
                (prefix.last().cloned(), prefix.clone(), name.span())
            }
            UseTree::Name(name) => {
                (Some(name.ident.to_string()), joined(prefix, &name.ident), name.span())
            }
            UseTree::Rename(rename) if rename.ident == "self" => {
                (Some(rename.rename.to_string()), prefix.clone(), rename.span())
            }
            UseTree::Rename(rename) => {
                (Some(rename.rename.to_string()), joined(prefix, &rename.ident), rename.span())
            }
        };
        if is_private {
            self.names.mention(path.clone(), line.start().line, Kind::Import);
        }
        if let Some(name) = name {
            self.names.imports.entry(name).or_default().push(path);
        }
    }

    /// Mentions every path among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let is_member = at > 0 && is_sign(&tokens[at - 1], '.');
            at += 1;
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) if !is_member => {
                    let mut path = vec![ident.to_string()];
                    while let Some(segment) = next_segment(&tokens[at..]) {
                        path.push(segment);
                        at += 3;
                    }
                    let is_macro = tokens.get(at).is_some_and(|token| is_sign(token, '!'));
                    let kind = if is_macro { Kind::Macro } else { Kind::Other };
                    self.names.mention(path, ident.span().start().line, kind);
                }
                _ => {}
            }
        }
    }
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// The `name` of `::name`.
fn next_segment(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [one, two, TokenTree::Ident(name), ..] if is_sign(one, ':') && is_sign(two, ':') => {
            Some(name.to_string())
        }
        _ => None,
    }
}

fn joined(prefix: &Segments, name: &Ident) -> Segments {
    let mut path = prefix.clone();
    path.push(name.to_string());
    path
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
