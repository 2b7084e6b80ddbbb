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
    /// Reads `FIRST_LINE ROWS FIRST_ROW_RUNS FILE`, and the source from the next line on.
    pub(super) fn of(Table(path, text, state): &'static Table) -> Self {
        let (head, source) = text.split_once('\n').unwrap_or((text, ""));
        let mut words = head.splitn(4, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<u32>().ok()).unwrap_or(0);
        let (first_line, rows, first_row_runs) = (number(), number(), number() != 0);
        let file = words.next().unwrap_or("");
        let rows = rows.max(1) as usize;
        Self { name: state.name, path: *path, file, first_line, rows, source, first_row_runs }
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
    use super::super::table::State;
    use super::*;

    static TABLE: Table = Table(
        || "a::b::__MemProfile",
        "12 3 1 src/with a blank.rs\nfn b() {\n\n}",
        State::new(|| {}),
    );

    #[test]
    fn a_table_is_read() {
        let Function { name, file, first_line, rows, source, first_row_runs, .. } =
            Function::of(&TABLE);
        assert_eq!((name, file, source), (None, "src/with a blank.rs", "fn b() {\n\n}"));
        assert_eq!((first_line, rows, first_row_runs), (12, 3, true));
        assert_eq!(Function::of(&TABLE).display_name(), "a::b");
    }
}
