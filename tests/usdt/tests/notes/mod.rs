//! The notes of probes in a program's file.

use std::path::Path;

use object::elf::{PF_W, PF_X, PT_LOAD, ProgramFlags, ProgramHeader64};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) provider: String,
    pub(crate) name: String,
    /// `8@%rdi`
    pub(crate) arguments: String,
    /// Where the `nop` is in the file.
    pub(crate) offset: u64,
    /// The same of the semaphore.
    pub(crate) semaphore_offset: u64,
}

impl Probe {
    /// The kernel's numbers of the registers in which the arguments are.
    pub(crate) fn registers(&self) -> impl Iterator<Item = u32> {
        self.arguments.split(' ').map(|argument| match argument {
            "8@%rdx" => 3,
            "8@%rsi" => 4,
            "8@%rdi" | "8@x0" => {
                if cfg!(target_arch = "x86_64") {
                    5
                } else {
                    0
                }
            }
            "8@x1" => 1,
            "8@x2" => 2,
            other => panic!("not a register: {other}"),
        })
    }
}

/// The probes of a program, by their names.
pub(crate) fn read(program: &Path) -> Vec<Probe> {
    let bytes = std::fs::read(program).expect("the program's file");
    let file = ElfFile64::<Endianness>::parse(&*bytes).expect("a file in ELF");
    let Some(section) = file.section_by_name(".note.stapsdt") else { return Vec::new() };
    let base = file.section_by_name(".stapsdt.base").expect("its base").address();
    let mut rest = section.data().expect("its notes");
    let mut probes = Vec::new();
    while !rest.is_empty() {
        let word = |place: usize| {
            u32::from_le_bytes(rest[place..place + 4].try_into().expect("a word")) as usize
        };
        let (owner, length) = (word(0), word(4));
        assert_eq!((word(8), &rest[12..12 + owner]), (3, &b"stapsdt\0"[..]));
        let start = 12 + owner.next_multiple_of(4);
        let note = &rest[start..start + length];
        rest = &rest[start + length.next_multiple_of(4)..];
        let number =
            |index: usize| u64::from_le_bytes(note[index * 8..][..8].try_into().expect("a number"));
        assert_eq!(number(1), base, "the file was not moved");
        let text = std::str::from_utf8(&note[24..]).expect("text");
        let [provider, name, arguments, ""] = *text.split('\0').collect::<Vec<_>>() else {
            panic!("{text:?}")
        };
        probes.push(Probe {
            provider: provider.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            offset: offset(&file, number(0), PF_X),
            semaphore_offset: offset(&file, number(2), PF_W),
        });
    }
    probes.sort_by(|one, other| one.name.cmp(&other.name));
    probes
}

/// Where an address lies in the file, in a segment that has this flag.
fn offset(file: &ElfFile64<'_>, address: u64, flag: ProgramFlags) -> u64 {
    let endian = file.endian();
    let headers = file.elf_header().program_headers(endian, file.data()).expect("segments");
    let mut segments = headers.iter().filter(|header| header.p_type(endian) == PT_LOAD);
    let holds = |header: &&_| {
        let header: &ProgramHeader64<Endianness> = header;
        let start = header.p_vaddr(endian);
        (start..start + header.p_filesz(endian)).contains(&address)
    };
    let segment = segments.find(holds).expect("the address is in the file");
    assert_eq!(segment.p_flags(endian) & flag, flag);
    address - segment.p_vaddr(endian) + segment.p_offset(endian)
}
