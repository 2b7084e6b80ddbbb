//! Closures, async blocks and calls of the body itself: each has a frame of its own.

use super::Generator;
use super::scope::{Context, Returns, Variable};

impl Generator {
    /// A closure's parameter and body.
    fn closure(&mut self, moves: bool, returns: Returns) -> String {
        let name = self.number_name();
        let block = self.inner_body(moves, Context::of(returns, false), |inner| {
            inner.declare(Variable::number(name, false));
            match inner.random.u8(0..4) {
                0 if returns == Returns::Number => inner.number(),
                1 if returns == Returns::Number => inner.matching(Some(returns)),
                _ => format!("-> {} {}", returns.name(), inner.block(Some(returns))),
            }
        });
        let keyword = if moves { "move " } else { "" };
        format!("{keyword}|{name}: u32| {block}")
    }

    /// A closure that is called at once, twice or not at all.
    pub(super) fn closure_call(&mut self) -> String {
        let returns = Returns::random(&mut self.random);
        // A value can be moved out of a closure once.
        let moves = self.chance(2);
        let closure = self.closure(moves, returns);
        let call = match returns {
            Returns::Number => "call(3)",
            Returns::Option => "call(4).unwrap_or(7)",
            Returns::Result => "call(5).unwrap_or_else(|error| error)",
        };
        let value = match self.random.u8(0..4) {
            0 => "8".to_owned(),
            1 if !moves => format!("join({call}, {call})"),
            _ => call.to_owned(),
        };
        format!("{{\nlet call = {closure};\nstep({});\n{value}\n}}", self.fresh())
    }

    pub(super) fn mapped(&mut self) -> String {
        let number = self.number();
        let mapping = self.closure(false, Returns::Number);
        match self.random.bool() {
            true => format!("maybe({number}).map({mapping}).unwrap_or({})", self.leaf()),
            false => {
                let context = Context::of(Returns::Number, false);
                let other = self.inner_body(false, context, Generator::number);
                format!("maybe({number}).map_or_else(|| {other}, {mapping})")
            }
        }
    }

    /// A panic inside is caught.
    pub(super) fn caught(&mut self) -> String {
        let context = Context::of(Returns::Number, false);
        let block = self.inner_body(false, context, |inner| inner.block(Some(Returns::Number)));
        let closure = format!("std::panic::AssertUnwindSafe(|| -> u32 {block})");
        format!("std::panic::catch_unwind({closure}).unwrap_or(6)")
    }

    pub(super) fn recursion(&mut self) -> String {
        if self.context.is_async != self.is_async {
            return self.leaf();
        }
        let arguments = format!("depth - 1, {}, Noisy::new({})", self.leaf(), self.fresh());
        let call = match self.is_async {
            true => format!("Box::pin({}({arguments})).await", self.name),
            false => format!("{}({arguments})", self.name),
        };
        let number = match self.returns {
            Returns::Number => call,
            _ if self.returns == self.context.returns => call + "?",
            _ => format!("{call}.unwrap_or(5)"),
        };
        format!(
            "if depth > 0 && flip() {{\n{number}\n}} else {}",
            self.block(Some(Returns::Number))
        )
    }

    /// An async block, or a number that comes later.
    pub(super) fn awaited(&mut self) -> String {
        if !self.context.is_async {
            return self.leaf();
        }
        if self.chance(3) {
            return format!("later({}).await", self.number());
        }
        let moves = self.random.bool();
        let returns = [Returns::Number, Returns::Option][self.random.usize(0..2)];
        let context = Context::of(returns, true);
        let block = self.inner_body(moves, context, |inner| inner.block(Some(returns)));
        let keyword = if moves { "async move" } else { "async" };
        let number = |task: &str| match returns {
            Returns::Option => format!("Option::<u32>::unwrap_or({task}.await, 9)"),
            _ => format!("{task}.await"),
        };
        let (step, task) = (self.fresh(), format!("let task = {keyword} {block};"));
        match self.random.u8(0..4) {
            0 => format!("{{\n{task}\nstep({step});\n{}\n}}", number("task")),
            1 if returns == Returns::Number => format!("{{\n{task}\ndrop(task);\n4\n}}"),
            _ => number(&format!("{keyword} {block}")),
        }
    }
}
