//! Which process it is, among all that ever had its number.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::fields::Fields;
use super::groups::events;
use crate::sample::GroupEvents;

/// Which process it is, among all that ever had its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) process: u32,
    /// When it began, in ticks since the system did.
    pub(crate) start: u64,
    /// Differs each time the system is started.
    pub(crate) boot: [u64; 2],
    /// The numbers of processes mean something in here.
    pub(crate) namespace: u64,
}

impl Identity {
    #[cfg(feature = "process")]
    pub(crate) fn of_self() -> Self {
        let process = std::process::id();
        Self {
            process,
            start: start(process).map_or(0, |(start, _)| start),
            boot: boot(),
            namespace: inode(Path::new("/proc/self/ns/pid")),
        }
    }

    /// Whether it still runs; `None` where its number means nothing.
    pub(crate) fn is_running(&self) -> Option<bool> {
        if self.boot != boot() {
            return Some(false);
        }
        if self.namespace != inode(Path::new("/proc/self/ns/pid")) {
            return None;
        }
        Some(start(self.process).is_some_and(|(start, is_over)| start == self.start && !is_over))
    }

    /// Whether the system was started since.
    pub(crate) fn is_of_earlier_boot(&self) -> bool {
        self.boot != boot()
    }
}

/// When a process began, and whether it has ended, and nobody has asked how.
fn start(process: u32) -> Option<(u64, bool)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program may contain anything.
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let is_over = matches!(fields.next()?, "Z" | "X");
    Some((fields.nth(18)?.parse().ok()?, is_over))
}

fn boot() -> [u64; 2] {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits = u128::from_str_radix(&text.trim().replace('-', ""), 16).unwrap_or(0);
    [(digits >> 64) as u64, digits as u64]
}

/// The number of a file or folder; zero where it is not there.
pub(crate) fn inode(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.ino())
}

/// How often the limits of the group in this folder did harm by now; `None` where it is gone.
pub(crate) fn events_of(folder: &Path) -> Option<GroupEvents> {
    let mut text = Fields::new();
    let names = ["memory.events", "memory.oom_control"];
    names.iter().find_map(|name| events(&folder.join(name), &mut text))
}

#[cfg(all(test, feature = "process"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_runs_until_it_has_ended_even_if_nobody_asked_how() {
        let own = Identity::of_self();
        assert_eq!((own.is_running(), own.process), (Some(true), std::process::id()));
        let another = Identity { start: own.start + 1, ..own };
        assert_eq!(another.is_running(), Some(false), "its number was given again");
        assert_eq!(Identity { boot: [1, 2], ..own }.is_running(), Some(false));
        assert_eq!(Identity { namespace: 1, ..own }.is_running(), None);

        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (start, _) = start(child.id()).unwrap();
        let of_child = Identity { process: child.id(), start, ..own };
        assert_eq!(of_child.is_running(), Some(true));
        child.kill().unwrap();
        while super::start(child.id()).is_some_and(|(_, is_over)| !is_over) {
            std::thread::yield_now();
        }
        assert_eq!(of_child.is_running(), Some(false), "killed, but not waited for");
        child.wait().unwrap();
    }
}
