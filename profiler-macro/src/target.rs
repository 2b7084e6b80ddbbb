//! Items that the attribute may stand on, and an error for each of the others.

use crate::args::Args;
use crate::diag::Errors;
use crate::function::{BodyOnly, parse_whole};
use crate::items::{Item, ItemKind, is_ident};
use crate::old_syntax::OldSyntax;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{Attribute, Error, ImplItemFn, Signature};

/// An item that contains bodies.
pub(crate) enum Target {
    BodyOnly(BodyOnly),
    Parsed(Box<ImplItemFn>),
    /// An `impl` block, a trait or an inline module.
    Container(Container),
    /// A function that cannot be parsed.
    Unparsed(Item),
}

/// An item that contains items.
pub(crate) struct Container {
    /// The tokens before the braces.
    pub(crate) header: Vec<TokenTree>,
    pub(crate) body: Group,
}

/// Parses the annotated item. One that cannot be measured is an error.
pub(crate) fn parse(
    item: &TokenStream,
    args: &Args,
    old: &mut OldSyntax,
    errors: &mut Errors,
) -> Option<Target> {
    let target = match read(Item::whole(item.clone().into_iter().collect()), old) {
        Ok(target) => target,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    if let Target::Parsed(function) = &target
        && let Some(error) = refusal(&function.attrs, &function.sig)
    {
        errors.push(error);
    }
    if let Target::Container(_) = &target {
        if let Some(name) = &args.name {
            errors.at(
                name.span(),
                "`name` applies to one function; put it on a function inside this item",
            );
        }
        if let Some(span) = args.budget.span() {
            errors.at(
                span,
                "a budget applies to one function; put it on a function inside this item",
            );
        }
    }
    Some(target)
}

fn read(item: Item, old: &mut OldSyntax) -> Result<Target, Error> {
    let keyword =
        |word| item.tokens.iter().find(|token| is_ident(token, word)).map(TokenTree::span);
    let keyword = |word| keyword(word).unwrap_or_else(Span::call_site);
    match item.kind {
        ItemKind::Function if item.body().is_none() => Err(Error::new(
            keyword("fn"),
            "this function has no body to measure; annotate its implementation instead",
        )),
        ItemKind::Module if item.body().is_none() => Err(Error::new(
            keyword("mod"),
            "the body of this module is in another file; annotate the items in that file",
        )),
        ItemKind::Function => Ok(function(item, old)),
        ItemKind::Implementation | ItemKind::Trait | ItemKind::Module if item.body().is_some() => {
            Ok(container(item))
        }
        _ => Err(unsupported(item.tokens.into_iter())),
    }
}

/// A function with a body.
pub(crate) fn function(item: Item, old: &mut OldSyntax) -> Target {
    if let Some(function) = BodyOnly::read(&item, old) {
        return Target::BodyOnly(function);
    }
    let Some(function) = parse_whole(&item, old) else { return Target::Unparsed(item) };
    Target::Parsed(Box::new(function))
}

/// An item whose braces contain items.
pub(crate) fn container(mut item: Item) -> Target {
    match item.tokens.pop() {
        Some(TokenTree::Group(body)) => Target::Container(Container { header: item.tokens, body }),
        last => {
            Target::Unparsed(Item { tokens: item.tokens.into_iter().chain(last).collect(), ..item })
        }
    }
}

/// The error for any other kind of item, on its keyword.
fn unsupported(tokens: impl Iterator<Item = TokenTree>) -> Error {
    let mut tokens = tokens.peekable();
    let mut keyword = tokens.next();
    while let Some(TokenTree::Punct(_)) = &keyword {
        tokens.next_if(|token| matches!(token, TokenTree::Group(_)));
        keyword = tokens.next();
    }
    if matches!(&keyword, Some(TokenTree::Ident(ident)) if ident == "pub") {
        let is_scope = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
        tokens.next_if(is_scope);
        keyword = tokens.next();
    }
    if matches!(&keyword, Some(TokenTree::Ident(ident)) if ident == "unsafe") {
        keyword = tokens.next();
    }
    let span = keyword.as_ref().map_or_else(Span::call_site, TokenTree::span);
    let found = keyword.map_or_else(|| "this".to_owned(), |token| format!("`{token}`"));
    Error::new(
        span,
        format!(
            "{found} contains no code that runs; put `#[mem_profile]` on a function, an `impl` block, a trait or an inline module"
        ),
    )
}

/// Whether a function inside an annotated item cannot be measured.
pub(crate) fn is_refused(function: &ImplItemFn) -> bool {
    refusal(&function.attrs, &function.sig).is_some()
}

/// Why a function with a body cannot be measured.
fn refusal(attributes: &[Attribute], signature: &Signature) -> Option<Error> {
    if let Some(constant) = &signature.constness {
        let message = "a `const fn` may run at compile time, where no memory can be measured; \
            remove `const` or `#[mem_profile]`";
        return Some(Error::new(constant.span, message));
    }
    let naked = attributes.iter().find(|attribute| is_naked(attribute))?;
    let message = "a naked function has no statements to measure; remove `#[mem_profile]`";
    Some(Error::new_spanned(&naked.meta, message))
}

/// `#[naked]` or `#[unsafe(naked)]`.
fn is_naked(attribute: &Attribute) -> bool {
    let inner = || attribute.meta.require_list().map(|list| list.tokens.to_string());
    attribute.path().is_ident("naked")
        || attribute.path().is_ident("unsafe") && inner().is_ok_and(|inner| inner == "naked")
}
