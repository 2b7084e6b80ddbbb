//! What the command asks the wrapper for, through cargo: in an environment variable.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::invocation::Invocation;
use crate::pattern::Patterns;
use crate::runtime::{Built, Source, Variant};

pub(super) const VARIABLE: &str = "MEM_PROFILE_RUN";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// What is to be measured, as the user has written it.
    pub(crate) lines: Vec<String>,
    /// Where rewritten files are put.
    pub(crate) mirror: PathBuf,
    /// The user's build folder.
    pub(crate) target_folder: PathBuf,
    /// The root files of crates that may be the program.
    pub(crate) programs: Vec<PathBuf>,
    /// The target that the user names: what is built for another is part of the build only.
    pub(crate) target: Option<String>,
    /// What the user has cargo start in the place of the compiler of the workspace.
    pub(crate) wrapper: Option<PathBuf>,
    /// Crates that depend on a runtime themselves get this one in its place.
    pub(crate) replaces: bool,
    /// The source of the runtime; `None` where only the project's own can be used.
    pub(crate) source: Option<Source>,
    /// The runtime as most programs need it.
    pub(crate) built: Option<Built>,
}

impl Settings {
    pub(super) fn read(text: &OsStr) -> Result<Self> {
        let text = text.to_str().with_context(|| format!("{VARIABLE} is not UTF-8"))?;
        serde_json::from_str(text)
            .with_context(|| format!("{VARIABLE} was not set by this command"))
    }

    /// The variable, for cargo.
    pub(crate) fn variable(&self) -> Result<(&'static str, String)> {
        Ok((VARIABLE, serde_json::to_string(self)?))
    }

    pub(super) fn patterns(&self) -> Patterns {
        Patterns::parse(self.lines.iter().map(String::as_str))
    }

    /// The runtime that a crate is linked with; `None` where it can only have its own.
    pub(super) fn runtime(&self, invocation: &Invocation) -> Result<Option<Built>> {
        let Some(source) = self.source.as_ref().filter(|_| !self.is_for_host(invocation)) else {
            return Ok(None);
        };
        let variant = Variant {
            aborts: invocation.panic.as_deref() == Some("abort"),
            target: invocation.target.clone(),
        };
        match &self.built {
            Some(built) if built.variant == variant => Ok(Some(built.clone())),
            _ => source.build(&variant, |_| ()).map(Some),
        }
    }

    /// Whether a crate is part of what runs while others are built: it is not measured.
    pub(super) fn is_for_build(&self, invocation: &Invocation) -> bool {
        let is_macro = invocation.kinds.iter().any(|kind| kind == "proc-macro");
        is_macro || invocation.is_build_script() || self.is_for_host(invocation)
    }

    /// Whether a crate cannot be part of the program, which is for another target.
    fn is_for_host(&self, invocation: &Invocation) -> bool {
        self.target.is_some() && invocation.target.is_none()
    }
}
