//! Functions in all kinds of files. `//x 3` at the end of a line states that it runs three times;
//! a line without it does not run.
//!
//! A doctest has lines as well:
//!
//! ```
//! use mem_profile::mem_profile;
//!
//! #[mem_profile]
//! fn in_doctest(words: &[&str]) -> usize {
//!     let mut sum = 0;
//!     for word in words {
//!         sum += word.len();
//!     }
//!     sum
//! }
//!
//! assert_eq!(in_doctest(&["one", "three"]), 8);
//! let snapshot = mem_profile::snapshot();
//! let [function] = &snapshot.functions[..] else { panic!("{:#?}", snapshot.functions) };
//! assert!(function.name.ends_with("in_doctest"), "{}", function.name);
//! let rows: Vec<_> = function
//!     .lines
//!     .iter()
//!     .map(|line| (line.source.as_str(), line.occurrences))
//!     .collect();
//! assert!(rows[0].0.contains("mem_profile") || rows[0].0.contains("fn in_doctest"), "{rows:#?}");
//! let body = &rows[rows.len() - 6..];
//! assert_eq!(
//!     body,
//!     [
//!         ("    let mut sum = 0;", Some(1)),
//!         ("    for word in words {", Some(3)),
//!         ("        sum += word.len();", Some(2)),
//!         ("    }", None),
//!         ("    sum", Some(1)),
//!         ("}", Some(1)),
//!     ]
//! );
//! let first = function.lines[0].line;
//! assert!(function.lines.iter().zip(first..).all(|(line, number)| line.line == number));
//! ```

#[rustfmt::skip]
pub mod crlf;
pub mod includes;
#[rustfmt::skip]
pub mod macros;
pub mod names;
#[path = "ödd näme/file.rs"]
pub mod odd;
#[rustfmt::skip]
pub mod plain;
#[rustfmt::skip]
pub mod tabs;
#[rustfmt::skip]
pub mod unterminated;
#[rustfmt::skip]
pub mod wide;
