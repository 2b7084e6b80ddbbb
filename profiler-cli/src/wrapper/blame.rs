//! Finds out by trial why a copy does not compile although the user's files do: functions are left out,
//! and put back as long as the crate compiles.
//!
//! The trials are checks without code generation: first without the wrapping of the allocator, then
//! without functions that another attribute refuses, then without those named by errors of the
//! first kind, and finally without any. Functions are put back by halves: a function that calls a
//! refused one is in the errors too, but can be measured. No trial follows
//! after cargo has learned of a finished crate.

use std::time::{Duration, Instant};

use anyhow::Result;
use mem_profile_rewrite::{FunctionId, Plan};

use super::job::Job;
use super::messages::Diagnostic;

/// Rounds in which the functions named by errors are left out, before all of them are.
const ROUNDS: usize = 10;
/// Largest number of compilations to put functions back.
const TRIALS: usize = 64;
/// Time limit for putting functions back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A plan with which a crate compiles.
pub(super) struct Working {
    pub(super) plan: Plan,
    /// Set if another allocator conflicts with ours; names its crate unless it is this one.
    pub(super) conflict: Option<Option<String>>,
    /// Functions that do not compile with the attribute.
    pub(super) refused: Vec<FunctionId>,
    /// Functions of which at least one does not compile; they were not tried one by one.
    pub(super) untried: Vec<FunctionId>,
}

/// Reduces a plan until a copy compiles; `None` if none does.
pub(super) fn find(job: &Job, plan: &Plan) -> Result<Option<Working>> {
    let working =
        Working { plan: plan.clone(), conflict: None, refused: Vec::new(), untried: Vec::new() };
    let mut search = Search { job, working, is_deep: false, trials: 0, until: Instant::now() };
    let found = search.run()?;
    job.end_trials()?;
    Ok(found.then_some(search.working))
}

struct Search<'a> {
    job: &'a Job<'a>,
    working: Working,
    /// Whether the errors only occur during code generation.
    is_deep: bool,
    trials: usize,
    until: Instant,
}

impl Search<'_> {
    fn run(&mut self) -> Result<bool> {
        let mut errors = self.trial()?;
        if errors.is_none() {
            self.is_deep = true;
            errors = self.trial()?;
        }
        let wraps = self.working.plan.wraps_allocator;
        if errors.is_some() && wraps {
            self.working.plan.wraps_allocator = false;
            errors = self.trial()?;
        }
        let Some(errors) = errors else { return Ok(true) };
        if let Some(errors) = self.leave_out_refused(errors)? {
            let Some((suspects, is_known)) = self.leave_out(errors)? else { return Ok(false) };
            self.until = Instant::now() + PATIENCE;
            self.put_back(suspects, is_known)?;
        }
        if wraps {
            self.working.plan.wraps_allocator = true;
            self.working.plan.wraps_allocator = self.trial()?.is_none();
        }
        Ok(true)
    }

    /// The errors of a copy with the current plan; `None` if it compiles.
    fn trial(&mut self) -> Result<Option<Vec<Diagnostic>>> {
        let kind = if self.is_deep { "link" } else { "metadata" };
        loop {
            let errors = self.job.trial(&self.working.plan, kind)?;
            let conflict = errors.iter().flatten().find(|error| error.is_about_allocators());
            let Some(conflict) = conflict.filter(|_| self.working.plan.adds_allocator) else {
                return Ok(errors);
            };
            self.working.plan.adds_allocator = false;
            self.working.conflict = Some(conflict.allocator_of().map(str::to_owned));
        }
    }

    /// Leaves out functions that another attribute refuses. They need no trial one by one, since such
    /// an error has no other cause. Returns the remaining errors, if any.
    fn leave_out_refused(
        &mut self,
        mut errors: Vec<Diagnostic>,
    ) -> Result<Option<Vec<Diagnostic>>> {
        loop {
            let of_attributes = errors.iter().filter(|error| error.is_of_attribute());
            let functions = &self.working.plan.functions;
            let around = |place| match self.job.around(functions, place).as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            };
            let refused: Vec<_> =
                of_attributes.flat_map(|error| error.places()).filter_map(around).collect();
            if refused.is_empty() {
                return Ok(Some(errors));
            }
            for function in refused {
                if self.working.plan.functions.remove(&function) {
                    self.working.refused.push(function);
                }
            }
            match self.trial()? {
                None => return Ok(None),
                Some(left) => errors = left,
            }
        }
    }

    /// Leaves functions out until the rest compiles. Returns them, and whether one of them is known to
    /// be the cause.
    fn leave_out(
        &mut self,
        mut errors: Vec<Diagnostic>,
    ) -> Result<Option<(Vec<FunctionId>, bool)>> {
        let mut suspects = Vec::new();
        let mut is_known = true;
        for round in 0.. {
            let mut named = self.named(&errors);
            if named.is_empty() || round == ROUNDS {
                named = self.working.plan.functions.iter().cloned().collect();
            }
            if named.is_empty() {
                // Nothing else is left.
                is_known = false;
                if !std::mem::take(&mut self.working.plan.adds_allocator) {
                    return Ok(None);
                }
            }
            self.working.plan.functions.retain(|function| !named.contains(function));
            suspects.extend(named);
            match self.trial()? {
                None => break,
                Some(left) => errors = left,
            }
        }
        Ok(Some((suspects, is_known)))
    }

    /// The annotated functions that errors name. Errors of the first kind come first: others may be
    /// consequences, such as a function that does not exist any more.
    fn named(&self, errors: &[Diagnostic]) -> Vec<FunctionId> {
        let errors: Vec<_> = errors.iter().filter(|it| !it.all_places().is_empty()).collect();
        let first = errors.iter().filter(|it| it.is_like(errors[0]));
        let mut ways = [
            first.clone().flat_map(|it| it.places()).collect::<Vec<_>>(),
            first.flat_map(|it| it.all_places()).collect(),
            errors.iter().flat_map(|it| it.all_places()).collect(),
        ]
        .into_iter();
        let functions = &self.working.plan.functions;
        let around = |place| self.job.around(functions, place);
        let found = ways.find_map(|places| {
            let mut found: Vec<_> = places.into_iter().flat_map(around).collect();
            found.sort();
            found.dedup();
            (!found.is_empty()).then_some(found)
        });
        found.unwrap_or_default()
    }

    /// Puts back the functions of a group with which the crate compiles. With `is_refused`, it is known
    /// not to compile with all of them. Returns whether it does.
    fn put_back(&mut self, mut group: Vec<FunctionId>, is_refused: bool) -> Result<bool> {
        if group.is_empty() {
            return Ok(true);
        }
        if !is_refused {
            if self.trials == TRIALS || Instant::now() > self.until {
                self.working.untried.append(&mut group);
                return Ok(false);
            }
            self.trials += 1;
            self.working.plan.functions.extend(group.iter().cloned());
            if self.trial()?.is_none() {
                return Ok(true);
            }
            self.working.plan.functions.retain(|function| !group.contains(function));
        }
        if group.len() == 1 {
            self.working.refused.append(&mut group);
            return Ok(false);
        }
        let half = group.split_off(group.len() / 2);
        let is_in_half = self.put_back(group, false)?;
        self.put_back(half, is_in_half)?;
        Ok(false)
    }
}
