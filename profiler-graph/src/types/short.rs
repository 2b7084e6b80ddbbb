//! Names of types as people say them.

/// Type arguments that nobody chose.
const UNSAID: [&str; 4] = [
    "alloc::alloc::Global",
    "std::alloc::System",
    "std::hash::random::RandomState",
    "std::collections::hash::map::RandomState",
];

/// A list of type arguments that is being read.
struct List {
    /// Where it begins in the output, behind `<`.
    start: usize,
    /// Where its last argument begins in the name and in the output.
    argument: (usize, usize),
}

/// The name without paths, allocators and hashers: `Vec<String>` of `alloc::vec::Vec<alloc::string::String,
/// alloc::alloc::Global>`. A closure keeps the function that it is in: `subscribe::{closure#0}`.
pub(crate) fn short_name(name: &str) -> String {
    let mut out = String::new();
    let mut lists: Vec<List> = Vec::new();
    // Whether each parenthesis that is open is said.
    let mut parentheses = Vec::new();
    let mut at = 0;
    while let Some(next) = name[at..].chars().next() {
        if is_path(next) {
            let end = end_of_path(name, at);
            push_path(&mut out, &name[at..end]);
            at = end;
            continue;
        }
        let end = at + next.len_utf8();
        match next {
            '<' => {
                out.push('<');
                lists.push(List { start: out.len(), argument: (end, out.len()) });
            }
            ',' => {
                if let Some(list) = lists.last_mut() {
                    drop_unsaid(&mut out, list, &name[list.argument.0..at]);
                    list.argument = (end, out.len());
                }
                if !is_at_start(&out, &lists) {
                    out.push(',');
                }
            }
            ' ' if is_at_start(&out, &lists) => {}
            '(' => {
                // Those around `dyn` with several traits say nothing in a list.
                let is_in_list = out.is_empty() || out.ends_with(['<', '[']) || out.ends_with(", ");
                let is_said = !(is_in_list && name[end..].starts_with("dyn "));
                parentheses.push(is_said);
                out.extend(is_said.then_some('('));
            }
            ')' => out.extend(parentheses.pop().unwrap_or(true).then_some(')')),
            '>' if !out.ends_with('-') => match lists.pop() {
                Some(list) => {
                    drop_unsaid(&mut out, &list, &name[list.argument.0..at]);
                    close(&mut out, list.start);
                }
                None => out.push('>'),
            },
            _ => out.push(next),
        }
        at = end;
    }
    out
}

/// Whether no argument of the innermost list is said yet.
fn is_at_start(out: &str, lists: &[List]) -> bool {
    lists.last().is_some_and(|list| list.start == out.len())
}

fn is_path(next: char) -> bool {
    next.is_alphanumeric() || "_{".contains(next)
}

/// Where the path ends that begins here: names and braces with `::` between them.
fn end_of_path(name: &str, start: usize) -> usize {
    let mut braces = 0;
    for (at, next) in name[start..].char_indices() {
        let is_inside = match next {
            '{' => {
                braces += 1;
                true
            }
            '}' => {
                braces -= 1;
                true
            }
            ':' => name[start + at..].starts_with("::") || name[..start + at].ends_with(':'),
            _ => braces > 0 || is_path(next),
        };
        if !is_inside {
            return start + at;
        }
    }
    name.len()
}

/// Its last part, and what a closure is in.
fn push_path(out: &mut String, path: &str) {
    let mut parts = path.rsplit("::").filter(|part| !part.is_empty());
    let last = parts.next().unwrap_or(path);
    if last.starts_with('{') {
        let within = parts.find(|part| !part.starts_with('{'));
        out.extend(within.into_iter().flat_map(|within| [within, "::"]));
    }
    out.push_str(&last.replace("_env#", "#"));
}

/// Takes an argument out again, with the comma before it.
fn drop_unsaid(out: &mut String, list: &List, argument: &str) {
    if UNSAID.contains(&argument.trim()) {
        out.truncate(list.argument.1);
    }
}

/// Ends a list that begins here; one without an argument goes, and those of function traits become parentheses.
fn close(out: &mut String, start: usize) {
    let before = out[..start - 1].rsplit(|next: char| !is_path(next)).next();
    let is_function = before.is_some_and(|name| ["Fn", "FnMut", "FnOnce"].contains(&name));
    let signature = out[start..].split_once("), Output=").filter(|_| is_function);
    let signature = signature.map(|(arguments, result)| match (&arguments[1..], result) {
        ("", "()") => String::new(),
        (arguments, "()") => format!("({arguments})"),
        (arguments, result) => format!("({arguments}) -> {result}"),
    });
    match signature {
        Some(signature) => {
            out.truncate(start - 1);
            out.push_str(&signature);
        }
        None if out.len() == start => out.truncate(start - 1),
        None => out.push('>'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_people_say_them() {
        let names = [
            ("alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>", "Vec<String>"),
            (
                "std::collections::hash::map::HashMap<u64, (i32, app::Item), std::hash::random::RandomState>",
                "HashMap<u64, (i32, Item)>",
            ),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn<(), Output=()>, alloc::alloc::Global>",
                "Box<dyn Fn>",
            ),
            (
                "alloc::boxed::Box<(dyn core::ops::function::FnMut<(u8, &str), Output=app::A> + core::marker::Send), alloc::alloc::Global>",
                "Box<dyn FnMut(u8, &str) -> A + Send>",
            ),
            ("&(dyn app::A + core::marker::Send)", "&(dyn A + Send)"),
            ("(u8, (dyn app::A + app::B), (u8, u8))", "(u8, dyn A + B, (u8, u8))"),
            ("app::subscribe::{closure_env#0}", "subscribe::{closure#0}"),
            ("app::{impl#2}::run::{async_fn_env#0}<app::X>", "run::{async_fn#0}<X>"),
            ("fn(alloc::string::String) -> core::option::Option<u8>", "fn(String) -> Option<u8>"),
            ("*const [core::mem::maybe_uninit::MaybeUninit<u8>; 4]", "*const [MaybeUninit<u8>; 4]"),
            ("app::Arena<alloc::alloc::Global>", "Arena"),
            ("my::Global<alloc::alloc::Global, my::Global>", "Global<Global>"),
            ("", ""),
            ("a<b<c", "a<b<c"),
            ("a>>{", "a>>{"),
            ("ü::Größe<::x>", "Größe<::x>"),
        ];
        for (name, short) in names {
            assert_eq!(short_name(name), short, "{name}");
        }
    }
}
