//! A function's table, and the description in it.

use mem_profile_format::layout::function::FIRST_ROW_APART;

/// One static per annotated function: what gives the path of a type in it, all else that the macro knows of
/// it in one text, which `Function` reads, and what starts the session at the first call of any
/// annotated function.
///
/// Emitted code makes it as a literal of few parts, of which none ever changes: the compiler evaluates
/// one for each function, where a call, an argument for each thing, or a cell would be felt. What
/// changes is found by its address: an entry of the `registry`, and the rows of each thread in its `directory`.
#[derive(Debug)]
#[repr(C)]
pub struct Table(pub fn() -> &'static str, pub &'static str, pub fn());

/// The description of a function, as the macro wrote it.
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
    /// Lines from the first to the closing brace's, at least 1.
    pub(crate) rows: usize,
    /// The source of these lines.
    pub(crate) source: &'static str,
    /// The contents of row 0 beside the count of the calls: bits of [`mem_profile_format::layout::function`].
    pub(crate) flags: i64,
}

impl Function {
    /// Reads `FIRST_LINE LINES FLAGS NAME_LENGTH FILE`, and from the next line on the name,
    /// if it has a length in bytes, and the source.
    fn of(Table(path, text, _): &'static Table) -> Self {
        let (mut numbers, mut head) = ([0; 4], *text);
        numbers.fill_with(|| take_number(&mut head));
        let [first_line, rows, flags, name] = numbers;
        let (file, rest) = head.split_once('\n').unwrap_or((head, ""));
        let (name, source) = rest.split_at_checked(name as usize).unwrap_or(("", rest));
        let rows = rows.max(1) as usize;
        let name = (!name.is_empty()).then_some(name);
        Self { name, path: *path, file, first_line, rows, source, flags: flags.into() }
    }

    /// How many rows a thread has: one a line, and one for code on the first.
    pub(in crate::record) fn rows_of_thread(&self) -> usize {
        self.rows + usize::from(self.flags & FIRST_ROW_APART != 0)
    }

    /// The line of a row, counted from 0.
    pub(crate) fn line_of(&self, row: usize) -> usize {
        if row < self.rows { row } else { 0 }
    }

    /// The path of the function, with the type or trait that holds it: `krate::Type::method`.
    pub(crate) fn display_name(&self) -> &'static str {
        if let Some(name) = self.name {
            return name;
        }
        let path = (self.path)();
        let own = path.strip_suffix("::__MemProfile").unwrap_or(path);
        // The body of an async function is a closure to the compiler, once more for every
        // attribute that has put the body into an async block of its own.
        own.trim_end_matches("::{{closure}}")
    }
}

impl Table {
    pub(crate) fn function(&'static self) -> Function {
        Function::of(self)
    }
}

/// Takes the number away with which a text begins, and the blank behind it. By hand: each function reads
/// four when it is called first.
fn take_number(text: &mut &'static str) -> u32 {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    let (length, number) = digits.fold((0, 0_u32), |(length, number), digit| {
        (length + 1, number.wrapping_mul(10).wrapping_add((digit - b'0').into()))
    });
    *text = text.get(length + 1..).unwrap_or("");
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        static TABLE: Table =
            Table(|| "a::b::__MemProfile", "12 3 1 0 src/with a blank.rs\nfn b() {\n\n}", || {});
        let Function { name, file, first_line, rows, source, flags, .. } = Function::of(&TABLE);
        assert_eq!((name, file, source), (None, "src/with a blank.rs", "fn b() {\n\n}"));
        assert_eq!((first_line, rows, flags), (12, 3, 1));
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
