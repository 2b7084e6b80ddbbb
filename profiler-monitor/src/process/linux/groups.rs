//! The control group of a process and those around it, of either version.

use std::path::{Path, PathBuf};

use super::fields::{Fields, number};
use super::mounts::{Mount, Mounts, folders};
use crate::limit::{Limit, LimitKind};
use crate::sample::{Group, GroupEvents};

/// Limits of version 1 are this large, rounded to a page, where there is none.
const UNLIMITED: u64 = 1 << 60;

/// The names of the files of one version.
#[derive(Debug)]
struct Names {
    limits: &'static [(&'static str, LimitKind)],
    current: &'static str,
    peak: &'static str,
    inactive: &'static str,
    /// The smallest limit, in `memory.stat`, also of groups around that cannot be seen.
    smallest: Option<&'static str>,
    events: &'static str,
    pressure: &'static str,
}

const V2: Names = Names {
    limits: &[("memory.max", LimitKind::GroupMax), ("memory.high", LimitKind::GroupHigh)],
    current: "memory.current",
    peak: "memory.peak",
    inactive: "inactive_file",
    smallest: None,
    events: "memory.events",
    pressure: "memory.pressure",
};

const V1: Names = Names {
    limits: &[("memory.limit_in_bytes", LimitKind::GroupMax)],
    current: "memory.usage_in_bytes",
    peak: "memory.max_usage_in_bytes",
    inactive: "total_inactive_file",
    smallest: Some("hierarchical_memory_limit"),
    events: "memory.oom_control",
    pressure: "memory.pressure",
};

/// The files of one group.
#[derive(Debug)]
struct Files {
    limits: Vec<(PathBuf, LimitKind)>,
    current: PathBuf,
    stat: PathBuf,
    peak: PathBuf,
}

impl Files {
    fn of(folder: &Path, names: &Names) -> Self {
        let limits = names.limits.iter().map(|&(name, kind)| (folder.join(name), kind));
        Self {
            limits: limits.collect(),
            current: folder.join(names.current),
            stat: folder.join("memory.stat"),
            peak: folder.join(names.peak),
        }
    }
}

/// The groups of a process, from its own out.
#[derive(Debug)]
pub(super) struct Groups {
    names: &'static Names,
    chain: Vec<Files>,
    /// Of the own one.
    events: PathBuf,
    pressure: PathBuf,
}

impl Groups {
    /// The groups that `/proc/PID/cgroup` names. Those of version 1 have the memory if that hierarchy is mounted.
    pub(super) fn find(
        base: &Path,
        membership: &[u8],
        mounts: &Mounts,
        is_own: bool,
    ) -> Option<Self> {
        let has_memory = |names: &[u8]| names.split(|&byte| byte == b',').any(|it| it == b"memory");
        let shown = |mounts: &[Mount], path: Option<&[u8]>| -> Vec<PathBuf> {
            path.map(|path| folders(mounts, base, path, is_own)).unwrap_or_default()
        };
        let of_v1 = shown(&mounts.v1, path_of(membership, has_memory));
        let (folders, names) = match of_v1.is_empty() {
            false => (of_v1, &V1),
            true => (shown(&mounts.v2, path_of(membership, <[u8]>::is_empty)), &V2),
        };
        // The root of all groups has no memory of its own, and groups without the controller have none.
        let own = folders.iter().position(|folder| folder.join(names.current).exists())?;
        let own = &folders[own..];
        Some(Self {
            names,
            chain: own.iter().map(|folder| Files::of(folder, names)).collect(),
            events: own[0].join(names.events),
            pressure: own[0].join(names.pressure),
        })
    }

    /// Whether the own one was removed, or has no memory any more.
    pub(super) fn are_gone(&self) -> bool {
        self.chain.first().is_none_or(|own| !own.current.exists())
    }

    /// The folder of the own one.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.events.parent()
    }

    /// The smallest limit, and the group that it is of; without one, the own group.
    pub(super) fn read(&self, text: &mut Fields) -> (Option<Limit>, Option<Group>) {
        let mut smallest: Option<(Limit, &Files)> = None;
        for files in &self.chain {
            for &(ref path, kind) in &files.limits {
                let Some(bytes) = value(text, path).filter(|&bytes| bytes < UNLIMITED) else {
                    continue;
                };
                if smallest.is_none_or(|(limit, _)| bytes < limit.bytes) {
                    smallest = Some((Limit { bytes, kind }, files));
                }
            }
        }
        if let Some((limit, files)) = self.unseen(text)
            && smallest.is_none_or(|(known, _)| limit.bytes < known.bytes)
        {
            smallest = Some((limit, files));
        }
        let files = smallest.map(|(_, files)| files).or(self.chain.first());
        let group = files.and_then(|files| self.read_group(files, text));
        (smallest.map(|(limit, _)| limit), group)
    }

    /// A limit of a group around that cannot be seen; the own group is the nearest one to read.
    fn unseen(&self, text: &mut Fields) -> Option<(Limit, &Files)> {
        let (name, files) = (self.names.smallest?, self.chain.first()?);
        text.read(&files.stat).ok()?;
        let bytes = text.number(name).filter(|&bytes| bytes < UNLIMITED)?;
        Some((Limit { bytes, kind: LimitKind::GroupMax }, files))
    }

    fn read_group(&self, files: &Files, text: &mut Fields) -> Option<Group> {
        let current = value(text, &files.current)?;
        let inactive = text.read(&files.stat).ok().and_then(|()| text.number(self.names.inactive));
        Some(Group {
            current,
            working_set: current.saturating_sub(inactive.unwrap_or(0)),
            peak: value(text, &files.peak),
            events: self.read_events(text),
            pressure: self.read_pressure(text),
        })
    }

    fn read_events(&self, text: &mut Fields) -> GroupEvents {
        if text.read(&self.events).is_err() {
            return GroupEvents::default();
        }
        let count = |name| text.number(name).unwrap_or(0);
        GroupEvents {
            high: count("high"),
            oom: count("oom"),
            oom_kill: count("oom_kill"),
            oom_group_kill: count("oom_group_kill"),
        }
    }

    /// `some avg10=1.23 avg60=…`
    fn read_pressure(&self, text: &mut Fields) -> Option<f32> {
        text.read(&self.pressure).ok()?;
        let rest = text.after("some")?.strip_prefix(b"avg10=")?;
        let end = rest.iter().position(|&byte| byte == b' ')?;
        let percent: f32 = str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        (0.0..=100.0).contains(&percent).then_some(percent)
    }
}

/// The path on the line whose controllers are wanted: `4:memory,cpu:/path`.
fn path_of(membership: &[u8], is_wanted: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    membership.split(|&byte| byte == b'\n').find_map(|line| {
        let mut parts = line.splitn(3, |&byte| byte == b':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        (is_wanted(controllers) && path.starts_with(b"/")).then_some(path)
    })
}

/// The number that is the text of a file; `None` of `max`.
fn value(text: &mut Fields, path: &Path) -> Option<u64> {
    text.read(path).ok()?;
    number(text.text())
}
