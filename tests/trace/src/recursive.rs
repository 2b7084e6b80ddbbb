//! Recursive programs, whose allocations have nearly as many stacks.

use std::fmt;
use std::hint::black_box;

use crate::bytes;

/// The work of this name, so many times as large.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn run(name: &str, scale: usize) -> Box<dyn std::any::Any> {
    let mut random = Random(1);
    let rounds = 0..2 * scale;
    match name {
        "builder" => Box::new(rounds.map(|_| build(&mut random, 4000)).collect::<Vec<_>>()),
        "wide" => Box::new(rounds.map(|_| grow(&mut random, 4000)).collect::<Vec<_>>()),
        "parser" => Box::new(rounds.map(|_| parsed(&mut random, 20_000)).collect::<Vec<_>>()),
        "display" => Box::new(rounds.map(|_| shown(&mut random, 2000)).collect::<Vec<_>>()),
        "closures" => Box::new(rounds.map(|_| mapped(&mut random, 4000)).collect::<Vec<_>>()),
        other => panic!("no work is called {other}"),
    }
}

/// Pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end
    }
}

/// A tree of this many nodes, which lies between its children.
#[derive(Debug)]
struct Branch(#[expect(dead_code, reason = "it is only held")] [Option<Box<Branch>>; 2]);

#[inline(never)]
fn build(random: &mut Random, size: usize) -> Option<Box<Branch>> {
    let rest = size.checked_sub(1)?;
    let left = random.below(rest + 1);
    let children = [build(random, left), build(random, rest - left)];
    Some(Box::new(Branch(children)))
}

/// A tree whose nodes have up to eight children, each from a line of its own.
#[derive(Debug)]
struct Wide(#[expect(dead_code, reason = "it is only held")] Vec<u8>, [Option<Box<Wide>>; 8]);

#[inline(never)]
fn grow(random: &mut Random, size: usize) -> Option<Box<Wide>> {
    let mut rest = size.checked_sub(1)?;
    let mut next = || {
        let size = random.below(rest.min(size / 4) + 1);
        rest -= size;
        size
    };
    let sizes = std::array::from_fn::<_, 8, _>(|_| next());
    let children = [
        grow(random, sizes[0]),
        grow(random, sizes[1]),
        grow(random, sizes[2]),
        grow(random, sizes[3]),
        grow(random, sizes[4]),
        grow(random, sizes[5]),
        grow(random, sizes[6]),
        grow(random, sizes[7]),
    ];
    let wide = Wide(bytes(1 + size % 50), children);
    black_box(wide.1.len());
    Some(Box::new(wide))
}

#[derive(Debug)]
enum Parsed {
    Word(#[expect(dead_code, reason = "it is only held")] String),
    List(#[expect(dead_code, reason = "it is only held")] Vec<Parsed>),
    Sum(#[expect(dead_code, reason = "it is only held")] Box<[Parsed; 2]>),
}

/// Lists, sums and words of about this many bytes, read by recursive descent.
fn parsed(random: &mut Random, size: usize) -> Parsed {
    let mut text = String::new();
    write(random, &mut text, size);
    sum(&mut text.as_bytes())
}

fn write(random: &mut Random, text: &mut String, size: usize) {
    match (size, random.below(3)) {
        (..8, word) => text.push_str(["one", "word", "or"][word]),
        (_, 0) => {
            text.push('[');
            write(random, text, size - 2);
            text.push(']');
        }
        (_, sign) => {
            let part = random.below(size - 1);
            write(random, text, part);
            text.push([',', '+'][sign - 1]);
            write(random, text, size - part);
        }
    }
}

#[inline(never)]
fn sum(text: &mut &[u8]) -> Parsed {
    let left = list(text);
    match text.split_first() {
        Some((b'+', rest)) => {
            *text = rest;
            let right = sum(text);
            Parsed::Sum(Box::new([left, right]))
        }
        _ => left,
    }
}

#[inline(never)]
fn list(text: &mut &[u8]) -> Parsed {
    let mut all = Vec::new();
    loop {
        all.push(item(text));
        match text.split_first() {
            Some((b',', rest)) => *text = rest,
            _ => return Parsed::List(all),
        }
    }
}

#[inline(never)]
fn item(text: &mut &[u8]) -> Parsed {
    if let Some((b'[', rest)) = text.split_first() {
        *text = rest;
        let inner = sum(text);
        *text = &text[1..];
        return inner;
    }
    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = text.split_at(length);
    *text = rest;
    Parsed::Word(String::from_utf8_lossy(word).into_owned())
}

/// Shown by showing what is inside, with much of the standard library in between.
enum Shown {
    Number(usize),
    Pair(Box<[Shown; 2]>),
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number:>5}"),
            Self::Pair(pair) if formatter.alternate() => {
                write!(formatter, "({:#} {:#})", pair[0], pair[1])
            }
            Self::Pair(pair) => {
                let right = pair[1].to_string();
                write!(formatter, "({} {})", pair[0], right.trim())
            }
        }
    }
}

fn shown(random: &mut Random, size: usize) -> [String; 2] {
    fn pair(random: &mut Random, size: usize) -> Shown {
        if size < 2 {
            return Shown::Number(random.below(100));
        }
        let left = 1 + random.below(size - 1);
        Shown::Pair(Box::new([pair(random, left), pair(random, size - left)]))
    }
    let value = pair(random, size);
    [format!("{value}"), format!("{value:#}")]
}

/// Closures that call the function they are in, by iterators and sorts of the standard library.
#[derive(Debug)]
struct Mapped(#[expect(dead_code, reason = "it is only held")] Vec<Mapped>, String);

#[inline(never)]
fn mapped(random: &mut Random, size: usize) -> Mapped {
    let mut rest = size.saturating_sub(1);
    let mut parts = Vec::new();
    while rest > 0 {
        parts.push(1 + random.below(rest));
        rest -= parts[parts.len() - 1];
    }
    let first = parts.pop().map(|size| mapped(random, size));
    let mut all: Vec<_> = parts.into_iter().map(|size| mapped(random, size)).collect();
    all.extend(first);
    all.sort_by_cached_key(|one| one.1.to_uppercase());
    Mapped(all, format!("{} of {size}", random.below(1000)))
}
