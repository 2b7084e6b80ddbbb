//! Compiles the copy of one crate. If rustc reports anything, it checks the user's files instead, and
//! their messages are shown.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use mem_profile_rewrite::{Candidate, Conditions, Crate, Plan, normal};

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

/// The result of compiling a copy.
struct Attempt {
    code: Option<i32>,
    diagnostics: Vec<Diagnostic>,
    /// Whether cargo knows of a finished file, which other crates may use already.
    is_announced: bool,
}

impl Job<'_> {
    fn run(&self) -> Result<ExitCode> {
        let invocation = self.invocation;
        if let Some(reason) = self.reason_not_measured() {
            self.note(&format!("not measured: {reason}"));
            return self.compile_unchanged();
        }
        let is_conditional = self.sources.is_conditional();
        let conditions = if is_conditional { self.conditions() } else { Conditions::default() };
        let plan = Plan {
            needs_extern_crate: invocation.is_edition_2015,
            adds_allocator: invocation.is_program(),
            wraps_allocator: self.sources.has_allocator(),
            functions: self.sources.chosen(|all| self.choose(all), &conditions),
        };
        let is_default = self.patterns.is_empty() && self.settings.left_out.is_empty();
        if plan.functions.is_empty() && is_default {
            self.note_nothing_to_measure();
        }
        self.compile_plan(plan)
    }

    /// Whether each function of one file is to be measured.
    fn choose(&self, all: &[Candidate]) -> Vec<bool> {
        let chosen = self.patterns.choose(all).into_iter().zip(all);
        chosen.map(|(is_chosen, it)| is_chosen && !self.settings.left_out.holds(it)).collect()
    }

    /// Compiles a copy with a plan, or with as much of it as compiles.
    fn compile_plan(&self, mut plan: Plan) -> Result<ExitCode> {
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

    /// Checks the user's files unchanged, and prints their diagnostics.
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

    /// Compiles the user's files unchanged.
    fn compile_unchanged(&self) -> Result<ExitCode> {
        let status = status_of(self.compiler().args(&self.invocation.arguments))?;
        if !status.success() {
            return Ok(exit_code(status));
        }
        let _ = fs::remove_file(self.mark(&self.invocation.name, "allocator"));
        let files = self.translate(&[])?;
        self.note_unread(&files);
        lines::judge(self, &BTreeSet::new())
    }

    /// Prints what is not measured in a copy that compiled.
    fn finish(&self, working: Option<&Working>) -> Result<ExitCode> {
        working.into_iter().for_each(|working| self.note_refused(working));
        let mark = self.mark(&self.invocation.name, "allocator");
        match self.sources.has_allocator() {
            true => fs::write(mark, "")?,
            false => _ = fs::remove_file(mark),
        }
        let files = self.translate(&self.copies())?;
        self.note_unread(&files);
        lines::judge(self, &files.into_iter().collect())
    }

    /// Makes cargo rebuild the crate when the user's files, this command, the runtime or the patterns
    /// change. Returns the source files of the crate.
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
    /// Whether there are two allocators; names the crate of the other one unless it is this one.
    fn conflict(&self) -> Option<Option<&str>> {
        let about = |diagnostic: &&Diagnostic| diagnostic.is_about_allocators();
        self.diagnostics.iter().find(about).map(Diagnostic::allocator_of)
    }
}
