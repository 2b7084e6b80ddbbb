//! Builds and runs the program of containers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mem_profile_format::heap_layout::kind;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, Object, elf};

use super::facts::{check, number};
use crate::builder::{ImageBuilder, bytes, text};
use crate::debug::{DebugFiles, Store};
use crate::image::Image;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");

/// A program that has run, and what it said.
pub(super) struct Program {
    /// Compiler and options, for messages.
    name: String,
    folder: tempfile::TempDir,
    pub(super) facts: Vec<Vec<String>>,
    pub(super) memory: BTreeMap<u64, Vec<u8>>,
    pub(super) bias: u64,
    /// Where the thread-local block of the program begins.
    pub(super) thread_locals: u64,
}

pub(super) fn is_installed(toolchain: &str) -> bool {
    let found = Command::new("rustc").arg(format!("+{toolchain}")).arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Program {
    pub(super) fn build(toolchain: Option<&str>, options: &[&str]) -> Self {
        Self::of_source("containers", toolchain, options)
    }

    pub(super) fn of_source(source: &str, toolchain: Option<&str>, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(toolchain.map(|toolchain| format!("+{toolchain}")));
        rustc.arg(format!("{SOURCES}/{source}.rs"));
        rustc.args(["-o", "app", "--edition", "2024", "-C", "debuginfo=2"]);
        rustc.args(["-C", "link-arg=-Wl,--build-id"]).args(options).current_dir(folder.path());
        run(&mut rustc);
        let name = format!("{} {options:?}", toolchain.unwrap_or("rustc"));
        let mut program = Self {
            name,
            facts: Vec::new(),
            memory: BTreeMap::new(),
            bias: 0,
            thread_locals: 0,
            folder,
        };
        let said = run(&mut Command::new(program.path()));
        said.lines().for_each(|line| program.hear(line));
        program
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    fn hear(&mut self, line: &str) {
        let fact: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        match &*fact[0] {
            "memory" => {
                let hex = fact.get(2).map_or("", String::as_str);
                let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
                let bytes = (0..hex.len() / 2).map(byte).collect();
                self.memory.insert(number(&fact[1]), bytes);
            }
            "bias" => self.bias = number(&fact[1]),
            "thread" => {
                let (size, align) = thread_locals(&self.path());
                self.thread_locals = number(&fact[1]) - size.next_multiple_of(align);
            }
            _ => self.facts.push(fact),
        }
    }

    /// Compares what the debug information says with what the program said.
    pub(super) fn check(&self) {
        let image = image(&self.path(), self.bias);
        let store = Store::default();
        let files = DebugFiles::new(&image, &store);
        let wrong = check(self, &files);
        assert!(wrong.is_empty(), "{}:\n{}", self.name, wrong.join("\n"));
        // The program and its sources would be missed otherwise.
        assert!(self.facts.len() > 60, "{} facts", self.facts.len());
    }
}

/// An image that has nothing but the program.
pub(super) fn image(path: &Path, bias: u64) -> Image {
    let file = fs::read(path).unwrap();
    let id = object::File::parse(&*file).unwrap().build_id().unwrap().unwrap_or_default().to_vec();
    let path = path.to_str().unwrap();
    let loaded = headers(&file, elf::PT_LOAD);
    let (size, _) = thread_locals(Path::new(path));
    let lengths = [loaded.len(), path.len(), id.len()].map(|length| length as u64);
    let head = bytes([bias, 1, size].into_iter().chain(lengths));
    let segments =
        loaded.iter().flat_map(|[start, size, _]| [bias + start, bias + start + size, 6]);
    let mut padded = id;
    padded.resize(padded.len().next_multiple_of(8), 0);
    let mut builder = ImageBuilder::new();
    builder.section(kind::MODULE, [head, bytes(segments), text(path), padded].concat());
    Image::read(builder.build()).unwrap()
}

/// Size and alignment of the thread-local block of a program.
fn thread_locals(path: &Path) -> (u64, u64) {
    let [_, size, align] = headers(&fs::read(path).unwrap(), elf::PT_TLS)[0];
    (size, align)
}

/// Addresses, sizes and alignments of segments.
fn headers(file: &[u8], kind: elf::ProgramType) -> Vec<[u64; 3]> {
    let header = elf::FileHeader64::<Endianness>::parse(file).unwrap();
    let endian = header.endian().unwrap();
    let headers = header.program_headers(endian, file).unwrap().iter();
    let headers = headers.filter(|header| header.p_type(endian) == kind);
    headers.map(|it| [it.p_vaddr(endian), it.p_memsz(endian), it.p_align(endian)]).collect()
}
