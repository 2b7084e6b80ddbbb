//! Statements.

use super::Generator;
use super::scope::{Returns, Variable};

impl Generator {
    pub(super) fn statement(&mut self) -> String {
        self.size -= 1;
        let text = match self.random.u8(0..26) {
            0..=4 => return format!("step({});", self.fresh()),
            5..=7 => return self.noisy(),
            8..=10 => self.number_local(),
            11 => self.let_else(),
            12 => self.assignment(),
            13 => self.moving(),
            14 | 15 => self.choice(None),
            16 | 17 => self.matching(None),
            18..=20 => self.plain_loop(),
            21 => format!("if {} {{ {}; }}", self.condition(), self.leave()),
            22 => format!("drop({});", self.number()),
            23 => self.special(),
            24 if self.context.is_async => "pause().await;".to_owned(),
            24 => self.assertion(),
            _ => self.block(None),
        };
        // An expression with an attribute cannot be the tail of a block.
        let last = self.fresh();
        let takes_attributes = ["let", "if", "match", "for", "while", "loop", "{"];
        let takes_attribute = takes_attributes.iter().any(|keyword| text.starts_with(keyword));
        match self.random.u8(0..30) {
            _ if !takes_attribute => text,
            0 => format!("#[allow(unused)]\n{text}\nstep({last});"),
            1 => format!("#[cfg(all())]\n{text}\nstep({last});"),
            _ => text,
        }
    }

    /// A local that owns memory, or a value that is dropped at once.
    fn noisy(&mut self) -> String {
        let number = self.fresh();
        let name = self.thing_name();
        match self.random.u8(0..8) {
            0 => return format!("let _ = Noisy::new({number});"),
            1 => return format!("Noisy::new({number}).id();"),
            2 => {
                self.declare(Variable::thing(name));
                return format!("let {name} = Noisy::fragile({number});");
            }
            3 => {
                let other = self.thing_name();
                let second = self.fresh();
                if other != name {
                    self.declare(Variable::thing(name));
                    self.declare(Variable::thing(other));
                    return format!(
                        "let ({name}, {other}) =\n(Noisy::new({number}), Noisy::new({second}));"
                    );
                }
            }
            _ => {}
        }
        self.declare(Variable::thing(name));
        format!("let {name} = Noisy::new({number});")
    }

    fn number_local(&mut self) -> String {
        let (name, mutable, is_late) = (self.number_name(), self.chance(2), self.chance(6));
        if is_late {
            self.declare(Variable::number(name, mutable).out_of_reach());
        }
        let value = self.value_of(Returns::Number);
        self.declare(Variable::number(name, mutable));
        let keyword = if mutable { "let mut" } else { "let" };
        match is_late {
            true => format!("{keyword} {name};\n{name} = join(0, {value});"),
            false => format!("{keyword} {name}: u32 = {value};"),
        }
    }

    fn let_else(&mut self) -> String {
        if self.chance(2) {
            let (step, leave) = (self.fresh(), self.leave());
            let held = format!("Noisy::held({})", self.fresh());
            let name = self.thing_name();
            self.declare(Variable::thing(name));
            return format!("let Some({name}) = {held} else {{\nstep({step});\n{leave};\n}};");
        }
        let number = self.number();
        let leave = self.leave();
        let name = self.number_name();
        self.declare(Variable::number(name, false));
        format!("let Some({name}) = maybe({number}) else {{ {leave} }};")
    }

    fn assignment(&mut self) -> String {
        let value = self.number();
        match self.find_number(true) {
            Some(name) if self.random.bool() => format!("{name} = {value};"),
            Some(name) => format!("{name} ^= join({value}, 0);"),
            None => format!("_ = {value};"),
        }
    }

    fn moving(&mut self) -> String {
        let Some(moved) = self.move_thing() else {
            return format!("step({});", self.fresh());
        };
        if self.random.bool() {
            return format!("drop({moved});");
        }
        let name = self.thing_name();
        self.declare(Variable::thing(name));
        format!("let {name} = {moved};")
    }

    /// Inside a macro's own tokens there are no lines.
    fn assertion(&mut self) -> String {
        format!("assert!({} > 20 && flip() || flip(), \"{{}}\", {});", self.leaf(), self.leaf())
    }

    /// Code that is not a statement, or is not compiled.
    fn special(&mut self) -> String {
        let number = self.fresh();
        match self.random.u8(0..4) {
            0 => format!("#[cfg(any())]\nlet never: Missing = {number};"),
            1 => format!("const LIMIT{number}: u32 = {{ let limit = {number}; limit }};"),
            2 => {
                let name = self.number_name();
                let value = self.leaf();
                self.declare(Variable::number(name, false));
                format!(
                    "fn inner{number}(number: u32) -> u32 {{\njoin(number, 1)\n}}\n\
                     let {name} = inner{number}({value});"
                )
            }
            _ => format!(
                "macro_rules! twice{number} {{ () => {{ step({number}); }}; }} twice{number}!();"
            ),
        }
    }
}
