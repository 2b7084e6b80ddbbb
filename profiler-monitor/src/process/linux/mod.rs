//! Processes by `/proc`, and their control groups.

pub(super) mod all;
mod fields;
mod groups;
pub(super) mod identity;
mod mounts;
mod start;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::fields::Fields;
use self::groups::Groups;
use self::mounts::Mounts;
use self::start::started_at;
use crate::limit::{Limit, LimitKind};
use crate::sample::{Group, Sample};

/// Reads one process.
///
/// Files are opened each time, since a program may close all descriptors. Memory is allocated only where the process
/// has moved to another control group.
#[derive(Debug)]
pub struct Reader {
    base: PathBuf,
    is_own: bool,
    status: PathBuf,
    limits: PathBuf,
    membership: PathBuf,
    mounts: Mounts,
    /// The memory of the machine.
    physical: Option<u64>,
    /// The text of `membership` by which the groups were found.
    found_by: Vec<u8>,
    groups: Option<Groups>,
    text: Fields,
}

impl Reader {
    /// Of this process.
    #[must_use]
    pub fn of_self() -> Self {
        Self::at(Path::new("/"), "self")
    }

    /// Of the process with this number.
    #[must_use]
    pub fn of(process: u32) -> Self {
        Self::at(Path::new("/"), &process.to_string())
    }

    /// Of a process whose system is recorded below another folder than `/`.
    #[must_use]
    pub fn at(base: &Path, process: &str) -> Self {
        let proc = base.join("proc");
        let folder = proc.join(process);
        let mounts = fs::read(proc.join("self/mountinfo")).unwrap_or_default();
        let mut text = Fields::new();
        let meminfo = text.read(&proc.join("meminfo"));
        Self {
            base: base.to_owned(),
            is_own: process == "self",
            status: folder.join("status"),
            limits: folder.join("limits"),
            membership: folder.join("cgroup"),
            mounts: Mounts::parse(&mounts),
            physical: meminfo.ok().and_then(|()| text.kibibytes("MemTotal")),
            found_by: Vec::new(),
            groups: None,
            text,
        }
    }

    /// Reads it at this moment.
    ///
    /// # Errors
    /// The error of the system: `NotFound` if there is no such process, or it has no memory any more.
    pub fn read(&mut self, at: Duration) -> io::Result<Sample> {
        self.text.read(&self.status)?;
        let resident = self.text.kibibytes("VmRSS").ok_or(io::ErrorKind::NotFound)?;
        let address_space = self.text.kibibytes("VmSize").unwrap_or(0);
        let pages = ["RssFile", "RssShmem"].map(|name| self.text.kibibytes(name));
        let files = pages[0].zip(pages[1]).map(|(files, shared)| files + shared);
        let (limit, group) = self.read_groups();
        let limit = self.limit(limit);
        Ok(Sample { at, resident, files, address_space, limit, group, ..Sample::default() })
    }

    /// When it was started, since 1970, to a hundredth of a second.
    #[must_use]
    pub fn started_at(&self) -> Option<Duration> {
        started_at(&self.status.with_file_name("stat"), &self.base.join("proc/stat"))
    }

    /// The folder of the own control group, by the last sample.
    #[must_use]
    pub fn group_folder(&self) -> Option<&Path> {
        self.groups.as_ref()?.folder()
    }

    fn read_groups(&mut self) -> (Option<Limit>, Option<Group>) {
        let text = &mut self.text;
        if text.read(&self.membership).is_err() {
            return (None, None);
        }
        let have_changed = self.groups.as_ref().is_some_and(Groups::have_changed);
        if have_changed || self.found_by != text.text() {
            self.found_by.clear();
            self.found_by.extend_from_slice(text.text());
            self.groups = Groups::find(&self.base, &self.found_by, &self.mounts, self.is_own);
        }
        let physical = self.physical;
        self.groups.as_ref().map_or((None, None), |groups| groups.read(physical, text))
    }

    /// That of a group, else of the process, if it is below the memory of the machine; else the machine's.
    fn limit(&mut self, of_group: Option<Limit>) -> Option<Limit> {
        let physical = self.physical.map(|bytes| Limit { bytes, kind: LimitKind::Physical });
        let is_below = |limit: &Limit| physical.is_none_or(|physical| limit.bytes < physical.bytes);
        of_group.or_else(|| self.address_space().filter(is_below)).or(physical)
    }

    fn address_space(&mut self) -> Option<Limit> {
        self.text.read(&self.limits).ok()?;
        let bytes = self.text.number("Max address space")?;
        Some(Limit { bytes, kind: LimitKind::AddressSpace })
    }
}

#[cfg(test)]
mod tests;
