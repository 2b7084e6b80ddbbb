//! The tokens of all that is inserted. Nothing here decides anything: the plan has done that.

mod insert;
mod statements;
pub(crate) mod tasks;

pub(crate) use insert::{Insertions, Scope, enclose, link, splice, wrap};
pub(crate) use statements::{
    Table, enter, enter_closure, iteration, line, pass, scope, statement, table,
};
