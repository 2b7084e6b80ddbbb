//! The tokens of all that is inserted, and their insertion.
//!
//! It never decides anything: `plan` and `walk` say what goes where.

mod insert;
mod statements;
pub(crate) mod tasks;

pub(crate) use insert::{Insertions, RowRestore, add_link, enclose, splice, wrap};
pub(crate) use statements::{
    FunctionTable, enter, enter_closure, iteration, line, pass, scope, statement, table,
};
