//! What is written down before the stop, on the heap: the beginning of the file.

use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

use mem_profile_format::heap_layout::{MAGIC, VERSION, WORD, kind, process};

use crate::graph::config::Config;
use crate::graph::control::labels;
use crate::graph::control::modules::Module;
use crate::system::PAGE;

/// As ELF has it.
const X86_64: u64 = 62;

/// The header of the file, the process, the modules and the labels.
pub(super) fn prelude(config: &Config, modules: &[Module]) -> Vec<u8> {
    let mut bytes = Vec::new();
    words(&mut bytes, &[MAGIC, VERSION]);
    section(&mut bytes, kind::PROCESS, |bytes| describe_process(bytes, config));
    for module in modules {
        section(&mut bytes, kind::MODULE, |bytes| describe_module(bytes, module));
    }
    for label in labels::all() {
        section(&mut bytes, kind::LABEL, |bytes| {
            words(bytes, &[label.len() as u64]);
            text(bytes, label.as_bytes());
        });
    }
    bytes
}

fn describe_process(bytes: &mut Vec<u8>, config: &Config) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let flags = if config.stops { 0 } else { process::WITHOUT_STOP }
        | if config.searches_unseen { 0 } else { process::UNSEEN_NOT_SEARCHED };
    let parts: Vec<_> = std::env::args_os().collect();
    let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
    let command = parts.join(&b' ');
    let taken = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    let id = std::process::id().into();
    words(bytes, &[id, PAGE as u64, taken, X86_64, flags, command.len() as u64]);
    text(bytes, &command);
}

fn describe_module(bytes: &mut Vec<u8>, module: &Module) {
    let lengths = [module.segments.len(), module.path.len(), module.build_id.len()];
    words(bytes, &[module.bias, module.tls_number, module.tls_size].map(|word| word as u64));
    words(bytes, &lengths.map(|length| length as u64));
    for segment in &module.segments {
        let range = &segment.range;
        words(bytes, &[range.start as u64, range.end as u64, segment.flags.into()]);
    }
    text(bytes, &module.path);
    text(bytes, &module.build_id);
}

fn section(bytes: &mut Vec<u8>, kind: u64, describe: impl FnOnce(&mut Vec<u8>)) {
    let mut contents = Vec::new();
    describe(&mut contents);
    words(bytes, &[kind, contents.len() as u64]);
    bytes.extend(contents);
}

fn words(bytes: &mut Vec<u8>, words: &[u64]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend(text);
    bytes.resize(bytes.len().next_multiple_of(WORD), 0);
}
