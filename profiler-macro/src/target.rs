//! What the attribute may stand on, and every refusal.

use crate::args::Args;
use crate::diag::Errors;
use crate::span::Extent;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Block, Error, Expr, FnModifiers, ForeignItemFn, ImplItemFn, Item, ItemFn, ItemImpl,
    ItemMod, ItemTrait, Safety, Signature, Stmt, Token, TraitItemFn, Visibility, token,
};

/// An item with bodies in it.
pub(crate) enum Target {
    Plain(Plain),
    Function(ImplItemFn),
    Impl(ItemImpl),
    Trait(ItemTrait),
    Module(ItemMod),
}

/// Reads the annotated item; what cannot be measured is an error.
pub(crate) fn parse(item: &TokenStream, args: &Args, errors: &mut Errors) -> Option<Target> {
    let target = match read(item.clone()) {
        Ok(target) => target,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    match (&target, &args.name) {
        (Target::Plain(_), _) => {}
        (Target::Function(function), _) => {
            if let Some(error) = refusal(&function.attrs, &function.sig) {
                errors.push(error);
            }
        }
        (_, Some(name)) => {
            errors.at(name.span(), "`name` names one function; put it on a function inside");
        }
        (_, None) => {}
    }
    let is_function = matches!(target, Target::Plain(_) | Target::Function(_));
    if let (Some(place), false) = (args.budget.place, is_function) {
        errors.at(place, "a budget is one function's; put it on a function inside");
    }
    Some(target)
}

fn read(item: TokenStream) -> Result<Target, Error> {
    // By far the most items are functions, and trying them first spares the parser's guesses.
    let tokens = Vec::from_iter(item.clone());
    if is_function(&tokens) {
        if let Some(function) = Plain::read(tokens) {
            return Ok(Target::Plain(function));
        }
        if let Ok(function) = syn::parse2(item.clone()) {
            return Ok(Target::Function(function));
        }
    }
    match syn::parse2(item.clone()) {
        Ok(Item::Fn(function)) => Ok(Target::Function(method(function))),
        Ok(Item::Impl(block)) => Ok(Target::Impl(block)),
        Ok(Item::Trait(definition)) => Ok(Target::Trait(definition)),
        Ok(Item::Mod(module)) if module.content.is_some() => Ok(Target::Module(module)),
        Ok(Item::Mod(module)) => Err(Error::new(
            module.mod_token.span,
            "the text of this module is in another file; annotate the items in there",
        )),
        Ok(Item::Verbatim(_)) => method_without_item(item, None),
        Ok(_) => Err(unsupported(item)),
        Err(error) => method_without_item(item, Some(error)),
    }
}

/// Whether the first keyword of an item is that of a function.
fn is_function(item: &[TokenTree]) -> bool {
    let keywords = item.iter().find_map(|token| match token {
        TokenTree::Ident(word) => ["fn", "impl", "mod", "trait"].iter().position(|own| word == own),
        _ => None,
    });
    keywords == Some(0)
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
    /// `None` for what has to be looked at in full: `const` and `async` functions, those without a body,
    /// with attributes inside or without a stack frame, and those that macros have put together.
    fn read(mut item: Vec<TokenTree>) -> Option<Self> {
        let Some(TokenTree::Group(body)) = item.pop() else { return None };
        if body.delimiter() != Delimiter::Brace {
            return None;
        }
        let is_attribute = |[mark, group]: &[TokenTree; 2]| {
            matches!(mark, TokenTree::Punct(mark) if mark.as_char() == '#')
                && matches!(group, TokenTree::Group(_))
        };
        let attributes =
            2 * item.as_chunks().0.iter().take_while(|pair| is_attribute(pair)).count();
        let mut rest = item[attributes..].iter();
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
        let parse = |input: ParseStream| {
            let is_attribute = input.peek(Token![#]) && input.peek2(Token![!]);
            (!is_attribute).then(|| input.call(Block::parse_within)).transpose()
        };
        let stmts = parse.parse2(body.stream()).ok()??;
        if is_assembly(&stmts) {
            return None;
        }
        let brace_token = token::Brace { span: body.delim_span() };
        let block = Block { brace_token, stmts };
        Some(Self { attributes, keyword, name: name.clone(), block, header: item })
    }

    /// Which lines the function has.
    pub(crate) fn extent(&self) -> Extent<'_> {
        let start = self.header[self.attributes].span();
        Extent { start, body: &self.block, direct: true }
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

/// Whether this is the body of a naked function.
fn is_assembly(stmts: &[Stmt]) -> bool {
    let only = match stmts {
        [Stmt::Macro(only)] => &only.mac,
        [Stmt::Expr(Expr::Macro(only), _)] => &only.mac,
        _ => return false,
    };
    only.path.segments.last().is_some_and(|last| last.ident == "naked_asm")
}

/// Functions that are no items: with `default`, or without a body.
fn method_without_item(item: TokenStream, error: Option<Error>) -> Result<Target, Error> {
    if let Ok(function) = syn::parse2(item.clone()) {
        return Ok(Target::Function(function));
    }
    let in_trait = |function: TraitItemFn| function.sig.fn_token.span;
    let foreign = |function: ForeignItemFn| function.sig.fn_token.span;
    let keyword = syn::parse2(item.clone()).map(in_trait);
    match (keyword.or_else(|_| syn::parse2(item.clone()).map(foreign)), error) {
        (Ok(keyword), _) => Err(Error::new(
            keyword,
            "a function without a body has no lines; annotate the one that implements it",
        )),
        (Err(_), Some(error)) => Err(error),
        (Err(_), None) => Err(unsupported(item)),
    }
}

fn method(ItemFn { attrs, vis, modifiers, sig, block }: ItemFn) -> ImplItemFn {
    ImplItemFn { attrs, vis, modifiers, sig, block: *block }
}

/// The error for any other kind of item, on its keyword.
fn unsupported(item: TokenStream) -> Error {
    let mut tokens = item.into_iter().peekable();
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

/// Why a function with a body cannot be measured.
pub(crate) fn refusal(attributes: &[Attribute], signature: &Signature) -> Option<Error> {
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

/// Whether an item inside an annotated one has the attribute itself, which then expands on its own.
pub(crate) fn has_own_attribute(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        let list = || attribute.meta.require_list().map(|list| list.tokens.to_string());
        last.is_some_and(|segment| segment.ident == "mem_profile")
            || attribute.path().is_ident("cfg_attr")
                && list().is_ok_and(|list| list.contains("mem_profile"))
    })
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
    pub(crate) fn of_impl(function: &'a mut ImplItemFn) -> Self {
        let ImplItemFn { attrs, vis, modifiers, sig, block } = function;
        Self { attributes: attrs, visibility: vis, modifiers, signature: sig, block }
    }

    pub(crate) fn of_module(function: &'a mut ItemFn) -> Self {
        let ItemFn { attrs, vis, modifiers, sig, block } = function;
        Self { attributes: attrs, visibility: vis, modifiers, signature: sig, block }
    }

    pub(crate) fn of_trait(function: &'a mut TraitItemFn) -> Option<Self> {
        let TraitItemFn { attrs, modifiers, sig, default, semi_token: _ } = function;
        let visibility = &Visibility::Inherited;
        let block = default.as_mut()?;
        Some(Self { attributes: attrs, visibility, modifiers, signature: sig, block })
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
