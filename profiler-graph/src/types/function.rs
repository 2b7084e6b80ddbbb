//! Where a function is, and what its type arguments are.

use crate::debug::Function;

/// Type arguments that say nothing of a value.
const ALLOCATORS: [&str; 2] = ["alloc::alloc::Global", "std::alloc::System"];

/// The module of the standard library, or of its hash tables, that a function is in: `alloc::vec::splice`. `None` if
/// it is in neither.
pub(super) fn module_of(function: &Function<'_>) -> Option<String> {
    match function.location {
        Some((file, _)) => module_of_file(file),
        None => {
            // The type of a method, or where that is a parameter or a primitive one, the trait.
            let mut paths =
                function.path.split(" as ").map(|path| path.trim_start_matches(['<', '&']));
            let is_known = |path: &&str| {
                ["alloc", "std", "core", "hashbrown"].iter().any(|root| within(path, root))
            };
            let path = paths.find(|path| path.contains("::"))?;
            let path = Some(path).filter(is_known)?;
            let end = path.find(['<', ' ', '>']).unwrap_or(path.len());
            Some(path[..end].to_owned())
        }
    }
}

fn module_of_file(file: &str) -> Option<String> {
    let is_std = file.starts_with("/rustc/") || file.contains("/rustlib/src/rust/");
    let within_std = file.split_once("/library/").filter(|_| is_std).map(|(_, path)| path);
    let (package, path) = match within_std {
        Some(path) => path.split_once("/src/")?,
        None => ("hashbrown", file.split_once("/hashbrown-")?.1.split_once("/src/")?.1),
    };
    let path = path.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    Some(format!("{package}::{}", path.replace('/', "::")))
}

/// Whether a module is another one or in it.
pub(super) fn within(module: &str, other: &str) -> bool {
    module.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The type arguments of a function but for allocators, those of its type first.
pub(super) fn arguments<'f>(function: &'f Function<'_>) -> Vec<&'f str> {
    let lists = match function.name.split_once('<') {
        Some((_, list)) => vec![list.strip_suffix('>').unwrap_or(list)],
        None if function.has_arguments => lists(&function.path),
        None => Vec::new(),
    };
    let all = lists.into_iter().flat_map(split);
    all.filter(|argument| {
        let bare = argument.trim_start_matches('&');
        let is_type = !bare.starts_with(|first: char| first.is_ascii_digit());
        is_type && bare != "_" && !ALLOCATORS.contains(&bare)
    })
    .collect()
}

/// The lists of arguments of `<alloc::vec::Vec<u8> as Trait>::push::<X>`: of the type, and of the function.
fn lists(path: &str) -> Vec<&str> {
    let mut lists = Vec::new();
    let mut rest = path;
    let own = path.strip_prefix('<').map(|path| (path, split(path)));
    if let Some((path, parts)) = own {
        // It ends where the first bracket closes, which is the end of the first part.
        let kind = parts.first().copied().unwrap_or_default();
        rest = &path[kind.len()..];
        let kind = kind.split(" as ").next().unwrap_or_default();
        lists.extend(kind.split_once('<').map(|(_, list)| list.strip_suffix('>').unwrap_or(list)));
    }
    let function = rest.rsplit_once("::<").map(|(_, list)| list);
    lists.extend(function.and_then(|list| list.strip_suffix('>')));
    lists
}

/// The arguments of a list, up to its end or the bracket that closes it.
fn split(list: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut before) = (Vec::new(), 0, 0, ' ');
    for (at, next) in list.char_indices() {
        match next {
            '<' | '(' | '[' | '{' => depth += 1,
            // An arrow is no bracket.
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' if depth == 0 => {
                parts.push(list[start..at].trim());
                return parts;
            }
            '>' | ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        before = next;
    }
    parts.push(list[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function<'f>(name: &'f str, path: &str) -> Function<'f> {
        let has_arguments = name.is_empty();
        Function { name, path: path.to_owned(), has_arguments, ..Function::default() }
    }

    #[test]
    fn a_function_has_the_arguments_of_its_name() {
        let names = [
            ("push", vec![]),
            ("push<u8, alloc::alloc::Global>", vec!["u8"]),
            (
                "new_in<a::B<(u8, [u8; 4]), fn(u8) -> C<u8>>, &alloc::alloc::Global>",
                vec!["a::B<(u8, [u8; 4]), fn(u8) -> C<u8>>"],
            ),
            ("from<u8, 4>", vec!["u8"]),
        ];
        for (name, expected) in names {
            assert_eq!(arguments(&function(name, "alloc::vec::Vec<T,A>::push")), expected);
        }
    }

    #[test]
    fn a_path_may_have_arguments() {
        let paths = [
            ("<alloc::raw_vec::RawVec<kinds::Point>>::grow_one", vec!["kinds::Point"]),
            (
                "<alloc::raw_vec::RawVecInner<_>>::reserve::do_reserve::<alloc::alloc::Global>",
                vec![],
            ),
            ("<alloc::vec::Vec<a::B> as a::From<a::C, u8>>::from_iter", vec!["a::B"]),
            ("alloc::vec::from_elem::<a::B<u8>>", vec!["a::B<u8>"]),
            (
                "<hashbrown::raw::RawTable<(u8, a::B)>>::reserve_rehash::<a::{closure#0}>",
                vec!["(u8, a::B)", "a::{closure#0}"],
            ),
            ("<", vec![]),
            ("a::b", vec![]),
        ];
        for (path, expected) in paths {
            let function = function("", path);
            assert_eq!(arguments(&function), expected, "{path}");
        }
    }

    #[test]
    fn a_function_is_in_the_module_of_its_file_or_path() {
        let at = |file| module_of(&Function { location: Some((file, 1)), ..Function::default() });
        assert_eq!(at("/rustc/1/library/alloc/src/vec/mod.rs").as_deref(), Some("alloc::vec"));
        let beside = "/a/lib/rustlib/src/rust/library/std/src/collections/hash/map.rs";
        assert_eq!(at(beside).as_deref(), Some("std::collections::hash::map"));
        assert_eq!(at("/rust/deps/hashbrown-0.16.1/src/raw.rs").as_deref(), Some("hashbrown::raw"));
        assert_eq!(at("/home/a/library/alloc/src/vec.rs"), None);
        let path = |path| module_of(&function("f<u8>", path));
        assert_eq!(path("<alloc::vec::Vec<u8> as x::Y>::z").as_deref(), Some("alloc::vec::Vec"));
        assert_eq!(path("alloc::boxed::Box<T>::new").as_deref(), Some("alloc::boxed::Box"));
        assert_eq!([path("allocator::new"), path("app::run"), path("")], [None, None, None]);
    }
}
