//! The token that requests have to bear. It is never an argument, since all users of the machine see these.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use mem_profile_monitor::http::Token;

/// Where it is if no file is named.
const VARIABLE: &str = "MEM_PROFILE_WATCH_TOKEN";
/// No request has room for a longer one, in bytes.
const LONGEST: u64 = 4096;

/// The token of the file, else that of the variable; `None` without both.
///
/// # Errors
/// If the file cannot be read, or what was found is no token. It is not shown.
pub(super) fn token(file: Option<&Path>) -> Result<Option<Token>> {
    match (file, std::env::var_os(VARIABLE)) {
        (Some(file), _) => from_file(file).map(Some),
        (None, Some(value)) => from_variable(value).map(Some),
        (None, None) => Ok(None),
    }
}

fn from_file(file: &Path) -> Result<Token> {
    let shown = file.display();
    let mut text = String::new();
    let read = File::open(file).and_then(|open| open.take(LONGEST).read_to_string(&mut text));
    read.with_context(|| format!("cannot read the token of {shown}"))?;
    parse(&text, &shown.to_string())
}

fn from_variable(value: OsString) -> Result<Token> {
    parse(&value.to_string_lossy(), VARIABLE)
}

fn parse(text: &str, place: &str) -> Result<Token> {
    let token = Token::new(text.trim());
    token.with_context(|| format!("{place} has no token: it is one word of visible ASCII"))
}
