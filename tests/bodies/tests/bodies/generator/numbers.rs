//! Expressions that are numbers, conditions and jumps.

use super::Generator;
use super::scope::{Label, Returns};

impl Generator {
    /// The last expression of a body.
    pub(super) fn value_of(&mut self, returns: Returns) -> String {
        match returns {
            Returns::Number if self.edition_2024 && self.chance(4) => {
                let thing = self.find_thing();
                thing.map_or_else(|| self.number(), |name| format!("{name}.view().id()"))
            }
            Returns::Number => self.number(),
            Returns::Option => match self.random.u8(0..4) {
                0 => format!("maybe({})", self.number()),
                1 => "None::<u32>".to_owned(),
                _ => format!("Some({})", self.number()),
            },
            Returns::Result => match self.random.u8(0..4) {
                0 => format!("tried({})", self.number()),
                1 => format!("Err({})", self.leaf()),
                _ => format!("Ok({})", self.number()),
            },
        }
    }

    /// A number that is not a block.
    pub(super) fn leaf(&mut self) -> String {
        match self.random.u8(0..6) {
            0 | 1 => self.find_number(false).map_or_else(|| "1".to_owned(), str::to_owned),
            2 | 3 => {
                self.find_thing().map_or_else(|| "2".to_owned(), |name| name.to_owned() + ".id()")
            }
            4 => format!("Noisy::new({}).id()", self.fresh()),
            _ => format!("{}", self.fresh()),
        }
    }

    /// Any number.
    pub(super) fn number(&mut self) -> String {
        if self.is_spent() {
            return self.leaf();
        }
        match self.random.u8(0..24) {
            0..=2 => format!("join({}, {})", self.number(), self.number()),
            3 => self.choice(Some(Returns::Number)),
            4 => self.matching(Some(Returns::Number)),
            5 => self.block(Some(Returns::Number)),
            6 => self.labelled_block(),
            7 => self.value_loop(),
            8 => self.closure_call(),
            9 => format!("maybe({}).unwrap_or({})", self.number(), self.number()),
            10 => self.mapped(),
            11 | 12 => self.question(),
            13 => self.recursion(),
            14 | 15 => self.awaited(),
            16 => self.caught(),
            17 => format!("[{}, {}][pick(3) as usize]", self.number(), self.leaf()),
            18 => format!("unsafe {}", self.block(Some(Returns::Number))),
            _ => self.leaf(),
        }
    }

    fn question(&mut self) -> String {
        match self.context.returns {
            Returns::Number => self.leaf(),
            Returns::Option => format!("maybe({})?", self.number()),
            Returns::Result => format!("tried({})?", self.number()),
        }
    }

    fn labelled_block(&mut self) -> String {
        let name = format!("'block{}", self.fresh());
        let label = Label { name: name.clone(), written: true, is_loop: false, has_value: true };
        let block = self.labelled(label, |inner| inner.block(Some(Returns::Number)));
        format!("{name}: {block}")
    }

    /// A condition that is false in the end, once it has been evaluated often enough.
    pub(super) fn condition(&mut self) -> String {
        if self.is_spent() {
            return "flip()".to_owned();
        }
        match self.random.u8(0..10) {
            0 => format!("Noisy::new({}).id() > 20 && flip()", self.fresh()),
            1 => format!("join({}, {}) % 3 > 0 && flip()", self.number(), self.leaf()),
            2 => format!("matches!(maybe({}), Some(found) if found != 3)", self.leaf()),
            3 => {
                let block = self.block(None);
                format!("flip() && {{ {block} flip() }}")
            }
            4 => format!("Noisy::held({}).is_some()", self.fresh()),
            5 if self.edition_2024 => self
                .find_thing()
                .map_or("flip()".to_owned(), |name| format!("{name}.view().id() > 4 && flip()")),
            _ => "flip()".to_owned(),
        }
    }

    /// An expression without a value.
    pub(super) fn leave(&mut self) -> String {
        let innermost = self.context.labels.len().saturating_sub(1);
        let labels = self.context.labels.iter().enumerate();
        let reached =
            labels.filter(|(index, label)| label.written || (*index == innermost && label.is_loop));
        let mut reached: Vec<_> = reached.map(|(_, label)| label.clone()).collect();
        if reached.is_empty() || self.chance(3) {
            return match self.random.u8(0..5) {
                0 => format!("panic!(\"at {{}}\", {})", self.leaf()),
                _ => format!("return {}", self.returned()),
            };
        }
        let label = reached.swap_remove(self.random.usize(0..reached.len()));
        let is_innermost = self.context.labels[innermost].name == label.name && label.is_loop;
        let name = match label.written && (!is_innermost || self.random.bool()) {
            true => format!(" {}", label.name),
            false => String::new(),
        };
        if label.is_loop && self.random.bool() {
            return format!("continue{name}");
        }
        let value = if label.has_value { format!(" {}", self.leaf()) } else { String::new() };
        format!("break{name}{value}")
    }

    fn returned(&mut self) -> String {
        match self.context.returns {
            Returns::Number => self.leaf(),
            Returns::Option => format!("Some({})", self.leaf()),
            Returns::Result => format!("Err({})", self.leaf()),
        }
    }
}
