//! Every command line that a document or a help text shows is accepted.

use std::fs;
use std::path::Path;

use clap::Parser;

use super::Arguments;

/// The words after `cargo mem-profile` in each line that begins with it, up to another command or a file.
fn command_lines(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("$ "));
    let lines = lines.filter_map(|line| line.strip_prefix("cargo mem-profile "));
    let words = lines.map(|line| shlex::split(line).expect("words"));
    let is_argument = |word: &String| !["|", ">", ">>", "&&"].contains(&word.as_str());
    words.map(|words| words.into_iter().take_while(is_argument).collect()).collect()
}

#[test]
fn every_command_line_of_the_documents_is_accepted() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let guides = fs::read_dir(workspace.join("docs")).expect("the guides");
    let guides = guides.map(|guide| guide.expect("an entry").path());
    let documents =
        guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut count = 0;
    for path in documents.chain([workspace.join("README.md")]) {
        for words in command_lines(&fs::read_to_string(&path).expect("a document")) {
            let line = ["cargo-mem-profile"].into_iter().chain(words.iter().map(String::as_str));
            if let Err(error) = Arguments::try_parse_from(line) {
                panic!("{}: {words:?}: {error}", path.display());
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} command lines");
}

#[test]
fn a_command_line_ends_before_a_comment_or_another_command() {
    let text = "cargo mem-profile man | man -l -\n  cargo mem-profile plot   # a picture\n\
                $ cargo mem-profile list > files\nUsage: cargo mem-profile [OPTIONS]\n";
    assert_eq!(command_lines(text), [["man"], ["plot"], ["list"]]);
}
