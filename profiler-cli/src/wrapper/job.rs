//! A crate to compile, and calls of rustc for copies of it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use mem_profile_rewrite::{Conditions, Crate, FunctionId, Plan, normal};

use super::compiler::rustc;
use super::invocation::Invocation;
use super::messages::{self, Diagnostic, Message};
use super::mirror::Mirror;
use super::settings::Settings;
use crate::pattern::Patterns;
use crate::runtime::Built;

pub(super) struct Job<'a> {
    pub(super) settings: &'a Settings,
    pub(super) invocation: &'a Invocation,
    pub(super) sources: Crate,
    pub(super) mirror: Mirror<'a>,
    pub(super) root: &'a Path,
    pub(super) runtime: Option<Built>,
    pub(super) patterns: Patterns,
}

impl Job<'_> {
    /// Compiles a copy, emits only `kind`, and keeps no output. Returns the errors; `None` if it compiles.
    pub(super) fn trial(&self, plan: &Plan, kind: &str) -> Result<Option<Vec<Diagnostic>>> {
        let scratch = self.scratch();
        fs::create_dir_all(&scratch)?;
        let arguments = self.invocation.with_root(&self.mirror.of(self.root));
        let arguments = Invocation::into_scratch(&arguments, kind, &scratch);
        let mut command = self.copy_compiler(&self.sources.rewritten(plan), &arguments)?;
        let mut incremental = OsString::from("-Cincremental=");
        incremental.push(scratch.join("incremental"));
        let mut errors = Vec::new();
        let status = messages::listen(command.arg(incremental), |_, message| {
            if let Message::Diagnostic(diagnostic) = message
                && diagnostic.is_error()
            {
                errors.push(diagnostic);
            }
        })?;
        Ok((!status.success()).then_some(errors))
    }

    pub(super) fn end_trials(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.scratch()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.settings.mirror.join(self.invocation.unit() + ".check")
    }

    /// Which of `functions` contain a line of a file, whose path is as in a diagnostic.
    pub(super) fn around(
        &self,
        functions: &BTreeSet<FunctionId>,
        (file, line): (&Path, usize),
    ) -> Vec<FunctionId> {
        self.sources.around(functions, &normal(&self.mirror.base.join(file)), line)
    }

    /// A call of rustc for a copy, which is written first.
    pub(super) fn copy_compiler(
        &self,
        rewritten: &[(PathBuf, String)],
        arguments: &[OsString],
    ) -> Result<Command> {
        self.write_copies(rewritten).with_context(|| {
            format!("cannot put copies of the sources into {}", self.mirror.top.display())
        })?;
        let mut command = self.compiler();
        command.args(arguments);
        for (copy, original) in self.copies() {
            let mut remap = copy.into_os_string();
            remap.push("=");
            remap.push(original);
            command.arg("--remap-path-prefix").arg(remap);
        }
        self.link(&mut command);
        // Denied lints fail the check of the user's files, which follows any diagnostic.
        command.arg("--cap-lints=warn");
        Ok(command)
    }

    fn write_copies(&self, rewritten: &[(PathBuf, String)]) -> io::Result<()> {
        self.mirror.create(self.sources.paths(), rewritten)?;
        let outside = self.sources.outside(self.mirror.base);
        outside.iter().try_for_each(|path| self.mirror.add(path))
    }

    pub(super) fn compiler(&self) -> Command {
        let mut command = rustc(self.settings, &self.invocation.compiler);
        if let Some(runtime) = &self.runtime {
            runtime.find(&mut command);
        }
        command
    }

    /// The `cfg` conditions of this compilation, from rustc.
    pub(super) fn conditions(&self) -> Conditions {
        let printed = self.compiler().args(&self.invocation.arguments).arg("--print=cfg").output();
        let printed = printed.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
        Conditions::read(&printed.unwrap_or_default())
    }

    /// Adds the runtime under the name that the attribute uses, unless it is there.
    fn link(&self, command: &mut Command) {
        let own = self.invocation.runtime();
        let library = self.runtime.as_ref().map_or(own, |built| Some(&built.library));
        if let Some(library) = library.filter(|_| !self.invocation.has_extern("mem_profile")) {
            let mut name = OsString::from("mem_profile=");
            name.push(library);
            command.arg("--extern").arg(name);
        }
    }

    /// Folders of the mirror and their original paths; of several matches, the last applies.
    pub(super) fn copies(&self) -> Vec<(PathBuf, PathBuf)> {
        let mut copies = vec![(self.mirror.top.to_owned(), PathBuf::from("/"))];
        if self.invocation.root.1.is_relative() {
            copies.push((self.mirror.of(self.mirror.base), PathBuf::new()));
        }
        copies
    }

    /// A file that one crate leaves for the crates that depend on it.
    pub(super) fn mark(&self, name: &str, kind: &str) -> PathBuf {
        self.settings.mirror.join(format!("{name}.{kind}"))
    }
}
