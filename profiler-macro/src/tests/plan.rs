//! The plan of a block, from facts alone.

use crate::plan::{BlockPlan, BlockShape, End, Exit, Kind, Statement};

fn shape(statements: &[(Kind, usize)]) -> BlockShape {
    let statement = |(kind, row): &(Kind, usize)| Statement {
        kind: *kind,
        row: Some(*row),
        conditional: false,
        declares: *kind == Kind::Local,
    };
    BlockShape {
        current: 0,
        open: Some(0),
        close: Some(9),
        diverges: false,
        statements: statements.iter().map(statement).collect(),
    }
}

fn guarded(row: usize) -> Option<End> {
    Some(End { row, guarded: true })
}

#[test]
fn a_closing_brace_needs_no_guard_where_no_value_is_made_before_it() {
    let unguarded = Some(End { row: 9, guarded: false });
    let block = shape(&[(Kind::Local, 1), (Kind::Plain, 2)]);
    assert_eq!(BlockPlan::new(&block).exit, Some(Exit { at: 2, end: unguarded, is_calm: false }));
    let block = shape(&[(Kind::Local, 1), (Kind::Simple, 2)]);
    assert_eq!(BlockPlan::new(&block).exit, Some(Exit { at: 1, end: unguarded, is_calm: false }));
}

#[test]
fn an_event_where_the_row_changes() {
    let block = shape(&[(Kind::Local, 1), (Kind::Plain, 1), (Kind::Silent, 2), (Kind::Value, 3)]);
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), None, None, Some(3)]);
    assert_eq!(plan.current, [1, 1, 1, 3]);
    assert_eq!(plan.exit, Some(Exit { at: 3, end: guarded(9), is_calm: false }));
}

#[test]
fn nothing_moves_on_the_current_row() {
    let mut block = shape(&[(Kind::Local, 0), (Kind::Value, 0)]);
    block.close = Some(0);
    let plan = BlockPlan::new(&block);
    assert!(!plan.moves());
    assert_eq!(plan.exit, Some(Exit { at: 1, end: None, is_calm: false }));
}

#[test]
fn a_block_without_locals_or_a_value_is_calm_at_its_exit() {
    let is_calm = |statements: &[_]| BlockPlan::new(&shape(statements)).is_calm_at_exit();
    assert!(is_calm(&[(Kind::Plain, 1), (Kind::Plain, 2)]));
    assert!(is_calm(&[(Kind::Plain, 1), (Kind::Simple, 2)]));
    assert!(!is_calm(&[(Kind::Plain, 1), (Kind::Value, 2)]));
    assert!(!is_calm(&[(Kind::Local, 1), (Kind::Plain, 2)]));
    assert!(!is_calm(&[(Kind::Plain, 1), (Kind::Leaving, 2)]));
}

#[test]
fn guards_come_after_leading_items() {
    let block = shape(&[(Kind::Silent, 1), (Kind::Silent, 2), (Kind::Plain, 3)]);
    assert_eq!(BlockPlan::new(&block).opening, 2);
}

#[test]
fn nothing_is_said_after_a_statement_that_leaves() {
    let block = shape(&[(Kind::Local, 1), (Kind::Leaving, 2), (Kind::Plain, 3)]);
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), Some(2), None]);
    assert_eq!(plan.exit, None);
}

#[test]
fn a_statement_that_may_be_compiled_out_decides_nothing() {
    let mut block = shape(&[(Kind::Plain, 1), (Kind::Leaving, 2), (Kind::Plain, 2)]);
    block.statements[1].conditional = true;
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), Some(2), Some(2)]);
    assert_eq!(plan.exit, Some(Exit { at: 3, end: None, is_calm: true }));
}

#[test]
fn a_conditional_run_at_the_end_is_the_value() {
    let mut block = shape(&[(Kind::Local, 1), (Kind::Value, 2), (Kind::Value, 3)]);
    block.statements[1].conditional = true;
    block.statements[2].conditional = true;
    assert_eq!(BlockPlan::new(&block).exit, Some(Exit { at: 1, end: guarded(9), is_calm: false }));
}

#[test]
fn statements_from_elsewhere_stay_on_the_current_row() {
    let mut block = shape(&[(Kind::Local, 1), (Kind::Plain, 2)]);
    block.statements[1].row = None;
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), None]);
    assert_eq!(plan.current, [1, 1]);
}
