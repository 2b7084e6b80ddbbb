//! The options in the attribute's parentheses.

use crate::budget::Budget;
use crate::diag::Errors;
use crate::options::{is_complete, path, set, skip_to_comma, value};
use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Result, Token};

const OPTIONS: &str = "the options are `name = \"…\"`, `crate = path` and `skip`, and the limits \
    `max_increment`, `max_peak`, `max_allocations` and `no_leak`, which apply to all threads with `process`";

/// `#[mem_profile(name = "…", crate = path, skip)]` and limits, each at most once.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) runtime: Option<Path>,
    pub(crate) skip: Option<()>,
    pub(crate) budget: Budget,
}

impl Args {
    /// Reads all options, also those after a wrong one.
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
            "skip" if is_complete(input) => set(&mut self.skip, &option, (), errors),
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
