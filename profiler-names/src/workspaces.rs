//! Paths as the compiler's messages show them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::frame::{Frame, Origin, crate_of, origin_of};

/// A frame whose file is relative to its workspace where it is the program's own.
pub(crate) fn frame(function: String, file: &str, line: u32, workspaces: &mut Workspaces) -> Frame {
    let origin = origin_of(&function, file);
    let krate = crate_of(&function, &file.replace('\\', "/"));
    let file = match origin {
        Origin::User => workspaces.relative(file),
        _ => file.to_owned(),
    };
    Frame { function, file, line, krate, origin }
}

/// Makes paths relative to the workspace that they lie in, as the compiler's messages are.
#[derive(Default)]
pub(crate) struct Workspaces {
    /// The workspace of each folder, if it has one.
    known: HashMap<PathBuf, Option<PathBuf>>,
    paths: HashMap<String, String>,
}

impl Workspaces {
    fn relative(&mut self, file: &str) -> String {
        if let Some(known) = self.paths.get(file) {
            return known.clone();
        }
        let path = Path::new(file);
        let workspace = path.parent().and_then(|folder| self.workspace_of(folder));
        let short = workspace.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
        let short = short.to_string_lossy().into_owned();
        self.paths.insert(file.to_owned(), short.clone());
        short
    }

    /// The nearest folder around it with a lock file.
    fn workspace_of(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let mut roots = folder.ancestors().filter(|folder| folder.join("Cargo.lock").exists());
        let root = roots.next().map(Path::to_owned);
        self.known.insert(folder.to_owned(), root.clone());
        root
    }
}
