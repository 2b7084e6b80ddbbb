//! One crate: its copy is compiled, and the user's files speak where the compiler has anything to
//! say.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use mem_profile_rewrite::{Conditions, Crate, Plan, normal};

use super::blame::{self, Working};
use super::compiler::{exit_code, status_of};
use super::invocation::Invocation;
use super::job::Job;
use super::messages::{self, Diagnostic, Message};
use super::mirror::Mirror;
use super::settings::Settings;
use super::{dep_info, lines};
use crate::output;
use crate::runtime::Built;

pub(super) fn run(
    settings: &Settings,
    invocation: &Invocation,
    runtime: Option<Built>,
) -> Result<ExitCode> {
    let folder = env::current_dir().context("there is no current folder")?;
    let root = normal(&folder.join(&invocation.root.1));
    let top = settings.mirror.join(invocation.unit());
    let job = Job {
        settings,
        invocation,
        sources: Crate::read(&root, &invocation.name),
        mirror: Mirror { top: &top, base: &folder, target: &settings.target_folder },
        root: &root,
        runtime,
        patterns: settings.patterns(),
    };
    job.run()
}

/// How the compiler took a copy.
struct Attempt {
    code: Option<i32>,
    diagnostics: Vec<Diagnostic>,
    /// Cargo was told of a finished file, and other crates may be compiled with it.
    is_announced: bool,
}

impl Job<'_> {
    fn run(&self) -> Result<ExitCode> {
        let invocation = self.invocation;
        if let Some(reason) = self.why_not() {
            self.note(&format!("not measured: {reason}"));
            return self.compile_unchanged();
        }
        let is_conditional = self.sources.is_conditional();
        let held = if is_conditional { self.conditions() } else { Conditions::default() };
        let plan = Plan {
            needs_extern_crate: invocation.is_edition_2015,
            adds_allocator: invocation.is_program(),
            wraps_allocator: self.sources.has_allocator(),
            functions: self.sources.chosen(|all| self.patterns.choose(all), &held),
        };
        if plan.functions.is_empty() && self.patterns.is_empty() {
            self.name_empty();
        }
        self.by(plan)
    }

    /// Compiles a copy by a plan, or by as much of it as compiles.
    fn by(&self, mut plan: Plan) -> Result<ExitCode> {
        let mut is_checked = false;
        let mut working = None;
        loop {
            let rewritten = self.sources.rewritten(&plan);
            if rewritten.is_empty() && working.is_none() {
                return self.compile_unchanged();
            }
            let attempt = self.attempt(&rewritten)?;
            let succeeded = attempt.code == Some(0);
            if !succeeded && let Some(conflict) = attempt.conflict().filter(|_| plan.adds_allocator)
            {
                plan.adds_allocator = false;
                self.explain_allocator(conflict);
                continue;
            }
            if !attempt.diagnostics.is_empty() && !is_checked {
                is_checked = true;
                let code = self.check()?;
                if code != ExitCode::SUCCESS {
                    return Ok(code);
                }
            }
            if succeeded {
                return self.finish(working.as_ref());
            }
            if attempt.is_announced || working.is_some() {
                break;
            }
            working = blame::find(self, &plan)?;
            let Some(found) = &working else { break };
            self.explain_reduced(&plan, found);
            plan = found.plan.clone();
        }
        self.note("not measured: it does not compile with the attribute");
        self.compile_unchanged()
    }

    /// Compiles a copy.
    fn attempt(&self, rewritten: &[(PathBuf, String)]) -> Result<Attempt> {
        let arguments = self.invocation.with_root(&self.mirror.of(self.root));
        let mut command = self.copy_compiler(rewritten, &arguments)?;
        let mut attempt = Attempt { code: None, diagnostics: Vec::new(), is_announced: false };
        let status = messages::listen(&mut command, |line, message| match message {
            Message::Diagnostic(diagnostic) => attempt.diagnostics.push(diagnostic),
            Message::Artifact { is_used } => {
                attempt.is_announced |= is_used;
                output::write_stderr(line);
            }
            Message::Other => output::write_stderr(line),
        })?;
        attempt.code = status.code();
        Ok(attempt)
    }

    /// Looks at the user's files as they are, and says of them what there is to say.
    fn check(&self) -> Result<ExitCode> {
        let scratch = self.scratch();
        fs::create_dir_all(&scratch)?;
        let mut command = self.compiler();
        let arguments = &self.invocation.arguments;
        command.args(Invocation::into_scratch(arguments, "metadata", &scratch));
        let status = messages::listen(&mut command, |line, message| {
            if !matches!(message, Message::Artifact { .. }) {
                output::write_stderr(line);
            }
        })?;
        self.end_trials()?;
        Ok(exit_code(status))
    }

    /// Compiles the user's files as they are.
    fn compile_unchanged(&self) -> Result<ExitCode> {
        let status = status_of(self.compiler().args(&self.invocation.arguments))?;
        if !status.success() {
            return Ok(exit_code(status));
        }
        let _ = fs::remove_file(self.mark(&self.invocation.name, "allocator"));
        let files = self.translate(&[])?;
        self.name_unread(&files);
        lines::judge(self, &BTreeSet::new())
    }

    /// Says what is not measured of a copy that was compiled.
    fn finish(&self, working: Option<&Working>) -> Result<ExitCode> {
        working.into_iter().for_each(|working| self.name_refused(working));
        let mark = self.mark(&self.invocation.name, "allocator");
        match self.sources.has_allocator() {
            true => fs::write(mark, "")?,
            false => _ = fs::remove_file(mark),
        }
        let files = self.translate(&self.copies())?;
        self.name_unread(&files);
        lines::judge(self, &files.into_iter().collect())
    }

    /// Has cargo build the crate again when one of the user's files changes, when the command or
    /// the runtime does, or what is asked for. Returns the files that it was made of.
    fn translate(&self, copies: &[(PathBuf, PathBuf)]) -> Result<Vec<PathBuf>> {
        let path = self.invocation.dep_info();
        let Ok(text) = fs::read_to_string(&path) else { return Ok(Vec::new()) };
        let command = env::current_exe()?;
        let mut more = vec![command.as_path()];
        more.extend(self.runtime.as_ref().map(|runtime| runtime.library.as_path()));
        let copies: Vec<_> = copies
            .iter()
            .rev()
            .map(|(copy, original)| (copy.as_path(), original.as_path()))
            .collect();
        let (name, value) = self.settings.variable()?;
        let files = dep_info::files(&dep_info::translated(&text, &copies, &[], ("", "")));
        let text = dep_info::translated(&text, &copies, &more, (name, &value));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(files.iter().map(|file| normal(&self.mirror.base.join(file))).collect())
    }
}

impl Attempt {
    /// The error that there are two allocators, and where the other one is, unless in this crate.
    fn conflict(&self) -> Option<Option<&str>> {
        let about = |diagnostic: &&Diagnostic| diagnostic.is_about_allocators();
        self.diagnostics.iter().find(about).map(Diagnostic::allocator_of)
    }
}
