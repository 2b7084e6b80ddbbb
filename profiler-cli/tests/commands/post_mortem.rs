//! `post-mortem`, where there is nothing to read. What it reads is tested with the flight recorder.

use crate::run::Folder;

#[test]
fn a_folder_without_a_recording_is_an_error() {
    let folder = Folder::new();
    let ran = folder.run(&["post-mortem", "nowhere"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    let expected = "cannot read the recording of a flight recorder in nowhere";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}
