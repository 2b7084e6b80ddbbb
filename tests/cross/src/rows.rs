//! Which row of a function's table a line of its source belongs to.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::finder;

/// The functions of a file, with the lines of their tables.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) functions: Vec<Function>,
    pub(crate) closures: Vec<Closure>,
    pub(crate) parts: Vec<Part>,
    /// Blocks with locals.
    pub(crate) blocks: Vec<RangeInclusive<u32>>,
}

/// A function of a file.
pub(crate) struct Function {
    pub(crate) lines: RangeInclusive<u32>,
    pub(crate) name: String,
    /// Whether it has the attribute.
    pub(crate) is_measured: bool,
}

/// A closure, or an `async` body.
pub(crate) struct Closure {
    pub(crate) lines: RangeInclusive<u32>,
    /// How many are around it in its function.
    pub(crate) depth: usize,
    /// Whether it has a frame of its own. If not, it is part of the line that calls it.
    pub(crate) has_frame: bool,
}

/// A part of a function with a row of its own: a statement, an arm, a condition, a brace.
pub(crate) struct Part {
    pub(crate) lines: RangeInclusive<u32>,
    pub(crate) row: u32,
    /// The closure that it is in.
    pub(crate) closure: Option<usize>,
}

impl Rows {
    pub(crate) fn of(source: &str) -> syn::Result<Self> {
        finder::find(source)
    }

    /// The line of the table and of the row on which a frame is recorded: this line in a function with this name.
    /// None if the function is not measured, or the frame belongs to the line that has called it.
    pub(crate) fn row_of(&self, line: u32, function: &str) -> Option<(u32, u32)> {
        let table = innermost(&self.functions, |it| &it.lines, line)?;
        let name = Name::of(function);
        // A macro may have made a function of its own there.
        let is_same = name.function.as_ref().is_none_or(|function| *function == table.name);
        let closure = self.closure_at(line, &name);
        let has_frame = closure.is_none_or(|index| self.closures[index].has_frame);
        (table.is_measured && is_same && has_frame)
            .then(|| (*table.lines.start(), self.row_in(line, closure)))
    }

    /// The line of the row of a line in a closure, or outside of all.
    pub(crate) fn row_in(&self, line: u32, closure: Option<usize>) -> u32 {
        let parts = self.parts.iter().filter(|part| part.closure == closure);
        innermost(parts, |part| &part.lines, line).map_or(line, |part| part.row)
    }

    /// The closure on this line that the frame is of.
    fn closure_at(&self, line: u32, name: &Name) -> Option<usize> {
        let around = name.closures.checked_sub(1)?;
        // Where the path is not known, it is the innermost.
        let around = if name.function.is_some() { around } else { usize::MAX };
        let all = self.closures.iter().enumerate();
        let here = all.filter(|(_, closure)| closure.lines.contains(&line));
        let found = here.min_by_key(|(_, closure)| closure.depth.abs_diff(around));
        found.map(|(index, _)| index)
    }
}

/// The name of a frame.
struct Name {
    /// The last part of the function's path.
    function: Option<String>,
    /// How many closures in the function the frame is in.
    closures: usize,
}

impl Name {
    /// `<Type as Trait>::name::{{closure}}`, `name<Type>` or `{closure#0}<Type>`.
    fn of(text: &str) -> Self {
        let (mut plain, mut depth) = (String::new(), 0_usize);
        for character in text.replace("->", "").chars() {
            match character {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ if depth == 0 => plain.push(character),
                _ => (),
            }
        }
        let mut parts: Vec<_> = plain.split("::").collect();
        let all = parts.len();
        while parts.pop_if(|part| part.starts_with('{')).is_some() {}
        let function = parts.last().map(|&part| part.to_owned());
        Self { function, closures: all - parts.len() }
    }
}

fn innermost<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a T>,
    lines: impl Fn(&T) -> &RangeInclusive<u32>,
    line: u32,
) -> Option<&'a T> {
    let around = all.into_iter().filter(|it| lines(it).contains(&line));
    around.min_by_key(|it| lines(it).end() - lines(it).start())
}

/// Bytes and blocks by row of a table.
pub(crate) type Figures = BTreeMap<u32, (i64, i64)>;

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
/// Documented.
#[inline]
#[mem_profile] pub fn outer(flag: bool) -> usize {
    let text = String::from(
        \"a\",
    );
    if flag {
        first();
    } else if text
        .is_empty()
    {
        second();
    }
    #[mem_profile] fn inner() {
        third();
    }
    match flag {
        true => text
            .len(),
        false => 0,
    }
}
#[mem_profile] fn closures() {
    static LAZY: Lazy<u8> = Lazy::new(|| {
        fourth()
    });
    #[cfg(any())]
    fifth();
    let lazy = things()
        .map(|it| it
            .clone())
        .filter(|it| {
            it.sixth()
        });
    {
        let local = 1;
        seventh(local);
    }
}
fn unmeasured() {
    eighth();
}
#[mem_profile] fn arms() {
    match value {
        one if ninth() => {
            tenth();
        }
    }
}
";

    fn rows<const N: usize>(function: &str, lines: [u32; N]) -> [Option<(u32, u32)>; N] {
        let rows = Rows::of(SOURCE).unwrap();
        lines.map(|line| rows.row_of(line, function))
    }

    #[test]
    fn a_line_is_on_the_row_of_its_innermost_statement() {
        let found = rows("outer", [3, 5, 7, 8, 9, 10, 12, 19, 22]);
        assert_eq!(found, [3, 4, 7, 8, 9, 9, 12, 18, 22].map(|row| Some((3, row))));
    }

    #[test]
    fn a_table_begins_below_documentation_and_other_attributes() {
        let found = rows("outer", [1, 3, 12, 22]).map(|it| Some(it?.0));
        assert_eq!(found, [None, Some(3), Some(3), Some(3)]);
        assert_eq!(rows("outer::inner", [15]), [Some((14, 15))]);
        assert_eq!(rows("unmeasured", [40]), [None]);
    }

    #[test]
    fn a_row_begins_below_the_attributes_of_its_statement() {
        assert_eq!(rows("closures", [28]), [Some((23, 28))]);
    }

    #[test]
    fn a_closure_without_a_block_and_one_of_a_static_are_part_of_the_line_that_calls_them() {
        assert_eq!(rows("closures::{{closure}}", [25, 31, 33]), [None, None, Some((23, 33))]);
        assert_eq!(rows("{closure#2}<a::B>", [31, 33]), [None, Some((23, 33))]);
    }

    #[test]
    fn a_function_that_a_macro_has_made_is_part_of_the_line_that_calls_it() {
        assert_eq!(rows("closures::__initialize", [25]), [None]);
        assert_eq!(rows("<closures::Type as Trait>::closures", [29]), [Some((23, 29))]);
        assert_eq!(rows("closures<fn(a::B) -> c::D<e::F>>", [29]), [Some((23, 29))]);
    }

    #[test]
    fn a_guard_is_on_the_row_of_its_match() {
        assert_eq!(rows("arms", [45, 46]), [Some((43, 44)), Some((43, 46))]);
    }

    #[test]
    fn the_statement_around_a_closure_is_not_on_a_row_of_the_closure() {
        assert_eq!(rows("closures", [30, 32]), [Some((23, 29)); 2]);
    }

    #[test]
    fn what_ends_with_a_block_is_on_the_row_of_its_brace() {
        assert_eq!(rows("closures", [37, 38]), [Some((23, 37)), Some((23, 38))]);
    }
}
