//! A function with a body: parsed in full, or its body alone.

use crate::items::{Item, is_punct};
use crate::old_syntax::OldSyntax;
use crate::rows::Extent;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Block, Expr, FnModifiers, ImplItemFn, Safety, Signature, Stmt, Visibility, token,
};

/// The function, parsed in full.
pub(crate) fn parse_whole(item: &Item, old: &mut OldSyntax) -> Option<ImplItemFn> {
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

/// A function whose body alone is parsed. Its header is copied.
///
/// PERF: 8.03 → 7.80 million instructions of rustc a function of three lines (docs/costs.md), without
/// documentation, which would be parsed and printed as well.
pub(crate) struct BodyOnly {
    /// The tokens before the body.
    pub(crate) header: Vec<TokenTree>,
    /// The number of tokens of the header that are attributes.
    pub(crate) attributes: usize,
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) block: Block,
}

impl BodyOnly {
    /// `None` for functions that have to be parsed in full: `const` and `async` ones, naked ones, those with
    /// inner attributes, and those that macros have assembled.
    pub(crate) fn read(item: &Item, old: &mut OldSyntax) -> Option<Self> {
        let (TokenTree::Group(body), header) = item.tokens.split_last()? else { return None };
        let mut rest = header[item.attributes..].iter();
        let keyword = loop {
            match rest.next()? {
                TokenTree::Ident(word) if word == "fn" => break word.span(),
                TokenTree::Ident(word)
                    if ["async", "const", "gen"].iter().any(|other| word == other) =>
                {
                    return None;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => return None,
                _ => {}
            }
        };
        let Some(TokenTree::Ident(name)) = rest.next() else { return None };
        let mut inside = body.stream().into_iter();
        let is_attribute =
            is_optional_punct(inside.next(), '#') && is_optional_punct(inside.next(), '!');
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

    /// The tokens that decide which lines the function has.
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

fn is_optional_punct(token: Option<TokenTree>, mark: char) -> bool {
    token.is_some_and(|token| is_punct(&token, mark))
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

/// A function with a body: free, or in an `impl` block or a trait.
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

    /// The tokens that decide which lines the function has.
    pub(crate) fn extent(&self, direct: bool) -> Extent<'_> {
        Extent { start: self.start(), body: self.block, direct }
    }

    /// The first token after the attributes.
    fn start(&self) -> Span {
        // All fields, so that a qualifier that Rust adds does not compile unnoticed.
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
