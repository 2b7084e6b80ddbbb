//! Branches and loops, with a value or without.

use super::Generator;
use super::scope::{Label, Returns, Variable};

impl Generator {
    /// `if`, with any number of `else if`, and an `else` if it has a value.
    pub(super) fn choice(&mut self, value: Option<Returns>) -> String {
        let mut text = String::new();
        loop {
            let outer = self.variables.len();
            let condition = self.branch_condition();
            text += &format!("if {condition} {}", self.block(value));
            self.variables.truncate(outer);
            if self.is_spent() || self.chance(2) {
                break;
            }
            text += if self.chance(4) { " else\n" } else { " else " };
        }
        if value.is_some() || self.random.bool() {
            text += &format!(" else {}", self.block(value));
        }
        text
    }

    /// A condition that may bind a variable.
    fn branch_condition(&mut self) -> String {
        let kind = self.random.u8(0..6);
        // In source order: a variable that is moved must not be named after that.
        let before = (kind < 3 && self.edition_2024 && self.chance(4)).then(|| self.condition());
        let (text, variable) = match kind {
            0 => {
                let name = self.number_name();
                (
                    format!("let Some({name}) = maybe({})", self.leaf()),
                    Variable::number(name, false),
                )
            }
            1 => {
                let name = self.thing_name();
                let held = format!("let Some({name}) = Noisy::held({})", self.fresh());
                (held, Variable::thing(name))
            }
            2 => {
                let name = self.number_name();
                let held = format!("let Some({name}) = Noisy::new({}).some()", self.fresh());
                (held, Variable::number(name, false))
            }
            _ => return self.condition(),
        };
        self.declare(variable);
        let after = (self.edition_2024 && self.chance(4)).then(|| self.condition());
        let parts = before.into_iter().chain([text]).chain(after);
        parts.collect::<Vec<_>>().join("\n&& ")
    }

    pub(super) fn matching(&mut self, value: Option<Returns>) -> String {
        let (scrutinee, patterns) = self.scrutinee();
        let last = patterns.len() - 1;
        let mut text = format!("match {scrutinee} {{\n");
        for (index, (pattern, variable)) in patterns.into_iter().enumerate() {
            let outer = self.variables.len();
            variable.into_iter().for_each(|variable| self.declare(variable));
            let guard = match index < last && self.chance(3) {
                true => self.repeated(|inner| format!(" if {}", inner.condition())),
                false => String::new(),
            };
            let arm = self.arm(value);
            text += &format!("{pattern}{guard} => {arm}\n");
            if !guard.is_empty() {
                text += &format!("{pattern} => {}\n", self.arm(value));
            }
            self.variables.truncate(outer);
        }
        text + "}"
    }

    fn arm(&mut self, value: Option<Returns>) -> String {
        match (value, self.random.u8(0..8)) {
            (_, 0) => self.leave() + ",",
            (None, 1) => format!("step({}),", self.fresh()),
            (None, 2) => self.move_thing().map_or("{}".to_owned(), |name| format!("drop({name}),")),
            (None, 3) => "(),".to_owned(),
            (Some(_), 1..=3) => self.number() + ",",
            (_, 4) => format!("\n{},", self.block(value)),
            _ => self.block(value),
        }
    }

    /// A scrutinee, with all its patterns.
    fn scrutinee(&mut self) -> (String, Vec<(&'static str, Option<Variable>)>) {
        let number = || Some(Variable::number("one", false));
        match self.random.u8(0..6) {
            0 => {
                (format!("maybe({})", self.number()), vec![("Some(one)", number()), ("None", None)])
            }
            1 => {
                (format!("tried({})", self.number()), vec![("Ok(one)", number()), ("Err(_)", None)])
            }
            2 => (
                format!("Noisy::held({})", self.fresh()),
                vec![("None", None), ("Some(red)", Some(Variable::thing("red")))],
            ),
            3 => (
                format!("(maybe({}), flip())", self.leaf()),
                vec![("(Some(one), true)", number()), ("(None, true)", None), ("_", None)],
            ),
            4 => (
                format!("Noisy::new({}).some()", self.fresh()),
                vec![("Some(one @ 1..)", number()), ("Some(_)\n| None", None)],
            ),
            _ => ("pick(4)".to_owned(), vec![("0", None), ("1 | 2", None), ("one", number())]),
        }
    }

    fn loop_label(&mut self, has_value: bool) -> (String, Label) {
        let name = format!("'loop{}", self.fresh());
        let written = self.random.bool();
        let text = if written { format!("{name}: ") } else { String::new() };
        (text, Label { name, written, is_loop: true, has_value })
    }

    /// A loop whose value is a number.
    pub(super) fn value_loop(&mut self) -> String {
        let (text, label) = self.loop_label(true);
        let block = self.repeated(|inner| {
            let last = format!("if !flip() {{ break {}; }}", inner.leaf());
            inner.labelled(label, |inner| inner.block_after(&last, None))
        });
        format!("{text}loop {block}")
    }

    /// A loop without a value.
    pub(super) fn plain_loop(&mut self) -> String {
        let (text, label) = self.loop_label(false);
        let outer = self.variables.len();
        let kind = self.random.u8(0..4);
        let limit = self.leaf();
        let looping = self.repeated(|inner| {
            let head = match kind {
                0 => {
                    let name = inner.number_name();
                    inner.declare(Variable::number(name, false));
                    format!("for {name} in turns({limit} % 4)")
                }
                1 => {
                    let name = inner.number_name();
                    let value = inner.labelled(Label::wall(), Self::number);
                    let head = format!("while let Some({name}) = maybe({value})");
                    inner.declare(Variable::number(name, false));
                    head
                }
                2 => {
                    let condition = inner.labelled(Label::wall(), Self::condition);
                    format!("while flip() && {condition}")
                }
                _ => "loop".to_owned(),
            };
            let first = if kind == 3 { "if !flip() {\nbreak;\n}" } else { "" };
            let block = inner.labelled(label, |inner| inner.block_after(first, None));
            format!("{head} {block}")
        });
        self.variables.truncate(outer);
        text + &looping
    }
}
