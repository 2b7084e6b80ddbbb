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
use mem_profile_runtime::report;

use super::dep_info;
use super::invocation::Invocation;
use super::messages::{self, Diagnostic, Message};
use super::settings::Settings;
use crate::output;
use crate::rewrite::mirror::Mirror;
use crate::rewrite::{Crate, Patterns, Plan, Rewritten, normal};
use crate::runtime::Built;

/// How many lines are said of one kind.
const NOTES: usize = 8;
/// How often a crate is rewritten with less, until it compiles.
const ATTEMPTS: usize = 8;

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

struct Job<'a> {
    settings: &'a Settings,
    invocation: &'a Invocation,
    sources: Crate,
    mirror: Mirror<'a>,
    root: &'a Path,
    runtime: Option<Built>,
    patterns: Patterns,
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
        if self.runtime.is_none() && invocation.runtime().is_none() {
            self.note(
                "not measured: it does not depend on `mem-profile`, and the package of that name \
                 in this project cannot be replaced",
            );
            return self.plainly();
        }
        if invocation.is_program() && self.sources.is_bare() {
            return self.plainly();
        }
        let mut plan = Plan {
            needs_extern_crate: invocation.is_edition_2015,
            adds_allocator: invocation.is_program(),
            wraps_allocator: true,
            ..Plan::default()
        };
        let mut is_checked = false;
        for _ in 0..ATTEMPTS {
            let rewritten = self.sources.rewritten(&self.patterns, &plan);
            if rewritten.files.is_empty() && plan.left_out.is_empty() {
                return self.plainly();
            }
            let attempt = self.attempt(&rewritten)?;
            let succeeded = attempt.code == Some(0);
            if !succeeded && let Some(conflict) = attempt.conflict().filter(|_| plan.adds_allocator)
            {
                plan.adds_allocator = false;
                self.explain_allocator(conflict, &rewritten);
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
                self.finish(&plan, &rewritten)?;
                return Ok(ExitCode::SUCCESS);
            }
            if attempt.is_announced || !self.reduce(&mut plan, &attempt, &rewritten) {
                break;
            }
        }
        self.note("it does not compile with the attribute, and is not measured");
        self.plainly()
    }

    /// Compiles a copy.
    fn attempt(&self, rewritten: &Rewritten) -> Result<Attempt> {
        self.lay(rewritten).with_context(|| {
            format!("cannot put copies of the sources into {}", self.mirror.top.display())
        })?;
        let mut command = self.compiler();
        command.args(self.invocation.with_root(&self.mirror.of(self.root)));
        for (copy, original) in self.copies() {
            let mut remap = copy.into_os_string();
            remap.push("=");
            remap.push(original);
            command.arg("--remap-path-prefix").arg(remap);
        }
        self.link(&mut command);
        // What is denied fails the user's files, which are looked at where there is a diagnostic.
        command.arg("--cap-lints=warn");
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

    fn lay(&self, rewritten: &Rewritten) -> io::Result<()> {
        self.mirror.lay(self.sources.paths(), &rewritten.files)?;
        let outside = self.sources.outside(self.mirror.base);
        outside.iter().try_for_each(|path| self.mirror.add(path))
    }

    fn compiler(&self) -> Command {
        let mut command = super::rustc(self.settings, &self.invocation.compiler);
        if let Some(runtime) = &self.runtime {
            runtime.find(&mut command);
        }
        command
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
        let scratch = self.settings.mirror.join(self.invocation.unit() + ".check");
        fs::create_dir_all(&scratch)?;
        let mut command = self.compiler();
        command.args(self.invocation.checking(&scratch));
        let status = messages::listen(&mut command, |line, message| {
            if !matches!(message, Message::Artifact { .. }) {
                output::say(line);
            }
        })?;
        fs::remove_dir_all(&scratch)?;
        Ok(super::code(status))
    }

    /// Leaves out what may be why a copy does not compile although the original does. Returns
    /// whether there was anything.
    fn reduce(&self, plan: &mut Plan, attempt: &Attempt, rewritten: &Rewritten) -> bool {
        let before = plan.left_out.len();
        let errors = attempt.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        for (file, line) in errors.flat_map(Diagnostic::places) {
            let path = normal(&self.mirror.base.join(file));
            if let Some((file, function)) = self.sources.around(&path, line) {
                plan.left_out.insert((file.to_owned(), *function.lines.start()));
            }
        }
        if plan.left_out.len() > before {
            return true;
        }
        if plan.wraps_allocator && rewritten.counts {
            plan.wraps_allocator = false;
            plan.adds_allocator = false;
            self.note("its allocator cannot be wrapped: figures are of the resident set");
            return true;
        }
        false
    }

    fn explain_allocator(&self, conflict: Option<&str>, rewritten: &Rewritten) {
        let is_counted = match conflict {
            Some(other) => self.settings.mirror.join(other).with_extension("counts").exists(),
            None => rewritten.counts,
        };
        if !is_counted {
            let whose =
                conflict.map_or_else(String::new, |other| format!(", of the crate {other},"));
            let what = "is no plain static of the workspace";
            self.note(&format!("its allocator{whose} {what}: figures are of the resident set"));
        }
    }

    fn note(&self, text: &str) {
        let line = report::printable(&format!("mem-profile: {}: {text}", self.invocation.name));
        output::say(&(line + "\n"));
    }

    /// Compiles the user's files as they are.
    fn plainly(&self) -> Result<ExitCode> {
        let status = super::status(self.compiler().args(&self.invocation.arguments))?;
        if status.success() {
            let files = self.translate(&[])?;
            self.name_unread(&files);
        }
        Ok(super::code(status))
    }

    fn finish(&self, plan: &Plan, rewritten: &Rewritten) -> Result<()> {
        for (file, line) in &plan.left_out {
            let file = file.strip_prefix(self.mirror.base).unwrap_or(file).display();
            self.note(&format!(
                "the function on {file}:{line} does not compile with the attribute"
            ));
        }
        if rewritten.counts {
            let mark = self.settings.mirror.join(&self.invocation.name).with_extension("counts");
            fs::write(mark, "")?;
        }
        let files = self.translate(&self.copies())?;
        self.name_unread(&files);
        Ok(())
    }

    /// Names the files of the crate in which nothing is measured, because they cannot be read or
    /// are not known to belong to it.
    fn name_unread(&self, files: &[PathBuf]) {
        let known: BTreeSet<_> = self.sources.paths().collect();
        let is_code = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rs");
        let unread = files.iter().filter(is_code).filter(|path| !known.contains(path.as_path()));
        let notes = unread.map(|path| {
            let shown = path.strip_prefix(self.mirror.base).unwrap_or(path).display();
            match self.sources.faulty.iter().find(|(faulty, _)| faulty == path) {
                Some((_, fault)) => {
                    format!("{shown}:{} cannot be read: {}", fault.line, fault.reason)
                }
                None => format!("{shown} is not measured: a macro makes it part of the crate"),
            }
        });
        self.notes(&notes.collect::<Vec<_>>(), "files");
    }

    /// Says one line each, and of many how many more there are.
    fn notes(&self, notes: &[String], of: &str) {
        let (shown, more) = notes.split_at(notes.len().min(NOTES));
        shown.iter().for_each(|note| self.note(note));
        if !more.is_empty() {
            self.note(&format!("the same of {} more {of}", more.len()));
        }
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
