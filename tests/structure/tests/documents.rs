//! The documents: every link leads somewhere, and every excerpt is in the file that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use structure::root;

/// A document, as far as it is checked.
#[derive(Default)]
struct Document {
    path: PathBuf,
    lines: usize,
    links: Vec<String>,
    /// Of its headings, as in the address of a section.
    anchors: BTreeSet<String>,
    /// Files, and code that is said to be in them: `<!-- source: examples/leak.rs -->`.
    excerpts: Vec<(String, String)>,
}

impl Document {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut document =
            Self { path: path.to_owned(), lines: text.lines().count(), ..Self::default() };
        let mut heading = None;
        let mut source = None;
        let mut code = None;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.into_string());
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    document.links.extend(pictures(&html));
                    let mark = html.trim().strip_prefix("<!-- source: ");
                    let mark = mark.and_then(|mark| mark.strip_suffix(" -->"));
                    source = mark.map(str::to_owned).or(source);
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    document.anchors.extend(heading.take().map(|text| anchor(&text)));
                }
                Event::Start(Tag::CodeBlock(_)) => code = Some(String::new()),
                Event::End(TagEnd::CodeBlock) => {
                    document.excerpts.extend(source.take().zip(code.take()));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(open) = heading.as_mut().or(code.as_mut()) {
                        open.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        document
    }
}

/// The files that HTML shows.
fn pictures(html: &str) -> impl Iterator<Item = String> {
    let values = ["src=\"", "srcset=\""].map(|name| html.split(name).skip(1));
    let values = values.into_iter().flatten();
    values.filter_map(|rest| rest.split('"').next()).map(str::to_owned)
}

/// The address of a section, as GitHub makes it of its heading.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

fn documents() -> Vec<Document> {
    let entries = ["", "docs", "tests"].map(|folder| {
        let folder = root().join(folder);
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"))
    });
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let documents =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.map(|path| Document::read(&path)).collect()
}

/// Why a link does not lead anywhere.
fn fault(document: &Document, link: &str) -> Option<&'static str> {
    if link.starts_with("https://") {
        let is_registry =
            ["crates.io", "docs.rs", "shields.io"].iter().any(|host| link.contains(host));
        return is_registry.then_some("nothing is published yet");
    }
    let (path, section) = link.split_once('#').map_or((link, None), |(path, at)| (path, Some(at)));
    let target = match path {
        "" => document.path.clone(),
        path => document.path.parent().expect("a folder").join(path),
    };
    match section {
        _ if !target.exists() => Some("there is no such file"),
        Some(section) if !Document::read(&target).anchors.contains(section) => {
            Some("there is no such section")
        }
        _ => None,
    }
}

#[test]
fn every_link_leads_to_a_file_and_a_section() {
    let documents = documents();
    let links = documents
        .iter()
        .flat_map(|document| document.links.iter().map(move |link| (document, link)));
    let links: Vec<_> = links.collect();
    assert!(links.len() > 40, "{} links", links.len());
    let faults = links.into_iter().filter_map(|(document, link)| {
        fault(document, link).map(|fault| format!("{}: {link}: {fault}", document.path.display()))
    });
    assert_eq!(faults.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_excerpt_is_in_the_file_that_it_names() {
    let excerpts: Vec<_> = documents().into_iter().flat_map(|document| document.excerpts).collect();
    assert_eq!(excerpts.len(), 2);
    for (file, excerpt) in excerpts {
        let source = fs::read_to_string(root().join(&file)).expect("the file of an excerpt");
        let indented = |by: &str| {
            let lines = excerpt.lines().map(|line| {
                if line.is_empty() { "\n".to_owned() } else { format!("{by}{line}\n") }
            });
            lines.collect::<String>()
        };
        let found = ["", "    "].iter().any(|by| source.contains(&indented(by)));
        assert!(found, "not in {file}:\n{excerpt}");
    }
}

#[test]
fn the_first_documents_stay_short() {
    for (name, most) in [("README.md", 140), ("ARCHITECTURE.md", 350)] {
        let document = Document::read(&root().join(name));
        assert!(document.lines <= most, "{name} has {} lines", document.lines);
    }
}

#[test]
fn a_document_is_read() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("document.md");
    let text = "# A `b` (c)\n\n[x](y.md#z) ![p](q.png)\n\n<img src=\"r.png\">\n\n\
                <!-- source: s.rs -->\n```rust\nlet a;\n```\n\n```sh\n# no heading\n```\n";
    fs::write(&path, text).expect("a file");
    let document = Document::read(&path);
    assert_eq!(document.links, ["y.md#z", "q.png", "r.png"]);
    assert_eq!(document.anchors, BTreeSet::from(["a-b-c".to_owned()]));
    assert_eq!(document.excerpts, [("s.rs".to_owned(), "let a;\n".to_owned())]);
}
