//! A request that cannot be met as written is never ignored silently.

use crate::run::{Folder, ran};
use crate::sample;

fn folder() -> Folder {
    Folder::with("run.json", &sample::by_line())
}

/// Standard error of a command, and the file that it wrote.
fn written(folder: &Folder, arguments: &[&str], output: &str) -> (String, String) {
    let ended = folder.run(&[arguments, &["--output", output]].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
    (ended.stderr, folder.read(output))
}

#[test]
fn an_extension_of_another_format_is_warned_of() {
    let folder = folder();
    let (said, picture) = written(&folder, &["flame", "run.json"], "p.png");
    let line = "warning: p.png is written as SVG, despite its extension\nwrote: p.png\n";
    assert_eq!((said.as_str(), &picture[..5]), (line, "<?xml"));
    for command in [&["report", "run.json"] as &[_], &["diff", "run.json", "run.json"]] {
        let (said, text) = written(&folder, command, "a.PDF");
        let line = "warning: a.PDF is written as text, despite its extension\nwrote: a.PDF\n";
        assert_eq!(said, line);
        for name in ["a.txt", "a.log", "a"] {
            assert_eq!(written(&folder, command, name), (format!("wrote: {name}\n"), text.clone()));
        }
        // With --format, any name is fine.
        let (said, json) = written(&folder, &[command, &["--format", "json"]].concat(), "a.csv");
        assert_eq!(said, "wrote: a.csv\n");
        assert!(json.starts_with(['{', '[']), "{json}");
    }
}

#[test]
fn a_comparison_has_the_format_of_its_extension() {
    let folder = folder();
    let diff = ["diff", "run.json", "run.json"];
    for (name, format) in [("a.md", "markdown"), ("a.json", "json"), ("a.CSV", "csv")] {
        let expected = folder.run(&[&diff[..], &["--format", format]].concat()).stdout;
        assert_eq!(written(&folder, &diff, name), (format!("wrote: {name}\n"), expected));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_browser_the_path_of_the_page_is_printed() {
    let folder = folder();
    for (command, name) in [("report", "r.html"), ("flame", "f.svg")] {
        let mut command = folder.command(&[command, "run.json", "--output", name, "--open"]);
        let ended = ran(&command.env("PATH", folder.path("")).output().unwrap());
        let path = folder.path(name);
        let line = format!(
            "wrote: {name}\nnote: no program found to open it: the file is at {}\n",
            path.display()
        );
        assert_eq!((ended.code, ended.stderr), (0, line));
        assert!(path.is_file());
    }
}
