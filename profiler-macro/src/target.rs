//! What the attribute may stand on, and every refusal.

use crate::args::Args;
use crate::diag::Errors;
use crate::items::{Item, Kind, is, is_word};
use crate::old::Old;
use crate::span::Extent;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Block, Error, Expr, FnModifiers, ImplItemFn, Safety, Signature, Stmt, Visibility,
    token,
};

/// An item with bodies in it.
pub(crate) enum Target {
    Plain(Plain),
    Function(Box<ImplItemFn>),
    /// An `impl` block, a trait or an inline module.
    Container(Container),
    /// A function that nobody can read.
    Unreadable(Item),
}

/// An item with items inside.
pub(crate) struct Container {
    /// All before the braces.
    pub(crate) header: Vec<TokenTree>,
    pub(crate) body: Group,
}

/// Reads the annotated item; what cannot be measured is an error.
pub(crate) fn parse(
    item: &TokenStream,
    args: &Args,
    old: &mut Old,
    errors: &mut Errors,
) -> Option<Target> {
    let target = match read(Item::whole(item.clone().into_iter().collect()), old) {
        Ok(target) => target,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    if let Target::Function(function) = &target
        && let Some(error) = refusal(&function.attrs, &function.sig)
    {
        errors.push(error);
    }
    if let Target::Container(_) = &target {
        if let Some(name) = &args.name {
            errors.at(name.span(), "`name` names one function; put it on a function inside");
        }
        if let Some(place) = args.budget.any() {
            errors.at(place, "a budget is one function's; put it on a function inside");
        }
    }
    Some(target)
}

fn read(item: Item, old: &mut Old) -> Result<Target, Error> {
    let keyword = |word| item.tokens.iter().find(|token| is_word(token, word)).map(TokenTree::span);
    let keyword = |word| keyword(word).unwrap_or_else(Span::call_site);
    match item.kind {
        Kind::Function if item.body().is_none() => Err(Error::new(
            keyword("fn"),
            "a function without a body has no lines; annotate the one that implements it",
        )),
        Kind::Module if item.body().is_none() => Err(Error::new(
            keyword("mod"),
            "the text of this module is in another file; annotate the items in there",
        )),
        Kind::Function => Ok(function(item, old)),
        Kind::Implementation | Kind::Trait | Kind::Module if item.body().is_some() => {
            Ok(container(item))
        }
        _ => Err(unsupported(item.tokens.into_iter())),
    }
}

/// A function with a body.
pub(crate) fn function(item: Item, old: &mut Old) -> Target {
    if let Some(function) = Plain::read(&item, old) {
        return Target::Plain(function);
    }
    let Some(function) = whole(&item, old) else { return Target::Unreadable(item) };
    Target::Function(Box::new(function))
}

/// An item with braces around others.
pub(crate) fn container(mut item: Item) -> Target {
    match item.tokens.pop() {
        Some(TokenTree::Group(body)) => Target::Container(Container { header: item.tokens, body }),
        last => Target::Unreadable(Item {
            tokens: item.tokens.into_iter().chain(last).collect(),
            ..item
        }),
    }
}

/// A function all of which is understood.
fn whole(item: &Item, old: &mut Old) -> Option<ImplItemFn> {
    let body = item.body()?;
    let header = &item.tokens[..item.tokens.len() - 1];
    let empty = TokenTree::from(Group::new(Delimiter::Brace, TokenStream::new()));
    let with = |header: TokenStream| header.into_iter().chain([empty.clone()]).collect();
    let header = TokenStream::from_iter(header.iter().cloned());
    let parse = |header| syn::parse2::<ImplItemFn>(with(header)).ok();
    let mut function = parse(header.clone()).or_else(|| parse(old.take_out(header)))?;
    let inside = |input: ParseStream| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (attributes, stmts) = inside.parse2(body.stream()).ok()?;
    function.attrs.extend(attributes);
    let brace_token = token::Brace { span: body.delim_span() };
    function.block = Block { brace_token, stmts: old.statements(stmts) };
    Some(function)
}

/// A function of which nothing but the body needs to be understood. Its header goes through as it is:
/// to parse and print signatures and documentation would be a good part of all that is to do.
pub(crate) struct Plain {
    /// All before the body.
    pub(crate) header: Vec<TokenTree>,
    /// How many tokens of the header are attributes.
    pub(crate) attributes: usize,
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) block: Block,
}

impl Plain {
    /// `None` for what has to be looked at in full: `const` and `async` functions, those with attributes
    /// inside or without a stack frame, and those that macros have put together.
    fn read(item: &Item, old: &mut Old) -> Option<Self> {
        let (TokenTree::Group(body), header) = item.tokens.split_last()? else { return None };
        let mut rest = header[item.attributes..].iter();
        let keyword = loop {
            match rest.next()? {
                TokenTree::Ident(word) if word == "fn" => break word.span(),
                TokenTree::Ident(word)
                    if ["async", "const", "gen"].iter().any(|own| word == own) =>
                {
                    return None;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => return None,
                _ => {}
            }
        };
        let Some(TokenTree::Ident(name)) = rest.next() else { return None };
        let mut inside = body.stream().into_iter();
        let is_attribute = is_mark(inside.next(), '#') && is_mark(inside.next(), '!');
        if body.delimiter() != Delimiter::Brace || is_attribute {
            return None;
        }
        let stmts = old.statements(body.stream());
        if is_assembly(&stmts) {
            return None;
        }
        let brace_token = token::Brace { span: body.delim_span() };
        let block = Block { brace_token, stmts };
        let (attributes, name, header) = (item.attributes, name.clone(), header.to_vec());
        Some(Self { attributes, keyword, name, block, header })
    }

    /// Which lines the function has.
    pub(crate) fn extent(&self, direct: bool) -> Extent<'_> {
        let start = self.header[self.attributes].span();
        Extent { start, body: &self.block, direct }
    }

    /// The header without its attributes.
    pub(crate) fn signature(&self) -> TokenStream {
        self.header[self.attributes..].iter().cloned().collect()
    }

    /// The function with one more attribute.
    pub(crate) fn into_tokens(mut self, attribute: &Attribute) -> TokenStream {
        let rest = self.header.split_off(self.attributes);
        let mut tokens = TokenStream::from_iter(self.header);
        attribute.to_tokens(&mut tokens);
        tokens.extend(rest);
        self.block.to_tokens(&mut tokens);
        tokens
    }
}

fn is_mark(token: Option<TokenTree>, mark: char) -> bool {
    token.is_some_and(|token| is(&token, mark))
}

/// Whether this is the body of a naked function.
fn is_assembly(stmts: &[Stmt]) -> bool {
    let only = match stmts {
        [Stmt::Macro(only)] => &only.mac,
        [Stmt::Expr(Expr::Macro(only), _)] => &only.mac,
        _ => return false,
    };
    only.path.segments.last().is_some_and(|last| last.ident == "naked_asm")
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
            "{found} has no lines that run; put `#[mem_profile]` on a function, an `impl` block, a trait or an inline module"
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
        let message = "a `const fn` may run in the compiler, where there is no memory to measure; \
            remove `const` or the attribute";
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

/// A function with a body, in whichever place it is defined.
pub(crate) struct Function<'a> {
    pub(crate) attributes: &'a mut Vec<Attribute>,
    pub(crate) visibility: &'a Visibility,
    pub(crate) modifiers: &'a FnModifiers,
    pub(crate) signature: &'a mut Signature,
    pub(crate) block: &'a mut Block,
}

impl<'a> Function<'a> {
    pub(crate) fn of(function: &'a mut ImplItemFn) -> Self {
        let ImplItemFn { attrs, vis, modifiers, sig, block } = function;
        Self { attributes: attrs, visibility: vis, modifiers, signature: sig, block }
    }

    /// Which lines the function has.
    pub(crate) fn extent(&self, direct: bool) -> Extent<'_> {
        Extent { start: self.start(), body: self.block, direct }
    }

    /// The first token after the attributes.
    fn start(&self) -> Span {
        // In full, so that a qualifier that Rust adds does not go unnoticed.
        let Signature {
            constness,
            asyncness,
            safety,
            abi,
            fn_token,
            ident: _,
            generics: _,
            paren_token: _,
            inputs: _,
            variadic: _,
            output: _,
        } = &*self.signature;
        let visibility = match self.visibility {
            Visibility::Public(public) => Some(public.span),
            Visibility::Restricted(restricted) => Some(restricted.pub_token.span),
            Visibility::Inherited => None,
        };
        let safety = match safety {
            Safety::Safe(safe) => Some(safe.span),
            Safety::Unsafe(unsafety) => Some(unsafety.span),
            Safety::Default => None,
        };
        visibility
            .or(self.modifiers.defaultness.map(|token| token.span))
            .or(constness.map(|token| token.span))
            .or(asyncness.map(|token| token.span))
            .or(safety)
            .or(abi.as_ref().map(|abi| abi.extern_token.span))
            .unwrap_or(fn_token.span)
    }
}
