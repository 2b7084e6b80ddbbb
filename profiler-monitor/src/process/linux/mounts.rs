//! Where control groups are mounted.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// One mount of a hierarchy of control groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// The group that is mounted: `/`, or the own one of a container.
    root: PathBuf,
    /// The folder where it is.
    point: PathBuf,
}

/// The mounts that have the memory of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mounts {
    /// The one hierarchy of version 2.
    pub(super) v2: Vec<Mount>,
    /// The hierarchy of version 1 for memory.
    pub(super) v1: Vec<Mount>,
    /// Whether events of version 2 count in their own group alone, by an option of the hierarchy.
    pub(super) has_local_events: bool,
}

impl Mounts {
    /// Reads `mountinfo`. The last mount on a folder hides those before it.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut mounts = Self::default();
        for line in text.split(|&byte| byte == b'\n') {
            let Some((kind, options, mount)) = parse_line(line) else { continue };
            let has = |name: &[u8]| options.split(|&byte| byte == b',').any(|it| it == name);
            let list = match kind {
                b"cgroup2" => {
                    mounts.has_local_events |= has(b"memory_localevents");
                    &mut mounts.v2
                }
                b"cgroup" if has(b"memory") => &mut mounts.v1,
                _ => continue,
            };
            list.retain(|other| other.point != mount.point);
            list.push(mount);
        }
        mounts
    }
}

/// The folders of a group and of those around it, from the inside out, below the folder `base`: by the mount that shows
/// most of them. Empty where none shows the group.
pub(super) fn folders(mounts: &[Mount], base: &Path, group: &[u8], is_own: bool) -> Vec<PathBuf> {
    let group = Path::new(OsStr::from_bytes(group));
    let inside = mounts.iter().filter_map(|mount| Some((mount, mount.inside(group)?)));
    let most = inside.max_by_key(|(_, inside)| inside.components().count());
    // Some containers show their own group alone, and name it as the host does.
    let own = || Some((mounts.last()?, PathBuf::new()));
    let is_plain = |mount: &Mount| ups(&mount.root) == 0 && ups(group) == 0;
    let own = || own().filter(|(mount, _)| is_own && is_plain(mount));
    let Some((mount, inside)) = most.or_else(own) else { return Vec::new() };
    let point = base.join(mount.point.strip_prefix("/").unwrap_or(&mount.point));
    inside.ancestors().map(|part| point.join(part)).collect()
}

/// How many levels above the namespace of this process a path begins: `/../../a` has two.
fn ups(path: &Path) -> usize {
    path.components().filter(|&part| part == Component::ParentDir).count()
}

/// `36 35 98:0 /root /point rw,noatime shared:1 - cgroup2 cgroup2 rw`: type, its options, and the mount.
fn parse_line(line: &[u8]) -> Option<(&[u8], &[u8], Mount)> {
    let mut words = line.split(|&byte| byte == b' ');
    let (root, point) = (words.nth(3)?, words.next()?);
    words.find(|&word| word == b"-")?;
    let (kind, _, options) = (words.next()?, words.next()?, words.next()?);
    Some((kind, options, Mount { root: path(root), point: path(point) }))
}

/// A path in which `\040` stands for a space.
fn path(word: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..3).filter(|_| first == b'\\');
        let octal =
            digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(first));
        rest = if octal.is_some() { &behind[3..] } else { behind };
    }
    PathBuf::from(OsStr::from_bytes(&bytes))
}

impl Mount {
    /// The path of a group below what is mounted, if it is there. Groups between the one that is mounted and the
    /// namespace of this process have no names here.
    fn inside(&self, group: &Path) -> Option<PathBuf> {
        (ups(&self.root) == ups(group))
            .then(|| group.strip_prefix(&self.root).ok())?
            .map(Path::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(root: &str, point: &str) -> Mount {
        Mount { root: root.into(), point: point.into() }
    }

    #[test]
    fn mounts_of_both_versions_are_found() {
        let text = b"\
22 1 0:20 / / rw - ext4 /dev/root rw\n\
35 31 0:32 /docker/1f /sys/fs/cgroup/memory ro,nosuid shared:5 master:2 - cgroup cgroup rw,memory\n\
36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
41 31 0:38 / /sys/fs/cg\\040roup\\134x rw - cgroup2 cgroup2 rw\n\
garbage - cgroup2\n";
        let mounts = Mounts::parse(text);
        assert_eq!(mounts.v1, [mount("/docker/1f", "/sys/fs/cgroup/memory")]);
        assert_eq!(mounts.v2, [mount("/", "/sys/fs/cg roup\\x")]);
        assert!(!mounts.has_local_events);
        assert_eq!(Mounts::parse(b""), Mounts::default());
    }

    #[test]
    fn an_option_of_version_2_says_that_events_of_inner_groups_do_not_count() {
        let text = b"35 24 0:30 / /cg rw - cgroup2 none rw,nsdelegate,memory_localevents\n";
        assert!(Mounts::parse(text).has_local_events);
        let text = b"35 24 0:30 / /cg rw - cgroup2 none rw,nsdelegate\n36 31 0:33 / /v1 rw - cgroup none rw,memory\n";
        assert!(!Mounts::parse(text).has_local_events);
    }

    fn shown(mounts: &[Mount], group: &str, is_own: bool) -> Vec<String> {
        let all = folders(mounts, Path::new("/base"), group.as_bytes(), is_own);
        all.iter().map(|folder| folder.display().to_string()).collect()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        let whole = [mount("/", "/cg")];
        assert_eq!(shown(&whole, "/a/b", false), ["/base/cg/a/b", "/base/cg/a", "/base/cg/"]);
        assert_eq!(shown(&whole, "/", false), ["/base/cg/"]);
        let container = [mount("/docker/1f", "/cg")];
        assert_eq!(shown(&container, "/docker/1f/in", false), ["/base/cg/in", "/base/cg/"]);
        assert_eq!(shown(&container, "/docker/1f", false), ["/base/cg/"]);
        assert_eq!(shown(&[], "/docker/1f", true), NONE);
    }

    #[test]
    fn the_group_of_another_container_is_not_that_of_this_one() {
        let container = [mount("/docker/1f", "/cg")];
        assert_eq!(shown(&container, "/elsewhere", true), ["/base/cg/"]);
        assert_eq!(shown(&container, "/elsewhere", false), NONE);
        for is_own in [false, true] {
            assert_eq!(shown(&[mount("/", "/cg")], "/../other", is_own), NONE);
        }
    }

    /// `unshare --cgroup` leaves mounts of groups further out, whose folders have names that are not known inside.
    #[test]
    fn a_namespace_knows_groups_as_far_as_they_have_names() {
        let both = [mount("/../..", "/old"), mount("/", "/new")];
        let old = &both[..1];
        assert_eq!(shown(old, "/", true), NONE);
        assert_eq!(shown(old, "/../../b", false), ["/base/old/b", "/base/old/"]);
        assert_eq!(shown(&both, "/in", true), ["/base/new/in", "/base/new/"]);
    }

    #[test]
    fn the_mount_that_shows_most_is_taken_wherever_it_is() {
        let mounts = [mount("/", "/sys/fs/cgroup"), mount("/a", "/var/one"), mount("/c", "/b")];
        let expected = ["/base/sys/fs/cgroup/a/b", "/base/sys/fs/cgroup/a", "/base/sys/fs/cgroup/"];
        assert_eq!(shown(&mounts, "/a/b", true), expected);
        assert_eq!(shown(&mounts[1..], "/a/b", true), ["/base/var/one/b", "/base/var/one/"]);
    }
}
