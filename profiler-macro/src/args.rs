//! The options in the attribute's parentheses.

use crate::budget::Budget;
use crate::diag::Errors;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Result, Token};

const OPTIONS: &str = "the options are `name = \"…\"`, `crate = path` and `skip`, and the limits \
    `max_increment`, `max_peak`, `max_allocations` and `no_leak`, of all threads with `process`";

/// `#[mem_profile(name = "…", crate = path, skip)]` and limits, each at most once.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) runtime: Option<Path>,
    pub(crate) skip: Option<()>,
    pub(crate) budget: Budget,
}

impl Args {
    /// Reads every option, also those after a wrong one.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let options = |input: ParseStream| {
            while !input.is_empty() {
                if let Err(error) = args.option(input, errors) {
                    errors.push(error);
                    skip_to_comma(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = options.parse2(tokens) {
            errors.push(error);
        }
        args.budget.check(errors);
        args
    }

    fn option(&mut self, input: ParseStream, errors: &mut Errors) -> Result<()> {
        let wrong = |error: syn::Error| syn::Error::new(error.span(), OPTIONS);
        let option = input.call(Ident::parse_any).map_err(wrong)?;
        match option.to_string().as_str() {
            "name" => {
                let value = value(input, &option, "a string literal: `name = \"…\"`")?;
                set(&mut self.name, &option, value, errors);
            }
            "crate" => {
                let value = path(input, &option)?;
                set(&mut self.runtime, &option, value, errors);
            }
            "skip" if ends(input) => set(&mut self.skip, &option, (), errors),
            "skip" => return Err(input.error("`skip` takes no value; write `skip` alone")),
            _ if self.budget.option(&option, input, errors)? => {}
            unknown => {
                let message = format!("unknown option `{unknown}`; {OPTIONS}");
                return Err(syn::Error::new(option.span(), message));
            }
        }
        Ok(())
    }
}

/// Sets an option, which may happen once only.
pub(crate) fn set<T>(slot: &mut Option<T>, option: &Ident, value: T, errors: &mut Errors) {
    if slot.replace(value).is_some() {
        errors.at(option.span(), format!("option `{option}` is given twice; remove one of them"));
    }
}

/// The value after `=`, which has to be what `expected` says.
fn value<T: syn::parse::Parse>(input: ParseStream, option: &Ident, expected: &str) -> Result<T> {
    let wrong = |span: Span| syn::Error::new(span, format!("`{option}` takes {expected}"));
    input.parse::<Token![=]>().map_err(|_| wrong(option.span()))?;
    let span = input.span();
    let value = input.parse().map_err(|_| wrong(span))?;
    if ends(input) { Ok(value) } else { Err(wrong(span)) }
}

/// Whether an option is complete.
pub(crate) fn ends(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn path(input: ParseStream, option: &Ident) -> Result<Path> {
    struct Module(Path);
    impl syn::parse::Parse for Module {
        fn parse(input: ParseStream) -> Result<Self> {
            input.call(Path::parse_mod_style).map(Self)
        }
    }
    Ok(value::<Module>(input, option, "a path: `crate = some::path`")?.0)
}

fn skip_to_comma(input: ParseStream) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
