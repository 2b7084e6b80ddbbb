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
    pub(super) v2: Option<Mount>,
    /// The hierarchy of version 1 for memory.
    pub(super) v1: Option<Mount>,
}

impl Mounts {
    /// Reads `mountinfo`. The last mount on a folder hides those before it.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut mounts = Self::default();
        for line in text.split(|&byte| byte == b'\n') {
            let Some((kind, options, mount)) = parse_line(line) else { continue };
            match kind {
                b"cgroup2" => mounts.v2 = Some(mount),
                b"cgroup" if options.split(|&byte| byte == b',').any(|it| it == b"memory") => {
                    mounts.v1 = Some(mount);
                }
                _ => {}
            }
        }
        mounts
    }
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
    /// The folders of a group and of those around it, from the inside out, below the folder `base`.
    pub(super) fn folders(&self, base: &Path, group: &[u8]) -> Vec<PathBuf> {
        let group = Path::new(OsStr::from_bytes(group));
        let point = base.join(self.point.strip_prefix("/").unwrap_or(&self.point));
        // Outside of what is mounted, `/../other` too, nothing but the mount itself can be read.
        let is_outside = group.components().any(|part| part == Component::ParentDir);
        let inside = group.strip_prefix(&self.root).ok().filter(|_| !is_outside);
        let inside = inside.unwrap_or(Path::new(""));
        inside.ancestors().map(|part| point.join(part)).collect()
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
        assert_eq!(mounts.v1, Some(mount("/docker/1f", "/sys/fs/cgroup/memory")));
        assert_eq!(mounts.v2, Some(mount("/", "/sys/fs/cg roup\\x")));
        assert_eq!(Mounts::parse(b""), Mounts::default());
    }

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        let folders = |mount: &Mount, group: &str| -> Vec<String> {
            let all = mount.folders(Path::new("/base"), group.as_bytes());
            all.iter().map(|folder| folder.display().to_string()).collect()
        };
        let whole = mount("/", "/cg");
        assert_eq!(folders(&whole, "/a/b"), ["/base/cg/a/b", "/base/cg/a", "/base/cg/"]);
        assert_eq!(folders(&whole, "/"), ["/base/cg/"]);
        let container = mount("/docker/1f", "/cg");
        assert_eq!(folders(&container, "/docker/1f/in"), ["/base/cg/in", "/base/cg/"]);
        assert_eq!(folders(&container, "/docker/1f"), ["/base/cg/"]);
        assert_eq!(folders(&container, "/elsewhere"), ["/base/cg/"]);
        assert_eq!(folders(&whole, "/../other"), ["/base/cg/"]);
    }
}
