//! Differences that are explained.

use anyhow::Result;
use serde::Deserialize;

/// A difference and its reason.
#[derive(Debug, Deserialize)]
pub(crate) struct Exception {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    /// The printed name of the test, after the name of its binary.
    pub(crate) test: String,
    /// Why nothing can be done about it. Never empty.
    pub(crate) reason: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// The committed list.
pub(crate) fn load() -> Result<Vec<Exception>> {
    let file: File = toml_edit::de::from_str(include_str!("../exceptions.toml"))?;
    let unexplained = file.exception.iter().find(|exception| exception.reason.trim().is_empty());
    anyhow::ensure!(unexplained.is_none(), "exceptions.toml: {unexplained:?} has no reason");
    Ok(file.exception)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_exception_has_a_reason() {
        assert!(super::load().is_ok_and(|list| !list.is_empty()));
    }
}
