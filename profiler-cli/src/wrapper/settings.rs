//! Settings that the command passes to the wrapper through cargo, in an environment variable.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::invocation::Invocation;
use crate::left_out::LeftOut;
use crate::pattern::Patterns;
use crate::runtime::{Built, Source, Variant};

pub(super) const VARIABLE: &str = "MEM_PROFILE_RUN";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Patterns of functions to measure, as the user wrote them.
    pub(crate) lines: Vec<String>,
    /// Functions that are left out although the patterns choose them.
    pub(crate) left_out: LeftOut,
    /// Folder for rewritten files.
    pub(crate) mirror: PathBuf,
    /// The user's target folder.
    pub(crate) target_folder: PathBuf,
    /// Root files of crates that may be the program.
    pub(crate) programs: Vec<PathBuf>,
    /// The target triple from the command line. Crates for any other are only part of the build.
    pub(crate) target: Option<String>,
    /// The user's own workspace wrapper.
    pub(crate) wrapper: Option<PathBuf>,
    /// Whether crates that depend on a runtime themselves get this one instead.
    pub(crate) replaces: bool,
    /// The source of the runtime; `None` if only the project's own can be used.
    pub(crate) source: Option<Source>,
    /// The runtime for the most common variant.
    pub(crate) built: Option<Built>,
}

impl Settings {
    pub(super) fn read(text: &OsStr) -> Result<Self> {
        let text = text.to_str().with_context(|| format!("{VARIABLE} is not UTF-8"))?;
        serde_json::from_str(text)
            .with_context(|| format!("{VARIABLE} was not set by this command"))
    }

    /// Name and value of the variable.
    pub(crate) fn variable(&self) -> Result<(&'static str, String)> {
        Ok((VARIABLE, serde_json::to_string(self)?))
    }

    pub(super) fn patterns(&self) -> Patterns {
        Patterns::parse(self.lines.iter().map(String::as_str))
    }

    /// The runtime for a crate; `None` if it can only use its own.
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
            _ => source.build(&variant, |_, _| ()).map(Some),
        }
    }

    /// Whether a crate runs during the build, as macros do. It is not measured.
    pub(super) fn is_for_build(&self, invocation: &Invocation) -> bool {
        let is_macro = invocation.kinds.iter().any(|kind| kind == "proc-macro");
        is_macro || invocation.is_build_script() || self.is_for_host(invocation)
    }

    /// Whether a crate is built for the host while the program is for another target.
    fn is_for_host(&self, invocation: &Invocation) -> bool {
        self.target.is_some() && invocation.target.is_none()
    }
}
