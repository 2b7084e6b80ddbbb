//! The purpose of each mapping, by its name, its flags, its neighbours, and the stack pointers of threads.

use std::collections::HashSet;

use crate::class::ClassKind;
use crate::smaps::Mapping;

/// glibc maps the arenas of threads at multiples of this, and nothing in an arena is further than this.
pub(crate) const ARENA: u64 = 64 << 20;

/// The purpose of each of these mappings, without regard to blocks there. `Heap` is memory of an allocator by name
/// or by glibc's pattern.
pub(crate) fn purposes(mappings: &[Mapping], stack_pointers: &[u64]) -> Vec<ClassKind> {
    let is_program = |mapping: &&Mapping| mapping.is_executable && mapping.inode != 0;
    let programs: HashSet<_> = mappings.iter().filter(is_program).map(|it| &*it.name).collect();
    let mut pointers = stack_pointers.to_vec();
    pointers.sort_unstable();
    let mut purposes: Vec<ClassKind> = Vec::with_capacity(mappings.len());
    for (index, mapping) in mappings.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| (&mappings[before], purposes[before]));
        let found = match named(mapping, &programs) {
            Some(found) => found,
            None => unnamed(mapping, before, mappings.get(index + 1), &pointers),
        };
        purposes.push(found);
    }
    purposes
}

fn named(mapping: &Mapping, programs: &HashSet<&str>) -> Option<ClassKind> {
    let starts = |names: &[&str]| names.iter().any(|name| mapping.name.starts_with(name));
    match &*mapping.name {
        "" => None,
        "[heap]" => Some(ClassKind::Heap),
        // glibc gives these names where `glibc.mem.decorate_maps` asks for them.
        _ if starts(&["[anon: glibc: malloc arena"]) => Some(ClassKind::Heap),
        _ if starts(&["[anon: glibc: pthread stack"]) => Some(ClassKind::Stacks),
        _ if starts(&["[stack"]) || mapping.grows_down => Some(ClassKind::Stacks),
        _ if starts(&["[anon:"]) => Some(ClassKind::Anonymous),
        _ if starts(&["[anon_shmem:"]) => Some(ClassKind::SharedMemory),
        _ if starts(&["["]) => Some(ClassKind::Other),
        name if programs.contains(name) && mapping.is_writable => Some(ClassKind::Statics),
        name if programs.contains(name) => Some(ClassKind::Code),
        _ if starts(&["/memfd:", "/dev/shm/", "/SYSV", "/dev/zero"]) => {
            Some(ClassKind::SharedMemory)
        }
        _ if starts(&["/dev/", "anon_inode:", "/anon_hugepage"]) => Some(ClassKind::Other),
        _ => Some(ClassKind::Files),
    }
}

fn unnamed(
    mapping: &Mapping,
    before: Option<(&Mapping, ClassKind)>,
    behind: Option<&Mapping>,
    pointers: &[u64],
) -> ClassKind {
    let below = before.filter(|(below, _)| below.range.end == mapping.range.start);
    let has_guard = below.is_some_and(|(below, _)| !below.is_accessible && below.inode == 0);
    // A pointer alone is not enough: stacks of Go and of coroutines are parts of a heap.
    let marks = [has_guard, mapping.refuses_huge_pages, holds_any(mapping, pointers)];
    let is_stack = marks.into_iter().filter(|&mark| mark).count() >= 2;
    if mapping.grows_down || is_stack && mapping.is_writable && !is_arena(mapping, behind) {
        return ClassKind::Stacks;
    }
    if mapping.is_executable {
        return ClassKind::Code;
    }
    if mapping.is_shared {
        return ClassKind::SharedMemory;
    }
    // Variables without a value of their own follow those in the file.
    if mapping.is_writable && below.is_some_and(|(_, purpose)| purpose == ClassKind::Statics) {
        return ClassKind::Statics;
    }
    if is_arena(mapping, behind) {
        return ClassKind::Heap;
    }
    ClassKind::Anonymous
}

fn holds_any(mapping: &Mapping, pointers: &[u64]) -> bool {
    let first = pointers.partition_point(|&pointer| pointer < mapping.range.start);
    pointers.get(first).is_some_and(|&pointer| pointer < mapping.range.end)
}

/// Whether this is a thread's arena of glibc: the used part of 64 MiB, of which the rest cannot be accessed. No memory
/// is set aside for it, unlike for the heaps of Go and Java, which have the same shape.
fn is_arena(mapping: &Mapping, behind: Option<&Mapping>) -> bool {
    let (start, end) = (mapping.range.start, mapping.range.end);
    if !mapping.is_writable || !mapping.is_unreserved || mapping.refuses_huge_pages {
        return false;
    }
    let border = end.next_multiple_of(ARENA);
    let rest = behind.filter(|rest| rest.range.start == end && !rest.is_accessible);
    let is_whole =
        end == border || rest.is_some_and(|rest| rest.inode == 0 && rest.range.end >= border);
    start.is_multiple_of(ARENA) && is_whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smaps::parse_smaps;

    #[track_caller]
    fn assert_purposes(maps: &[(&str, ClassKind)], pointers: &[u64]) {
        let heading = |(line, _): &(&str, ClassKind)| {
            let (line, flags) = line.split_once('!').unwrap_or((line, ""));
            format!("{line}\nRss: 0 kB\nVmFlags: {flags}\n")
        };
        let text: String = maps.iter().map(heading).collect();
        let mappings = parse_smaps(text.as_bytes()).unwrap();
        let expected: Vec<_> = maps.iter().map(|&(_, purpose)| purpose).collect();
        assert_eq!(purposes(&mappings, pointers), expected);
    }

    #[test]
    fn files_are_code_statics_or_data() {
        use ClassKind::*;
        assert_purposes(
            &[
                ("1000-2000 r--p 0 08:01 7 /bin/app", Code),
                ("2000-3000 r-xp 0 08:01 7 /bin/app", Code),
                ("3000-4000 rw-p 0 08:01 7 /bin/app", Statics),
                ("4000-8000 rw-p 0 00:00 0", Statics),
                ("9000-a000 rw-p 0 00:00 0", Anonymous),
                ("a000-b000 rw-p 0 00:00 0 [heap]", Heap),
                ("b000-c000 r--p 0 08:01 8 /data/index", Files),
                ("c000-d000 rw-s 0 00:01 9 /memfd:x (deleted)", SharedMemory),
                ("d000-e000 rw-s 0 00:00 0", SharedMemory),
                ("e000-f000 r-xp 0 00:00 0", Code),
                ("f000-10000 r-xp 0 00:00 0 [vdso]", Other),
                ("10000-11000 rw-p 0 00:00 0 [anon: Go: heap]", Anonymous),
                ("11000-12000 rw-p 0 00:00 0 [anon: glibc: malloc]", Anonymous),
                ("12000-13000 rw-p 0 00:00 0 [anon: glibc: malloc arena]", Heap),
                ("13000-14000 rw-p 0 00:00 0 [anon: glibc: pthread stack: 7]", Stacks),
            ],
            &[],
        );
    }

    #[test]
    fn stacks_have_two_of_three_marks() {
        use ClassKind::*;
        assert_purposes(
            &[
                ("1000-2000 ---p 0 00:00 0", Anonymous),
                ("2000-9000 rw-p 0 00:00 0", Stacks),
                ("9000-a000 ---p 0 00:00 0", Anonymous),
                ("a000-f000 rw-p 0 00:00 0 ! rd wr nh", Stacks),
                ("10000-11000 ---p 0 00:00 0", Anonymous),
                ("11000-12000 rw-p 0 00:00 0 ! rd wr", Anonymous),
                ("13000-14000 rw-p 0 00:00 0 ! rd wr", Anonymous),
                ("15000-16000 rw-p 0 00:00 0 ! rd wr nh", Stacks),
                ("7ff000-800000 rw-p 0 00:00 0 [stack] ! gd", Stacks),
            ],
            &[0x2000, 0x13000, 0x15008],
        );
    }

    /// Go and Java have heaps at such addresses, with the rest behind, for which memory is set aside.
    #[test]
    fn aligned_heaps_of_others_are_no_arenas() {
        use ClassKind::*;
        assert_purposes(
            &[
                ("c000000000-c002000000 rw-p 0 00:00 0 ! rd wr ac", Anonymous),
                ("c002000000-c004000000 ---p 0 00:00 0 ! ac", Anonymous),
                ("7f0004000000-7f0004021000 rw-p 0 00:00 0 ! rd wr nr", Heap),
                ("7f0004021000-7f0008000000 ---p 0 00:00 0 ! nr", Anonymous),
            ],
            &[],
        );
    }

    #[test]
    fn arenas_are_aligned_and_have_their_rest_behind() {
        use ClassKind::*;
        assert_purposes(
            &[
                ("7f0004000000-7f0004021000 rw-p 0 00:00 0 ! rd wr nr", Heap),
                ("7f0004021000-7f0008000000 ---p 0 00:00 0", Anonymous),
                // A full arena and another one behind.
                ("7f0010000000-7f0014800000 rw-p 0 00:00 0 ! rd wr nr", Heap),
                ("7f0014800000-7f0018000000 ---p 0 00:00 0", Anonymous),
                ("7f0018000000-7f001c000000 rw-p 0 00:00 0 ! rd wr nr", Heap),
                ("7f0020000000-7f0020021000 rw-p 0 00:00 0 ! rd wr nr", Anonymous),
                ("7f0024000000-7f0028000000 rw-p 0 00:00 0 ! rd wr", Anonymous),
                ("7f002c001000-7f0030000000 rw-p 0 00:00 0 ! rd wr nr", Anonymous),
            ],
            &[],
        );
    }
}
