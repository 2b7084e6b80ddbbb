//! The names that a statement may use, and the targets of its jumps.

use super::Generator;
use fastrand::Rng;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Thing,
}

#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    kind: Kind,
    mutable: bool,
    /// The loop or body that it was declared in: nowhere else can it be moved out of.
    turn: u32,
    /// Moved, or out of reach.
    gone: bool,
}

impl Variable {
    pub(super) fn number(name: &'static str, mutable: bool) -> Self {
        Self { name, kind: Kind::Number, mutable, turn: 0, gone: false }
    }

    pub(super) fn thing(name: &'static str) -> Self {
        Self { name, kind: Kind::Thing, mutable: false, turn: 0, gone: false }
    }

    /// Declared, but without a value yet.
    pub(super) fn out_of_reach(self) -> Self {
        Self { gone: true, ..self }
    }
}

/// The value of a function or a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Returns {
    Number,
    Option,
    Result,
}

impl Returns {
    pub(super) fn random(random: &mut Rng) -> Self {
        [Self::Number, Self::Option, Self::Result][random.usize(0..3)]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Number => "u32",
            Self::Option => "Option<u32>",
            Self::Result => "Result<u32, u32>",
        }
    }
}

#[derive(Clone)]
pub(super) struct Label {
    pub(super) name: String,
    /// Whether the label is written; without one, only the innermost loop can be left.
    pub(super) written: bool,
    pub(super) is_loop: bool,
    pub(super) has_value: bool,
}

impl Label {
    /// Around the condition of a loop: only labelled targets can be left from there.
    pub(super) fn wall() -> Self {
        Self { name: String::new(), written: false, is_loop: false, has_value: false }
    }
}

/// The surroundings of a statement, up to the nearest function, closure or async block.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) returns: Returns,
    pub(super) is_async: bool,
    pub(super) labels: Vec<Label>,
    turn: u32,
}

impl Context {
    pub(super) fn of(returns: Returns, is_async: bool) -> Self {
        Self { returns, is_async, labels: Vec::new(), turn: 0 }
    }
}

impl Generator {
    pub(super) fn declare(&mut self, variable: Variable) {
        let turn = self.context.turn;
        self.variables.push(Variable { turn, ..variable });
    }

    /// A name from a small pool, so that some shadow others.
    pub(super) fn number_name(&mut self) -> &'static str {
        ["one", "two", "three", "four", "_five"][self.random.usize(0..5)]
    }

    pub(super) fn thing_name(&mut self) -> &'static str {
        ["red", "green", "blue", "_gray"][self.random.usize(0..4)]
    }

    /// One of the variables that are not shadowed and that `is_right`.
    fn find(&mut self, is_right: impl Fn(&Variable) -> bool) -> Option<usize> {
        let mut found = Vec::new();
        for (index, variable) in self.variables.iter().enumerate() {
            let shadowed = self.variables[index + 1..].iter().any(|v| v.name == variable.name);
            if !shadowed && !variable.gone && is_right(variable) {
                found.push(index);
            }
        }
        (!found.is_empty()).then(|| found[self.random.usize(0..found.len())])
    }

    pub(super) fn find_number(&mut self, mutable: bool) -> Option<&'static str> {
        let found = self.find(|v| v.kind == Kind::Number && (v.mutable || !mutable));
        found.map(|index| self.variables[index].name)
    }

    pub(super) fn find_thing(&mut self) -> Option<&'static str> {
        self.find(|v| v.kind == Kind::Thing).map(|index| self.variables[index].name)
    }

    /// A variable that may be moved here, and is moved from here on.
    pub(super) fn move_thing(&mut self) -> Option<&'static str> {
        let turn = self.context.turn;
        let index = self.find(|v| v.kind == Kind::Thing && v.turn == turn)?;
        self.variables[index].gone = true;
        Some(self.variables[index].name)
    }

    /// Writes code that may run several times, or only borrows: nothing from outside is moved.
    pub(super) fn repeated<R>(&mut self, write: impl FnOnce(&mut Self) -> R) -> R {
        let turn = self.fresh();
        let outer = std::mem::replace(&mut self.context.turn, turn);
        let result = write(self);
        self.context.turn = outer;
        result
    }

    /// Writes inside a label.
    pub(super) fn labelled<R>(&mut self, label: Label, write: impl FnOnce(&mut Self) -> R) -> R {
        self.context.labels.push(label);
        let result = write(self);
        self.context.labels.pop();
        result
    }

    /// Writes a closure or an async block. It sees the names around it, and borrows those that do not
    /// change meanwhile; one that moves gets one variable, or none.
    pub(super) fn inner_body<R>(
        &mut self,
        moves: bool,
        context: Context,
        write: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let captured = if moves { self.move_thing() } else { None };
        let variables = self.variables.clone();
        for variable in &mut self.variables {
            variable.gone |= variable.mutable || (moves && variable.kind == Kind::Thing);
        }
        let turn = self.fresh();
        let outer = std::mem::replace(&mut self.context, Context { turn, ..context });
        if let Some(name) = captured {
            self.declare(Variable::thing(name));
        }
        let result = write(self);
        self.context = outer;
        self.variables = variables;
        result
    }
}
