//! Random bodies that compile and end.
//!
//! Types are right by construction: an expression is a number, a condition or a block. Loops and recursion
//! call `flip`, which returns `false` once the fuel is used up.

mod bodies;
mod control;
mod numbers;
mod scope;
mod statements;

use fastrand::Rng;
use scope::{Context, Returns, Variable};

/// A function and the arguments of its calls.
pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) is_async: bool,
    pub(crate) seed: u64,
    pub(crate) text: String,
}

pub(crate) struct Generator {
    random: Rng,
    edition_2024: bool,
    is_async: bool,
    returns: Returns,
    name: String,
    variables: Vec<Variable>,
    context: Context,
    /// The next unused number.
    number: u32,
    /// The amount of code that may still be written.
    size: i32,
    level: usize,
}

/// The function that belongs to `seed`.
pub(crate) fn body(name: &str, seed: u64, edition_2024: bool) -> Body {
    let mut random = Rng::with_seed(seed);
    let is_async = random.u8(0..3) == 0;
    let returns = Returns::random(&mut random);
    let mut generator = Generator {
        size: random.i32(10..50),
        random,
        edition_2024,
        is_async,
        returns,
        name: name.to_owned(),
        variables: Vec::new(),
        context: Context::of(returns, is_async),
        number: 0,
        level: 0,
    };
    let text = generator.function(is_async);
    Body { name: name.to_owned(), is_async, seed, text }
}

impl Generator {
    fn function(&mut self, is_async: bool) -> String {
        self.declare(Variable::number("first", false));
        self.declare(Variable::thing("given"));
        let keyword = if is_async { "async fn" } else { "fn" };
        let returns = self.context.returns.name();
        let block = self.block_after("entered();", Some(self.context.returns));
        let name = &self.name;
        indent(&format!(
            "#[mem_profile::mem_profile]\n\
             {keyword} {name}(depth: u32, first: u32, given: Noisy) -> {returns} {block}\n"
        ))
    }

    /// A block with a value, or without.
    fn block(&mut self, value: Option<Returns>) -> String {
        self.block_after("", value)
    }

    fn block_after(&mut self, first: &str, value: Option<Returns>) -> String {
        let outer = self.variables.len();
        self.level += 1;
        let mut text = format!("{{\n{first}\n");
        for _ in 0..self.random.u8(0..6) {
            if self.size > 0 {
                text += &self.statement();
                text.push('\n');
            }
        }
        text += &match value {
            _ if self.chance(6) && self.level > 1 => self.leave() + ";",
            Some(returns) => self.value_of(returns),
            None => self.ending(),
        };
        text += "\n}";
        self.level -= 1;
        self.variables.truncate(outer);
        let is_short = text.len() < 200 && self.level > 0;
        if is_short && self.chance(12) { text.replace('\n', " ") } else { text }
    }

    /// The end of a block without a value.
    fn ending(&mut self) -> String {
        match self.random.u8(0..6) {
            0 => self.choice(None),
            1 => self.matching(None),
            2 => format!("step({})", self.fresh()),
            _ => String::new(),
        }
    }

    /// True once in `times` calls on average.
    fn chance(&mut self, times: u32) -> bool {
        self.random.u32(0..times) == 0
    }

    fn fresh(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn is_spent(&mut self) -> bool {
        self.size -= 1;
        self.size < 0 || self.level > 6
    }
}

/// Indents each line by the braces that are open, and leaves out the empty ones.
fn indent(text: &str) -> String {
    let mut depth = 0_usize;
    let mut indented = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let closing = line.chars().take_while(|letter| "})]".contains(*letter)).count();
        indented += &"    ".repeat(depth.saturating_sub(closing.min(1)));
        indented += line;
        indented.push('\n');
        let opened = line.matches('{').count();
        depth = (depth + opened).saturating_sub(line.matches('}').count());
    }
    indented
}
