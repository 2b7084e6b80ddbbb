//! What the command asks the wrapper for, through cargo: in an environment variable.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::invocation::Invocation;
use crate::rewrite::Patterns;
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
    /// The target that the user names: what is built for another is part of the build only.
    pub(crate) target: Option<String>,
    /// What the user has cargo start in the place of the compiler of the workspace.
    pub(crate) wrapper: Option<PathBuf>,
    /// Where the runtime comes from; `None` where the program depends on it itself.
    pub(crate) source: Option<Source>,
    /// The runtime as most programs need it.
    pub(crate) built: Option<Built>,
}

impl Settings {
    pub(super) fn read(text: &OsStr) -> Result<Self> {
        let text = text.to_str().with_context(|| format!("{VARIABLE} is not in UTF-8"))?;
        serde_json::from_str(text).with_context(|| format!("{VARIABLE} is not ours"))
    }

    /// The variable, for cargo.
    pub(crate) fn variable(&self) -> Result<(&'static str, String)> {
        Ok((VARIABLE, serde_json::to_string(self)?))
    }

    pub(super) fn patterns(&self) -> Patterns {
        Patterns::parse(self.lines.iter().map(String::as_str))
    }

    /// The runtime that a crate is linked with; `None` where it depends on one itself.
    pub(super) fn runtime(&self, invocation: &Invocation) -> Result<Option<Built>> {
        let Some(source) = &self.source else { return Ok(None) };
        let variant = Variant {
            aborts: invocation.panic.as_deref() == Some("abort"),
            target: invocation.target.clone(),
        };
        match &self.built {
            Some(built) if built.variant == variant => Ok(Some(built.clone())),
            _ => source.build(&variant, |_| ()).map(Some),
        }
    }

    /// Whether a crate can be measured: not what runs while it is built.
    pub(super) fn concern(&self, invocation: &Invocation) -> bool {
        let is_macro = invocation.kinds.iter().any(|kind| kind == "proc-macro");
        let is_for_host = self.target.is_some() && invocation.target.is_none();
        let has_runtime = self.source.is_some() || invocation.has_extern("mem_profile");
        !is_macro && !invocation.is_build_script() && !is_for_host && has_runtime
    }
}
