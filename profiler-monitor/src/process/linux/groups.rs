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
    events: PathBuf,
    pressure: PathBuf,
}

impl Files {
    fn of(folder: &Path, names: &Names) -> Self {
        let limits = names.limits.iter().map(|&(name, kind)| (folder.join(name), kind));
        Self {
            limits: limits.collect(),
            current: folder.join(names.current),
            stat: folder.join("memory.stat"),
            peak: folder.join(names.peak),
            events: folder.join(names.events),
            pressure: folder.join(names.pressure),
        }
    }

    /// The smaller limit of the group, if it is below so many bytes.
    fn limit(&self, below: u64, text: &mut Fields) -> Option<Limit> {
        let limits = self.limits.iter().filter_map(|&(ref path, kind)| {
            let bytes = value(text, path).filter(|&bytes| bytes < below)?;
            Some(Limit { bytes, kind })
        });
        limits.min_by_key(|limit| limit.bytes)
    }
}

/// The bytes of a group.
#[derive(Clone, Copy, Debug)]
struct Usage {
    current: u64,
    working_set: u64,
}

/// A limit, the group that it is of, and its usage.
struct Near<'a> {
    limit: Limit,
    files: &'a Files,
    usage: Option<Usage>,
}

impl Near<'_> {
    /// Bytes until it is reached; of `memory.high`, which lets more through, they may be negative.
    fn left(&self) -> i128 {
        i128::from(self.limit.bytes) - self.usage.map_or(0, |usage| usage.working_set.into())
    }
}

/// The groups of a process, from its own out.
#[derive(Debug)]
pub(super) struct Groups {
    names: &'static Names,
    /// Whether events of groups inside count.
    counts_inside: bool,
    /// Those that have a memory.
    chain: Vec<Files>,
    /// A file of each group further inside, which is there as soon as that has a memory.
    awaited: Vec<PathBuf>,
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
        let is_v1 = !of_v1.is_empty();
        let (folders, names) = match is_v1 {
            true => (of_v1, &V1),
            false => (shown(&mounts.v2, path_of(membership, <[u8]>::is_empty)), &V2),
        };
        // The root of all groups has no memory of its own, and groups without the controller have none.
        let own = folders.iter().position(|folder| folder.join(names.current).exists());
        let (inside, own) = folders.split_at(own.unwrap_or(folders.len()));
        (!folders.is_empty()).then(|| Self {
            names,
            counts_inside: !is_v1 && !mounts.has_local_events,
            chain: own.iter().map(|folder| Files::of(folder, names)).collect(),
            awaited: inside.iter().map(|folder| folder.join(names.current)).collect(),
        })
    }

    /// Whether the own one was removed, or has no memory any more, or one further inside has a memory by now.
    pub(super) fn have_changed(&self) -> bool {
        self.chain.first().is_some_and(|own| !own.current.exists())
            || self.awaited.iter().any(|current| current.exists())
    }

    /// The folder of the own one.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.chain.first()?.events.parent()
    }

    /// The limit below so many bytes that has the least memory left, and the group that it is of; without one, the own
    /// group.
    pub(super) fn read(
        &self,
        below: Option<u64>,
        text: &mut Fields,
    ) -> (Option<Limit>, Option<Group>) {
        let below = below.unwrap_or(UNLIMITED);
        let mut smallest = below;
        let mut nearest: Option<Near<'_>> = None;
        for files in &self.chain {
            let Some(limit) = files.limit(below, text) else { continue };
            smallest = smallest.min(limit.bytes);
            let near = Near { limit, files, usage: self.usage(files, text) };
            if nearest.as_ref().is_none_or(|nearest| near.left() < nearest.left()) {
                nearest = Some(near);
            }
        }
        if let Some(near) = self.unseen(smallest, text)
            && nearest.as_ref().is_none_or(|nearest| near.left() < nearest.left())
        {
            nearest = Some(near);
        }
        let limit = nearest.as_ref().map(|near| near.limit);
        let of = nearest.map(|near| (near.files, near.usage));
        let of = of.or_else(|| self.chain.first().map(|own| (own, self.usage(own, text))));
        let group = of.and_then(|(files, usage)| self.read_group(files, usage?, text));
        (limit, group)
    }

    /// A limit of a group around that cannot be seen; the own group is the nearest one to read.
    fn unseen(&self, below: u64, text: &mut Fields) -> Option<Near<'_>> {
        let (name, files) = (self.names.smallest?, self.chain.first()?);
        text.read(&files.stat).ok()?;
        let bytes = text.number(name).filter(|&bytes| bytes < below)?;
        let limit = Limit { bytes, kind: LimitKind::GroupMax };
        Some(Near { limit, files, usage: self.usage(files, text) })
    }

    fn usage(&self, files: &Files, text: &mut Fields) -> Option<Usage> {
        let current = value(text, &files.current)?;
        let inactive = text.read(&files.stat).ok().and_then(|()| text.number(self.names.inactive));
        Some(Usage { current, working_set: current.saturating_sub(inactive.unwrap_or(0)) })
    }

    /// The system counts a process that it ends in the group of the process and in all around it, but a limit that was
    /// reached in its own group and around that.
    fn read_group(&self, files: &Files, usage: Usage, text: &mut Fields) -> Option<Group> {
        let own = self.chain.first()?;
        let mut events = events(&files.events, text).unwrap_or_default();
        if !std::ptr::eq(files, own) {
            events.oom_kill = self::events(&own.events, text).unwrap_or_default().oom_kill;
        }
        let around = self.chain.get(1).filter(|_| self.counts_inside);
        let around = around.and_then(|around| self::events(&around.events, text));
        Some(Group {
            current: usage.current,
            working_set: usage.working_set,
            peak: value(text, &files.peak),
            events,
            oom_kill_around: around.map(|events| events.oom_kill),
            pressure: pressure(&own.pressure, text),
        })
    }
}

/// How often limits did harm, by `memory.events` or `memory.oom_control`; `None` where there is no such file.
pub(super) fn events(path: &Path, text: &mut Fields) -> Option<GroupEvents> {
    text.read(path).ok()?;
    let count = |name| text.number(name).unwrap_or(0);
    Some(GroupEvents {
        high: count("high"),
        oom: count("oom"),
        oom_kill: count("oom_kill"),
        oom_group_kill: count("oom_group_kill"),
    })
}

/// `some avg10=1.23 avg60=…`
fn pressure(path: &Path, text: &mut Fields) -> Option<f32> {
    text.read(path).ok()?;
    let rest = text.after("some")?.strip_prefix(b"avg10=")?;
    let end = rest.iter().position(|&byte| byte == b' ')?;
    let percent: f32 = str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
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
