//! Where the machine code of a module was mapped from, as readers of addresses need to know it.

use std::fs::File;
use std::path::Path;

use mem_profile_names::build_id;
use object::{Object, ObjectSegment, ReadCache, SegmentFlags, elf};

use crate::data::ModuleData;

/// The smallest page of any system: the system maps whole pages.
const PAGE: u64 = 4096;

/// The mapping of a module's machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeSegment {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Of its start, in the file.
    pub(crate) offset: u64,
}

/// As the module's file says it. `None` if it cannot be read, was rebuilt since, or has code in several segments.
pub(crate) fn code_of(module: &ModuleData) -> Option<CodeSegment> {
    let path = Path::new(&module.path);
    if !path.is_file() || build_id(path).unwrap_or_default() != module.build_id {
        return None;
    }
    let content = ReadCache::new(File::open(path).ok()?);
    let file = object::File::parse(&content).ok()?;
    let mut code = file.segments().filter(|segment| {
        let SegmentFlags::Elf { p_flags, .. } = segment.flags() else { return false };
        p_flags & elf::PF_X == elf::PF_X
    });
    let segment = code.next().filter(|_| code.next().is_none())?;
    let start = module.bias.wrapping_add(segment.address());
    let end = start.checked_add(segment.size())?.checked_next_multiple_of(PAGE)?;
    let into_page = start % PAGE;
    let offset = segment.file_range().0.checked_sub(into_page)?;
    Some(CodeSegment { start: start - into_page, end, offset })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn code_is_where_the_system_has_mapped_it() {
        let path = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let own = || maps.lines().filter(|line| line.ends_with(&path));
        let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
        // The first mapping is of the file's begin, which a position-independent program has at address 0.
        let bias = number(own().next().unwrap().split('-').next().unwrap());
        let line = own().find(|line| line.contains(" r-xp ")).unwrap();
        let words: Vec<_> = line.split(['-', ' ']).collect();
        let mapped = CodeSegment {
            start: number(words[0]),
            end: number(words[1]),
            offset: number(words[4]),
        };
        let build_id = build_id(Path::new(&path)).unwrap();
        let module = ModuleData { path, build_id, bias, ..ModuleData::default() };
        assert_eq!(code_of(&module), Some(mapped));
        let rebuilt = ModuleData { build_id: "00".to_owned(), ..module };
        assert_eq!(code_of(&rebuilt), None);
    }
}
