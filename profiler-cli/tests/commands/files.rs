//! `list`, `rm`, `clean`, `peak` and `plot`: sample files, by name and by number.

use crate::run::{Folder, Ran};

const NAMES: [&str; 3] =
    ["mprofile_20261124120000.dat", "mprofile_20261124120001.dat", "mprofile_20270101000000.dat"];

/// A sample file as written by Python's memory_profiler.
const SAMPLES: &str = "CMDLINE python app.py\nFUNC app.load 10.0000 1.0000 30.0000 2.0000 0\n\
    FUNC app.main 10.0000 0.5000 30.0000 3.0000 0\nMEM 10.000000 0.5000\nMEM 50.250000 1.5000\n\
    MEM 70.000000 2.5000\nCHLD 7 3.000000 1.5000\nCHLD 7 4.500000 2.5000\n";

fn folder() -> Folder {
    let folder = Folder::new();
    for name in NAMES {
        folder.write(name, SAMPLES);
    }
    folder.write("mprofile_1.dat", SAMPLES);
    folder
}

fn stdout(ran: Ran) -> String {
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

fn left(folder: &Folder) -> Vec<bool> {
    NAMES.iter().chain(&["mprofile_1.dat"]).map(|name| folder.path(name).exists()).collect()
}

#[test]
fn files_are_listed_with_numbers_and_times() {
    insta::assert_snapshot!(stdout(folder().run(&["list"])), @"
    0 mprofile_20261124120000.dat 12:00:00 24/11/2026
    1 mprofile_20261124120001.dat 12:00:01 24/11/2026
    2 mprofile_20270101000000.dat 00:00:00 01/01/2027
    ");
    assert_eq!(stdout(Folder::new().run(&["list"])), "");
}

#[test]
fn files_are_removed_by_number_and_by_name() {
    let folder = folder();
    let trial = stdout(folder.run(&["rm", "--dry-run", "-1", "0", "mprofile_1.dat", "2"]));
    assert_eq!(trial, format!("{}\n{}\nmprofile_1.dat\n", NAMES[2], NAMES[0]));
    assert_eq!(left(&folder), [true; 4]);
    let refused = folder.run(&["rm", "0", "7"]);
    assert_eq!(refused.code, 125);
    insta::assert_snapshot!(refused.stderr, @"error: there is no file number 7: `cargo mem-profile list` shows all 3");
    assert_eq!(left(&folder), [true; 4], "all or none");
    assert_eq!(stdout(folder.run(&["rm", "-1", "0", "mprofile_1.dat"])), "");
    assert_eq!(left(&folder), [false, true, false, false]);
    assert_eq!(folder.run(&["rm"]).code, 2);
}

#[test]
fn clean_removes_files_named_by_their_time() {
    let folder = folder();
    assert_eq!(stdout(folder.run(&["clean", "--dry-run"])), NAMES.join("\n") + "\n");
    assert_eq!(left(&folder), [true; 4]);
    assert_eq!(stdout(folder.run(&["clean"])), "");
    assert_eq!(left(&folder), [false, false, false, true]);
}

#[test]
fn peaks_are_those_of_processes_and_of_functions() {
    let folder = folder();
    let own = "\t70.000 MiB\n  Child 7\t\t\t4.500 MiB\n";
    let last = folder.run(&["peak"]);
    assert_eq!((last.code, last.stdout), (0, NAMES[2].to_owned() + own));
    assert_eq!(last.stderr, format!("note: using the last run, {}\n", NAMES[2]));
    let two = stdout(folder.run(&["peak", "0", "mprofile_1.dat", "-3"]));
    assert_eq!(two, format!("{}{own}mprofile_1.dat{own}", NAMES[0]));
    folder.write("marked.dat", &(SAMPLES.to_owned() + "PEAK 80.500000 2.4000\n"));
    assert!(stdout(folder.run(&["peak", "marked.dat"])).starts_with("marked.dat\t80.500 MiB\n"));

    let of = |name: &str| folder.run(&["peak", "mprofile_1.dat", "--func", name]);
    assert_eq!(stdout(of("app.load")), "mprofile_1.dat\t50.250 MiB\n");
    assert_eq!(stdout(of("main")), "mprofile_1.dat\t70.000 MiB\n");
    let refused = of("ain");
    assert_eq!(refused.code, 125);
    insta::assert_snapshot!(refused.stderr, @"error: mprofile_1.dat has no call of ain, but calls of app.main, app.load");
    folder.write("none.dat", "MEM 1.0 1.0\n");
    insta::assert_snapshot!(folder.run(&["peak", "none.dat", "--func", "f"]).stderr, @"error: none.dat has no calls: only annotated functions are recorded");
}

#[test]
fn faults_of_a_file_are_one_line_that_names_it() {
    let folder = Folder::new();
    folder.write("empty.dat", "");
    folder.write("blank.dat", "\n\n");
    folder.write("foreign.dat", "\u{1}PNG\n\u{2}\n");
    folder.write("started.dat", "CMDLINE app\n");
    folder.write("cut.dat", &SAMPLES[..SAMPLES.len() - 6]);
    let mut said = String::new();
    for name in ["empty.dat", "blank.dat", "foreign.dat", "started.dat", "missing.dat", ".", "9"] {
        for command in ["peak", "plot"] {
            let ran = folder.run(&[command, name]);
            assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
            assert_eq!(ran.stderr.lines().count(), 1);
            said += &ran.stderr;
        }
    }
    insta::assert_snapshot!(said, @r"
    error: empty.dat is empty: nothing was sampled
    error: empty.dat is empty: nothing was sampled
    error: blank.dat is empty: nothing was sampled
    error: blank.dat is empty: nothing was sampled
    error: foreign.dat is not a sample file as written by `exec`: it begins with `\u{1}PNG`
    error: foreign.dat is not a sample file as written by `exec`: it begins with `\u{1}PNG`
    error: started.dat has no samples
    error: started.dat has no samples: there is nothing to plot
    error: cannot read missing.dat: No such file or directory (os error 2)
    error: cannot read missing.dat: No such file or directory (os error 2)
    error: . is a folder: name a file in it
    error: . is a folder: name a file in it
    error: there is no file number 9: `cargo mem-profile list` shows all 0
    error: there is no file number 9: `cargo mem-profile list` shows all 0
    ");
    let cut = folder.run(&["peak", "cut.dat"]);
    assert_eq!(
        (cut.code, cut.stdout.as_str()),
        (0, "cut.dat\t70.000 MiB\n  Child 7\t\t\t3.000 MiB\n")
    );
    insta::assert_snapshot!(cut.stderr, @"warning: cut.dat: it ends in the middle of a line, which is skipped");
    insta::assert_snapshot!(Folder::new().run(&["plot"]).stderr, @"error: there is no mprofile_*.dat in this folder: make one with `cargo mem-profile exec PROGRAM`");
}

#[test]
fn a_plot_has_the_format_of_its_extension() {
    let folder = folder();
    let plot = |arguments: &[&str]| folder.run(&[&["plot", "mprofile_1.dat"], arguments].concat());
    let svg = plot(&["-o", "a.svg", "--slope", "--title", "A <title> & more", "-w", "0,1.5"]);
    assert_eq!((svg.code, svg.stderr.as_str()), (0, "wrote: a.svg\n"));
    let picture = folder.read("a.svg");
    for text in [
        "A &lt;title&gt; &amp; more",
        "peak 50.2 MiB after 1 s",
        ">1 call, 1 s<",
        "child 7, peak 3.0 MiB",
        "no slope for 2 curves",
    ] {
        assert!(picture.contains(text), "{text}");
    }
    assert_eq!(plot(&["-o", "A.PNG", "--flame"]).code, 0);
    assert!(std::fs::read(folder.path("A.PNG")).unwrap().starts_with(b"\x89PNG"));
    let refused = plot(&["-o", "a.pdf"]);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (125, "error: cannot tell the format of the plot: end the name in .svg or .png\n")
    );
    for window in ["5", "3,1", "a,b", "nan,1", "0,inf", "-1e308,1e308", "0,1e10"] {
        let refused = plot(&[&format!("--window={window}")]);
        assert!(refused.code == 2 && refused.stderr.contains("seconds"), "{window}: {refused:?}");
    }
    let text = stdout(plot(&[]));
    assert!(text.starts_with("python app.py\n") && text.contains('⠤'), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
    let both = stdout(folder.run(&["plot", "0", "1"]));
    assert!(both.starts_with("2 runs\n"), "{both}");
}
