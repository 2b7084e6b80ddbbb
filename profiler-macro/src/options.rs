//! Reads one option, with or without a value.

use crate::diag::Errors;
use proc_macro2::{Ident, Span, TokenTree};
use syn::parse::ParseStream;
use syn::{Path, Result, Token};

/// Sets an option, which may be given only once.
pub(crate) fn set<T>(slot: &mut Option<T>, option: &Ident, value: T, errors: &mut Errors) {
    if slot.replace(value).is_some() {
        errors.at(option.span(), format!("option `{option}` is given twice; remove one of them"));
    }
}

/// The value after `=`; `expected` describes it in errors.
pub(crate) fn value<T: syn::parse::Parse>(
    input: ParseStream,
    option: &Ident,
    expected: &str,
) -> Result<T> {
    let wrong = |span: Span| syn::Error::new(span, format!("`{option}` takes {expected}"));
    input.parse::<Token![=]>().map_err(|_| wrong(option.span()))?;
    let span = input.span();
    let value = input.parse().map_err(|_| wrong(span))?;
    if is_complete(input) { Ok(value) } else { Err(wrong(span)) }
}

/// Whether an option ends here.
pub(crate) fn is_complete(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

pub(crate) fn path(input: ParseStream, option: &Ident) -> Result<Path> {
    struct Module(Path);
    impl syn::parse::Parse for Module {
        fn parse(input: ParseStream) -> Result<Self> {
            input.call(Path::parse_mod_style).map(Self)
        }
    }
    Ok(value::<Module>(input, option, "a path: `crate = some::path`")?.0)
}

pub(crate) fn skip_to_comma(input: ParseStream) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
