//! How the code of measured functions is known again in debug information.

use std::cell::RefCell;
use std::collections::HashMap;

use mem_profile_format::FunctionSnapshot;
use mem_profile_runtime::internal::Function;

use super::paths::Step;
use super::statement::Statements;
use mem_profile_names::Frame;

/// The functions of a snapshot.
pub(super) struct Code<'a> {
    all: Vec<Known<'a>>,
    /// By the names of their files, without folders.
    by_file: HashMap<&'a str, Vec<usize>>,
    by_path: HashMap<&'a str, usize>,
}

struct Known<'a> {
    table: &'a FunctionSnapshot,
    path: &'a str,
    crates: Vec<&'a str>,
    /// Read when a line of it is asked for that has not run.
    statements: RefCell<Option<Statements>>,
}

impl<'a> Code<'a> {
    /// `functions` have the paths of those in the tables.
    pub(super) fn of(tables: &'a [FunctionSnapshot], functions: &'a [Function]) -> Self {
        let paths: HashMap<_, _> = functions
            .iter()
            .map(|it| ((it.file, it.first_line, it.name), own_path(it.path)))
            .collect();
        let known = |table: &'a FunctionSnapshot| {
            let path = paths.get(&(table.file.as_str(), table.line, table.name.as_str()));
            let path = path.copied().unwrap_or(&table.name);
            Known { table, path, crates: crates_in(path).collect(), statements: RefCell::default() }
        };
        let all: Vec<_> = tables.iter().map(known).collect();
        let mut by_file: HashMap<_, Vec<_>> = HashMap::new();
        for (number, known) in all.iter().enumerate() {
            by_file.entry(last_part(&known.table.file)).or_default().push(number);
        }
        let by_path = all.iter().enumerate().map(|(number, known)| (known.path, number)).collect();
        Self { all, by_file, by_path }
    }

    /// The measured line that a frame is on, if it is of a measured function.
    pub(super) fn step(&self, frame: &Frame) -> Option<Step> {
        let (path, file) = (own_path(&frame.function), frame.file.replace('\\', "/"));
        let of_file = self.by_file.get(last_part(&file)).into_iter().flatten();
        let around = of_file.filter(|&&number| self.all[number].has(frame, path, &file));
        // Of functions in one another, the inner one.
        if let Some(&function) = around.max_by_key(|&&number| self.all[number].table.line) {
            let line = self.all[function].row_of(frame.line);
            return Some(Step::Line { function, line });
        }
        // Code of a `macro_rules!` has the line in the macro.
        self.by_path.contains_key(path).then_some(Step::UnknownLine)
    }
}

impl Known<'_> {
    /// Whether the frame is on one of its lines: its path is `path`, and its file, with slashes, `file`.
    fn has(&self, frame: &Frame, path: &str, file: &str) -> bool {
        let row = frame.line.checked_sub(self.table.line);
        row.is_some_and(|row| (row as usize) < self.table.lines.len())
            && is_same_file(&self.table.file.replace('\\', "/"), file)
            && (path.is_empty() || last_name(path) == last_name(self.path))
            && (!path.contains("::") || crates_in(path).any(|name| self.crates.contains(&name)))
    }

    /// The line of the row that has the figures of this line.
    fn row_of(&self, line: u32) -> u32 {
        let row = (line - self.table.line) as usize;
        if self.table.lines[row].ran() {
            return line;
        }
        let mut statements = self.statements.borrow_mut();
        let statements = statements.get_or_insert_with(|| Statements::of(&self.table.lines));
        let start = statements.start(row, |row| self.table.lines[row].ran());
        start.map_or(line, |row| self.table.lines[row].line)
    }
}

/// The path of a function, without what the compiler adds for closures, `async` bodies and generic arguments.
fn own_path(mut path: &str) -> &str {
    path = path.strip_suffix("::__MemProfile").unwrap_or(path);
    loop {
        let (front, last) = path.rsplit_once("::").unwrap_or(("", path));
        path = match arguments(path) {
            Some(start) => path[..start].trim_end_matches("::"),
            None if last.starts_with('{') => front,
            None => return path,
        };
    }
}

/// Where the generic arguments at the end of a path begin. `<T as Trait>` alone has none.
fn arguments(path: &str) -> Option<usize> {
    let mut depth = 0;
    let mut signs = path.char_indices().rev().peekable();
    while let Some((place, sign)) = signs.next() {
        match sign {
            '>' if signs.peek().is_some_and(|(_, before)| *before == '-') => {}
            '>' => depth += 1,
            '<' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(place).filter(|&place| sign == '<' && place > 0);
        }
    }
    None
}

fn last_name(path: &str) -> &str {
    path.rsplit_once("::").map_or(path, |(_, last)| last)
}

/// A file without its folders.
fn last_part(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// Whether both may be the same: the compiler and we may cut off another part of the front.
fn is_same_file(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    let front = long.strip_suffix(short);
    !short.is_empty() && front.is_some_and(|front| front.is_empty() || front.ends_with('/'))
}

/// The crates that the path of a function names, less the standard library's: files of two crates
/// may be called the same.
fn crates_in(path: &str) -> impl Iterator<Item = &str> {
    let words = path.split(|sign: char| !sign.is_alphanumeric() && !"_:".contains(sign));
    let crates = words.filter_map(|word| word.split_once("::").map(|(first, _)| first));
    crates.filter(|name| !["", "alloc", "core", "std"].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mem_profile_format::LineSnapshot;

    fn table(name: &str, file: &str, first: u32, rows: u32) -> FunctionSnapshot {
        let lines = (first..first + rows).map(|line| LineSnapshot {
            line,
            occurrences: Some(1),
            ..LineSnapshot::default()
        });
        FunctionSnapshot {
            name: name.into(),
            file: file.into(),
            line: first,
            lines: lines.collect(),
            ..FunctionSnapshot::default()
        }
    }

    fn frame(function: &str, file: &str, line: u32) -> Frame {
        let mut frame = Frame::without_line(function.to_owned(), "");
        (frame.file, frame.line) = (file.to_owned(), line);
        frame
    }

    fn line_in(function: usize, line: u32) -> Option<Step> {
        Some(Step::Line { function, line })
    }

    #[test]
    fn code_is_known_again_by_file_line_name_and_crate() {
        let tables = [table("keep", "leak/src/lib.rs", 10, 3)];
        let (path, name) = ("<T as leak::Keep>::keep::__MemProfile", "keep");
        let functions = [Function { path, name, file: "leak/src/lib.rs", first_line: 10, rows: 3 }];
        let code = Code::of(&tables, &functions);
        let step = |name: &str, file: &str, line| code.step(&frame(name, file, line));
        let name = "<u8 as leak::Keep>::keep::{{closure}}";
        assert_eq!(step(name, "leak/src/lib.rs", 12), line_in(0, 12));
        assert_eq!(step(name, "/home/me/leak/src/lib.rs", 10), line_in(0, 10), "no lock file");
        assert_eq!(step(name, "src\\lib.rs", 11), line_in(0, 11), "a lock file of its own");
        assert_eq!(step("{closure#0}", "src/lib.rs", 11), line_in(0, 11), "line tables alone");
        assert_eq!(step("keep<u8>", "src/lib.rs", 11), line_in(0, 11));
        assert_eq!(step(name, "leak/src/lib.rs", 9), None);
        assert_eq!(step(name, "leak/src/lib.rs", 13), None);
        assert_eq!(step(name, "/home/me/bleak/src/lib.rs", 12), None);
        assert_eq!(step("<u8 as other::Keep>::keep", "src/lib.rs", 12), None);
        assert_eq!(step("leak::Keep::keep::inner", "src/lib.rs", 12), None, "it is not measured");
        assert_eq!(step(name, "", 12), None);
    }

    #[test]
    fn a_function_in_another_one_has_its_own_lines_and_a_macro_has_none() {
        let tables = [table("a::outer", "a.rs", 1, 9), table("a::outer::outer", "a.rs", 3, 3)];
        let code = Code::of(&tables, &[]);
        let step = |name: &str, line| code.step(&frame(name, "a.rs", line));
        assert_eq!(step("a::outer", 2), line_in(0, 2));
        assert_eq!(step("a::outer::outer", 4), line_in(1, 4));
        assert_eq!(step("a::outer::{{closure}}", 8), line_in(0, 8));
        assert_eq!(step("a::outer::{{closure}}", 40), Some(Step::UnknownLine));
    }

    #[test]
    fn closures_and_arguments_are_no_part_of_a_path() {
        for (name, own) in [
            ("a::f::{{closure}}::{{closure}}", "a::f"),
            ("a::f::<fn(u8) -> u8>::{closure#0}", "a::f"),
            ("<a::T<u8> as core::From<u8>>::from", "<a::T<u8> as core::From<u8>>::from"),
            ("<a::T<u8>>::get::<alloc::vec::Vec<u8>>", "<a::T<u8>>::get"),
            ("a::f::{{closure}}::__MemProfile", "a::f"),
            ("{closure#0}<u8>", ""),
            ("<u8>", "<u8>"),
            ("f<u8>", "f"),
        ] {
            assert_eq!(own_path(name), own, "{name}");
        }
    }
}
