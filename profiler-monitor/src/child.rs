//! The processes below one: each has its own figures, and nothing is added up.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::guard::{Alarm, Guard, Rules};
use crate::limit::LimitKind;
use crate::process::{self, ProcessStat, Reader};
use crate::sample::Sample;

/// A child process, or one further below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its number.
    pub id: u32,
    /// The name of its program.
    pub name: String,
    /// Its resident set, in bytes.
    pub resident: u64,
}

/// `ffmpeg (4712)`.
impl fmt::Display for Child {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.id)
    }
}

/// The processes that are below this one, the largest first.
#[must_use]
pub fn children_of(process: u32) -> Vec<Child> {
    list(below(process, &BTreeMap::new()).into_keys())
}

fn child(id: u32) -> Option<Child> {
    let (name, resident) = process::resident(id)?;
    Some(Child { id, name, resident })
}

fn list(ids: impl Iterator<Item = u32>) -> Vec<Child> {
    let mut children: Vec<_> = ids.filter_map(child).collect();
    children.sort_by_key(|child| (std::cmp::Reverse(child.resident), child.id));
    children
}

/// The processes below this one or below those that were, with their starts. Those that were stay also when their own
/// parent has ended.
fn below(root: u32, before: &BTreeMap<u32, u64>) -> BTreeMap<u32, u64> {
    let mut by_parent: HashMap<u32, Vec<ProcessStat>> = HashMap::new();
    let mut found = BTreeMap::new();
    for process in process::all() {
        if before.get(&process.id) == Some(&process.start) {
            found.insert(process.id, process.start);
        }
        by_parent.entry(process.parent).or_default().push(process);
    }
    let mut open: Vec<u32> = found.keys().copied().chain([root]).collect();
    while let Some(parent) = open.pop() {
        for process in by_parent.remove(&parent).into_iter().flatten() {
            found.insert(process.id, process.start);
            open.push(process.id);
        }
    }
    found
}

/// Guards the processes below one, each by itself.
#[derive(Debug)]
pub struct Children {
    root: u32,
    rules: Rules,
    interval: Duration,
    starts: BTreeMap<u32, u64>,
    guarded: HashMap<u32, (Reader, Guard)>,
}

impl Children {
    /// Of this process, for samples in this interval.
    #[must_use]
    pub fn of(process: u32, rules: Rules, interval: Duration) -> Self {
        let (starts, guarded) = (BTreeMap::new(), HashMap::new());
        Self { root: process, rules, interval, starts, guarded }
    }

    /// Takes a sample of each; what is new with them. What a control group does is said of the process above, if they
    /// are in the same one.
    pub fn look(&mut self, at: Duration, group: Option<&Path>) -> Vec<(Child, Alarm)> {
        let starts = below(self.root, &self.starts);
        self.guarded.retain(|id, _| starts.get(id) == self.starts.get(id));
        self.starts = starts;
        let mut alarms = Vec::new();
        for &id in self.starts.keys() {
            let new = || (Reader::of(id), Guard::new(self.rules, self.interval));
            let (reader, guard) = self.guarded.entry(id).or_insert_with(new);
            // One that cannot be read has ended, or is another user's.
            let Ok(sample) = reader.read(at) else { continue };
            let is_shared = reader.group_folder() == group;
            let sample = if is_shared { without_group(sample) } else { sample };
            let alarm = guard.look(&sample);
            alarms.extend(alarm.and_then(|alarm| Some((child(id)?, alarm))));
        }
        alarms
    }

    /// Whether it was there at the last sample.
    #[must_use]
    pub fn contains(&self, process: u32) -> bool {
        self.starts.contains_key(&process)
    }

    /// Those of the last sample with their figures of now, the largest first.
    #[must_use]
    pub fn list(&self) -> Vec<Child> {
        list(self.starts.keys().copied())
    }
}

fn without_group(sample: Sample) -> Sample {
    let is_of_group = |kind| matches!(kind, LimitKind::GroupMax | LimitKind::GroupHigh);
    let limit = sample.limit.filter(|limit| !is_of_group(limit.kind));
    Sample { limit, group: None, ..sample }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;

    /// Takes samples until the process is there, or is not.
    fn wait(children: &mut Children, is_wanted: impl Fn(&Child) -> bool, is_there: bool) {
        let begin = Instant::now();
        while children.list().iter().any(&is_wanted) != is_there {
            assert!(begin.elapsed() < Duration::from_secs(20));
            children.look(begin.elapsed(), None);
        }
    }

    #[test]
    fn a_process_stays_known_when_its_parent_has_ended() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 60 & read line"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let own = std::process::id();
        let mut children = Children::of(own, Rules::default(), Duration::from_secs(1));
        wait(&mut children, |child| child.name == "sleep", true);
        let sleep = children.list().into_iter().find(|child| child.name == "sleep").unwrap();
        assert!(sleep.resident > 0 && children.contains(sleep.id) && children.contains(shell.id()));
        assert!(children_of(own).iter().any(|child| child.id == sleep.id));
        shell.stdin.take().unwrap().write_all(b"\n").unwrap();
        shell.wait().unwrap();
        children.look(Duration::ZERO, None);
        assert!(children.contains(sleep.id) && !children.contains(shell.id()));
        assert!(!children_of(own).iter().any(|child| child.id == sleep.id));
        Command::new("kill").arg(sleep.id.to_string()).status().unwrap();
        wait(&mut children, |child| child.id == sleep.id, false);
    }
}
