//! What the macro knows of a function.

use super::table::Table;

/// What the macro knows of a function: what the texts of its table say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    /// The `name` option.
    pub(crate) name: Option<&'static str>,
    /// Gives the path of a type inside the function.
    pub(crate) path: fn() -> &'static str,
    /// Source file as `file!()` prints it.
    pub(crate) file: &'static str,
    /// Line of row 0.
    pub(crate) first_line: u32,
    /// Lines from the first to that of the closing brace, at least 1.
    pub(crate) rows: usize,
    /// The source of these lines.
    pub(crate) source: &'static str,
    /// Whether a statement starts on row 0, as in a function written on one line.
    pub(crate) first_row_runs: bool,
}

impl Function {
    /// Reads `FIRST_LINE ROWS FIRST_ROW_RUNS NAME_LENGTH FILE`, and from the next line on the name,
    /// if it has a length in bytes, and the source.
    pub(super) fn of(Table(path, text, _): &'static Table) -> Self {
        let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut words = head.splitn(5, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<u32>().ok()).unwrap_or(0);
        let (first_line, rows, first_row_runs) = (number(), number(), number() != 0);
        let (name, source) = rest.split_at_checked(number() as usize).unwrap_or(("", rest));
        let file = words.next().unwrap_or("");
        let rows = rows.max(1) as usize;
        let name = (!name.is_empty()).then_some(name);
        Self { name, path: *path, file, first_line, rows, source, first_row_runs }
    }

    /// The path of the function, with the type or trait that holds it: `krate::Type::method`.
    pub(crate) fn display_name(&self) -> &'static str {
        if let Some(name) = self.name {
            return name;
        }
        let path = (self.path)();
        let own = path.find("::__MemProfile").map_or(path, |end| &path[..end]);
        // The body of an async function is a closure to the compiler, once more for every
        // attribute that has put the body into an async block of its own.
        own.trim_end_matches("::{{closure}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        static TABLE: Table =
            Table(|| "a::b::__MemProfile", "12 3 1 0 src/with a blank.rs\nfn b() {\n\n}", || {});
        let Function { name, file, first_line, rows, source, first_row_runs, .. } =
            Function::of(&TABLE);
        assert_eq!((name, file, source), (None, "src/with a blank.rs", "fn b() {\n\n}"));
        assert_eq!((first_line, rows, first_row_runs), (12, 3, true));
        assert_eq!(Function::of(&TABLE).display_name(), "a::b");
    }

    #[test]
    fn a_table_has_a_name_of_any_characters() {
        static TABLE: Table = Table(|| "a::b::__MemProfile", "7 1 0 5 a.rs\nä\nö!fn b() {}", || {});
        let function = Function::of(&TABLE);
        assert_eq!((function.file, function.source), ("a.rs", "!fn b() {}"));
        assert_eq!(function.display_name(), "ä\nö");
    }
}
