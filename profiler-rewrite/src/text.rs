//! Tokenizes a source file.

use proc_macro2::{TokenStream, TokenTree};

/// Why a file cannot be tokenized, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// Part of a message.
    pub reason: String,
}

/// The tokens of a file.
pub(crate) fn read(text: &str) -> Result<Vec<TokenTree>, Fault> {
    let code = if is_script(text) { text.split_once('\n').map_or("", |it| it.1) } else { text };
    // A blank line in its place keeps the line numbers.
    let blank = if code.len() < text.len() { "\n" } else { "" };
    let read = format!("{blank}{code}").parse::<TokenStream>();
    read.map(|tokens| tokens.into_iter().collect()).map_err(|error| Fault {
        line: error.span().start().line.max(1),
        reason: "unbalanced brackets, or an unterminated string or comment".to_owned(),
    })
}

/// Whether the first line names an interpreter: `#!/usr/bin/env …`, and not `#![…]`.
fn is_script(text: &str) -> bool {
    text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers() {
        let line = |text: &str| read(text).unwrap().last().unwrap().span().start().line;
        assert_eq!(line("#!/usr/bin/env run\n\nmod a;"), 3);
        assert_eq!(line("#![no_std]\nmod a;"), 2);
        let fault = |text| read(text).unwrap_err().line;
        assert_eq!((fault("fn f() {\n(}\n"), fault("\n\n\"open")), (2, 3));
    }
}
