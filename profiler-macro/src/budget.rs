//! Budgets: the limits of a function, or of a block in `assert_budget!`.

use crate::diag::Errors;
use crate::names::{self, Names};
use crate::options::{is_complete, set};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Lit, Result, Token, token};

const SIZE: &str = "a whole number with a unit (B, KiB, MiB or GiB): `\"64 MiB\"`";
const COUNT: &str = "a whole number: `1000`";
const LIMITS: &str = "the limits are `max_increment = \"…\"`, `max_peak = \"…\"`, `max_allocations = …` and `no_leak`; with `process` they apply to all threads";

/// The limits of a call or a block.
#[derive(Default)]
pub(crate) struct Budget {
    max_increment: Option<u64>,
    max_peak: Option<u64>,
    max_allocations: Option<u64>,
    no_leak: Option<Span>,
    process: Option<Span>,
    /// The span of the first limit.
    pub(crate) first_limit: Option<Span>,
}

impl Budget {
    /// Reads the limit that begins with `option`; false if it is not a limit.
    pub(crate) fn option(
        &mut self,
        option: &Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> Result<bool> {
        let (slot, is_size) = match option.to_string().as_str() {
            "max_increment" => (&mut self.max_increment, true),
            "max_peak" => (&mut self.max_peak, true),
            "max_allocations" => (&mut self.max_allocations, false),
            "no_leak" if is_complete(input) => {
                set(&mut self.no_leak, option, option.span(), errors);
                self.first_limit.get_or_insert(option.span());
                return Ok(true);
            }
            "process" if is_complete(input) => {
                set(&mut self.process, option, option.span(), errors);
                return Ok(true);
            }
            alone @ ("no_leak" | "process") => {
                return Err(input.error(format!("`{alone}` takes no value; write `{alone}` alone")));
            }
            _ => return Ok(false),
        };
        set(slot, option, limit(option, input, is_size)?, errors);
        self.first_limit.get_or_insert(option.span());
        Ok(true)
    }

    /// Rejects options that exclude each other.
    pub(crate) fn check(&self, errors: &mut Errors) {
        let Some(process) = self.process else { return };
        if let Some(no_leak) = self.no_leak {
            errors.at(
                no_leak,
                "`no_leak` and `process` exclude each other: `no_leak` is about blocks of the calling \
                 thread; write `max_increment = \"0 B\"` instead of `no_leak`",
            );
        } else if self.first_limit.is_none() {
            errors.at(process, format!("`process` needs a limit; {LIMITS}"));
        }
    }

    /// The span of the first option of a budget.
    pub(crate) fn span(&self) -> Option<Span> {
        self.first_limit.or(self.process)
    }

    /// `Limits { … }`; nothing without a limit.
    pub(crate) fn limits(&self, Names { runtime }: &Names) -> Option<TokenStream> {
        self.first_limit?;
        let [increment, peak, allocations] =
            [self.max_increment, self.max_peak, self.max_allocations].map(|limit| match limit {
                Some(limit) => quote!(::core::option::Option::Some(#limit)),
                None => quote!(::core::option::Option::None),
            });
        let [no_leak, process] = [self.no_leak, self.process].map(|option| option.is_some());
        Some(quote!(#runtime::Limits {
            max_increment: #increment,
            max_peak: #peak,
            max_allocations: #allocations,
            no_leak: #no_leak,
            process: #process,
        }))
    }

    /// `let __budget = …;` of a function, before its frame.
    pub(crate) fn statement(&self, names: &Names) -> Option<TokenStream> {
        let limits = self.limits(names)?;
        let (Names { runtime }, budget, table) = (names, names::budget(), names::table());
        Some(quote!(let #budget = #runtime::function_budget(&#table, #limits);))
    }
}

/// `= "64 MiB"` or, for a count, `= 1000`.
fn limit(option: &Ident, input: ParseStream, is_size: bool) -> Result<u64> {
    let expected = if is_size { SIZE } else { COUNT };
    let wrong = |span| Error::new(span, format!("`{option}` takes {expected}"));
    input.parse::<Token![=]>().map_err(|_| wrong(option.span()))?;
    let span = input.span();
    let value = match input.parse().map_err(|_| wrong(span))? {
        Lit::Int(number) if !is_size && number.suffix().is_empty() => number.base10_parse().ok(),
        Lit::Str(size) if is_size => bytes(&size.value()),
        _ => None,
    };
    value.filter(|_| is_complete(input)).ok_or_else(|| wrong(span))
}

/// The bytes of `64 MiB`.
fn bytes(size: &str) -> Option<u64> {
    let unit = size.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = size.split_at(unit);
    let factor = match unit.trim() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// `assert_budget!(LIMITS, { BODY })` becomes `{ let budget = …; let value = { BODY }; drop(budget);
/// value }`: the temporaries of the block's tail are dropped before the budget is checked.
pub(crate) fn block(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match (|input: ParseStream| parse(input, &mut errors)).parse2(input) {
        Ok((budget, body)) if errors.is_empty() => checked(&budget, &body),
        Ok(_) => errors.beside(TokenStream::new()),
        Err(error) => {
            errors.push(error);
            errors.beside(TokenStream::new())
        }
    }
}

fn parse(input: ParseStream, errors: &mut Errors) -> Result<(Budget, TokenTree)> {
    let mut budget = Budget::default();
    while !input.is_empty() && !input.peek(token::Brace) {
        let wrong = |span| Error::new(span, format!("{LIMITS}, followed by a block"));
        let option = input.call(Ident::parse_any).map_err(|error| wrong(error.span()))?;
        if !budget.option(&option, input, errors)? {
            return Err(Error::new(option.span(), format!("unknown limit `{option}`; {LIMITS}")));
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    if !input.peek(token::Brace) {
        return Err(input.error("expected a block after the limits: `{ … }`"));
    }
    let body = input.parse()?;
    if let Ok(more) = input.parse::<TokenTree>() {
        return Err(Error::new(more.span(), "unexpected token after the block; remove it"));
    }
    budget.check(errors);
    if budget.span().is_none() {
        return Err(Error::new(Span::call_site(), format!("a budget needs a limit; {LIMITS}")));
    }
    Ok((budget, body))
}

fn checked(budget: &Budget, body: &TokenTree) -> TokenStream {
    let names = Names::new(None);
    let limits = budget.limits(&names);
    let (Names { runtime }, budget, value) = (names, names::budget(), names::value());
    let place = quote!(::core::concat!(::core::file!(), ":", ::core::line!()));
    quote! {{
        let #budget = #runtime::block_budget(#place, #limits);
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::let_and_return,
            clippy::let_unit_value
        )]
        let #value = #body;
        ::core::mem::drop(#budget);
        #value
    }}
}
