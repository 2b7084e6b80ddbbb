//! Types, fields and weak pointers of a real program, to the byte.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

use std::process::Command;

const EXPECTED: &str = "\
static fields::REGISTRY → [Box<dyn Fn() -> usize + Send>] –[250]→ Box<subscribe::{closure#0}> –payload.vec→ String (102403 B)
the registry retains 51221692
Rc<Node> ×2: 10 cycles, 1.4 KiB, retaining 1.5 KiB, lost
Arc<Shared> ×2: 5 cycles, 560 B, retaining 1.1 KiB, lost
LinkedList<Box<u64>> ×100: 1 cycle, 2.3 KiB, retaining 3.1 KiB, held by statics and thread-locals
Rc<Node>: 1 cycle, 72 B, retaining 77 B, held by statics and thread-locals
Rc<Node>: 1 on a stack
lost: Rc<Node> ×10, 1540
lost: Arc<Shared> ×5, 1160
1636 containers of known types: 48.9 MiB reserved, 48.9 MiB used
Index.postings: Vec<u32> ×1: 3.9 KiB reserved, 1.2 KiB used
Index.by_name: HashMap<String, Posting> ×1: 7.1 KiB reserved, 5.6 KiB used
Index.set: HashSet<String> ×1: 3.1 KiB reserved, 2.4 KiB used
Index.ring: VecDeque<String> ×1: 3.0 KiB reserved, 2.3 KiB used
HashSet<String>: String ×100: 800 B reserved, 300 B used
[String]: String ×699: 5.5 KiB reserved, 5.2 KiB used
fields::REGISTRY: Vec<Box<dyn Fn() -> usize + Send>> ×1: 8.0 KiB reserved, 7.8 KiB used
HashMap<String, Posting>: String ×100: 800 B reserved, 700 B used
Node.name: String ×22: 110 B reserved, 110 B used
Posting.words: Vec<String> ×200: 14.1 KiB reserved, 14.1 KiB used
Shared.data: Vec<u8> ×10: 600 B reserved, 600 B used
subscribe::{closure#0}.payload.vec: String ×500: 48.8 MiB reserved, 48.8 MiB used
element
without a type: 0
Weak pointers alone hold 1 block (72 B) as memory: the value is gone, or its counts were not captured.
names of threads: 0 leaked, all suppressed: true
";

#[test]
fn types_fields_cycles_and_waste_are_those_of_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fields"));
    command.arg(folder.path().join("captured.mheap")).env("MEM_PROFILE_FORMAT", "none");
    let output = command.output().expect("the program starts");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed, EXPECTED);
}
