//! One crate: its copy is compiled, and the user's files speak where the compiler has anything to
//! say.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::blame::{self, Working};
use super::dep_info;
use super::invocation::Invocation;
use super::lines;
use super::messages::{self, Diagnostic, Message};
use super::settings::Settings;
use crate::output;
use crate::rewrite::mirror::Mirror;
use crate::rewrite::{Conditions, Crate, FunctionId, Patterns, Plan, normal};
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

pub(super) struct Job<'a> {
    pub(super) settings: &'a Settings,
    pub(super) invocation: &'a Invocation,
    pub(super) sources: Crate,
    pub(super) mirror: Mirror<'a>,
    pub(super) root: &'a Path,
    pub(super) runtime: Option<Built>,
    pub(super) patterns: Patterns,
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
            return self.plainly();
        }
        let is_conditional = self.sources.is_conditional();
        let held = if is_conditional { self.conditions() } else { Conditions::default() };
        let plan = Plan {
            needs_extern_crate: invocation.is_edition_2015,
            adds_allocator: invocation.is_program(),
            wraps_allocator: self.sources.has_allocator(),
            functions: self.sources.chosen(&self.patterns, &held),
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
                return self.plainly();
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
        self.plainly()
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
                output::say(line);
            }
            Message::Other => output::say(line),
        })?;
        attempt.code = status.code();
        Ok(attempt)
    }

    /// The compiler's answer to a copy when it makes only `kind`, and keeps nothing: its errors,
    /// `None` where it compiles.
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

    fn scratch(&self) -> PathBuf {
        self.settings.mirror.join(self.invocation.unit() + ".check")
    }

    /// Which of `functions` are around a line of a file, as the compiler names it.
    pub(super) fn around(
        &self,
        functions: &BTreeSet<FunctionId>,
        (file, line): (&Path, usize),
    ) -> Vec<FunctionId> {
        self.sources.around(functions, &normal(&self.mirror.base.join(file)), line)
    }

    /// The compiler for a copy, which is put where the arguments expect it.
    fn copy_compiler(
        &self,
        rewritten: &[(PathBuf, String)],
        arguments: &[OsString],
    ) -> Result<Command> {
        self.lay(rewritten).with_context(|| {
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
        // What is denied fails the user's files, which are looked at where there is a diagnostic.
        command.arg("--cap-lints=warn");
        Ok(command)
    }

    fn lay(&self, rewritten: &[(PathBuf, String)]) -> io::Result<()> {
        self.mirror.lay(self.sources.paths(), rewritten)?;
        let outside = self.sources.outside(self.mirror.base);
        outside.iter().try_for_each(|path| self.mirror.add(path))
    }

    pub(super) fn compiler(&self) -> Command {
        let mut command = super::rustc(self.settings, &self.invocation.compiler);
        if let Some(runtime) = &self.runtime {
            runtime.find(&mut command);
        }
        command
    }

    /// The conditions that hold in this compilation, by the compiler.
    pub(super) fn conditions(&self) -> Conditions {
        let printed = self.compiler().args(&self.invocation.arguments).arg("--print=cfg").output();
        let printed = printed.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
        Conditions::read(&printed.unwrap_or_default())
    }

    /// Gives the compiler the runtime under the name that the attribute has, if it has not.
    fn link(&self, command: &mut Command) {
        let own = self.invocation.runtime();
        let library = self.runtime.as_ref().map_or(own, |built| Some(&built.library));
        if let Some(library) = library.filter(|_| !self.invocation.has_extern("mem_profile")) {
            let mut name = OsString::from("mem_profile=");
            name.push(library);
            command.arg("--extern").arg(name);
        }
    }

    /// Folders of the mirror and what they are called in the program; where more than one could be
    /// meant, the last.
    fn copies(&self) -> Vec<(PathBuf, PathBuf)> {
        let mut copies = vec![(self.mirror.top.to_owned(), PathBuf::from("/"))];
        if self.invocation.root.1.is_relative() {
            copies.push((self.mirror.of(self.mirror.base), PathBuf::new()));
        }
        copies
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
                output::say(line);
            }
        })?;
        self.end_trials()?;
        Ok(super::code(status))
    }

    /// Compiles the user's files as they are.
    fn plainly(&self) -> Result<ExitCode> {
        let status = super::status(self.compiler().args(&self.invocation.arguments))?;
        if !status.success() {
            return Ok(super::code(status));
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

    /// The file kept of a crate for the crates that use it.
    pub(super) fn mark(&self, name: &str, kind: &str) -> PathBuf {
        self.settings.mirror.join(format!("{name}.{kind}"))
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
