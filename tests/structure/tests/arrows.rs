//! The drawing of the crates in ARCHITECTURE.md is what the manifests and the sources say.

use std::collections::BTreeSet;
use std::fs;

use structure::{crates, folders, root, sources};

#[test]
fn each_arrow_of_the_drawing_points_down() {
    let drawing = crates::drawing(&architecture());
    assert!(drawing.len() >= 4, "{drawing:?}");
    assert_eq!(crates::arrows_up(&drawing), [""; 0]);
}

#[test]
fn the_manifests_say_what_the_drawing_says() {
    let drawing = crates::drawing(&architecture());
    let names: BTreeSet<_> = drawing.iter().map(|(name, _)| name.clone()).collect();
    let manifests = folders().into_iter().map(|folder| crates::manifest(&root().join(folder)));
    let built = manifests.map(|manifest| {
        let used = manifest.dependencies.intersection(&names).cloned().collect();
        (manifest.name, used)
    });
    let drawn: BTreeSet<(String, BTreeSet<String>)> = drawing.iter().cloned().collect();
    assert_eq!(built.collect::<BTreeSet<_>>(), drawn, "built, and drawn in ARCHITECTURE.md");
}

#[test]
fn the_sources_import_what_the_drawing_says() {
    let drawing = crates::drawing(&architecture());
    let names: BTreeSet<_> = drawing.iter().map(|(name, _)| name.clone()).collect();
    for folder in folders() {
        let name = crates::manifest(&root().join(&folder)).name;
        let (_, drawn) =
            drawing.iter().find(|(drawn, _)| *drawn == name).expect("a crate is drawn");
        let sources = sources(&folder);
        let imported = sources.imported().into_iter().map(|name| name.replace('_', "-"));
        let imported: BTreeSet<_> =
            imported.filter(|used| names.contains(used) && *used != name).collect();
        assert_eq!(imported, *drawn, "imported by {name}, and drawn in ARCHITECTURE.md");
    }
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}
