//! The plan of a block, from facts alone.

use crate::plan::{BlockPlan, BlockShape, ClosingBrace, Exit, Statement, StatementKind};

fn shape(statements: &[(StatementKind, usize)]) -> BlockShape {
    let statement = |(kind, row): &(StatementKind, usize)| Statement {
        kind: *kind,
        row: Some(*row),
        conditional: false,
        declares: *kind == StatementKind::Local,
    };
    BlockShape {
        current: 0,
        open: Some(0),
        close: Some(9),
        diverges: false,
        statements: statements.iter().map(statement).collect(),
    }
}

fn guarded(row: usize) -> Option<ClosingBrace> {
    Some(ClosingBrace { row, needs_guard: true })
}

#[test]
fn a_closing_brace_needs_no_guard_unless_a_tail_is_evaluated_before_it() {
    let unguarded = Some(ClosingBrace { row: 9, needs_guard: false });
    let block = shape(&[(StatementKind::Local, 1), (StatementKind::Expression, 2)]);
    assert_eq!(
        BlockPlan::new(&block).exit,
        Some(Exit { at: 2, closing_brace: unguarded, has_no_memory_effect: false })
    );
    let block = shape(&[(StatementKind::Local, 1), (StatementKind::SimpleTail, 2)]);
    assert_eq!(
        BlockPlan::new(&block).exit,
        Some(Exit { at: 1, closing_brace: unguarded, has_no_memory_effect: false })
    );
}

#[test]
fn an_event_where_the_row_changes() {
    let block = shape(&[
        (StatementKind::Local, 1),
        (StatementKind::Expression, 1),
        (StatementKind::Inert, 2),
        (StatementKind::Tail, 3),
    ]);
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), None, None, Some(3)]);
    assert_eq!(plan.current, [1, 1, 1, 3]);
    assert_eq!(
        plan.exit,
        Some(Exit { at: 3, closing_brace: guarded(9), has_no_memory_effect: false })
    );
}

#[test]
fn there_is_no_event_for_the_current_row() {
    let mut block = shape(&[(StatementKind::Local, 0), (StatementKind::Tail, 0)]);
    block.close = Some(0);
    let plan = BlockPlan::new(&block);
    assert!(!plan.moves());
    assert_eq!(plan.exit, Some(Exit { at: 1, closing_brace: None, has_no_memory_effect: false }));
}

#[test]
fn the_exit_of_a_block_without_locals_or_a_tail_has_no_memory_effect() {
    let has_none =
        |statements: &[_]| BlockPlan::new(&shape(statements)).exit_has_no_memory_effect();
    assert!(has_none(&[(StatementKind::Expression, 1), (StatementKind::Expression, 2)]));
    assert!(has_none(&[(StatementKind::Expression, 1), (StatementKind::SimpleTail, 2)]));
    assert!(!has_none(&[(StatementKind::Expression, 1), (StatementKind::Tail, 2)]));
    assert!(!has_none(&[(StatementKind::Local, 1), (StatementKind::Expression, 2)]));
    assert!(!has_none(&[(StatementKind::Expression, 1), (StatementKind::Diverging, 2)]));
}

#[test]
fn guards_come_after_leading_items() {
    let block = shape(&[
        (StatementKind::Inert, 1),
        (StatementKind::Inert, 2),
        (StatementKind::Expression, 3),
    ]);
    assert_eq!(BlockPlan::new(&block).opening, 2);
}

#[test]
fn there_is_no_event_after_a_statement_that_diverges() {
    let block = shape(&[
        (StatementKind::Local, 1),
        (StatementKind::Diverging, 2),
        (StatementKind::Expression, 3),
    ]);
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), Some(2), None]);
    assert_eq!(plan.exit, None);
}

#[test]
fn a_statement_that_may_be_compiled_out_changes_no_other() {
    let mut block = shape(&[
        (StatementKind::Expression, 1),
        (StatementKind::Diverging, 2),
        (StatementKind::Expression, 2),
    ]);
    block.statements[1].conditional = true;
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), Some(2), Some(2)]);
    assert_eq!(plan.exit, Some(Exit { at: 3, closing_brace: None, has_no_memory_effect: true }));
}

#[test]
fn a_conditional_run_at_the_end_is_the_tail() {
    let mut block =
        shape(&[(StatementKind::Local, 1), (StatementKind::Tail, 2), (StatementKind::Tail, 3)]);
    block.statements[1].conditional = true;
    block.statements[2].conditional = true;
    assert_eq!(
        BlockPlan::new(&block).exit,
        Some(Exit { at: 1, closing_brace: guarded(9), has_no_memory_effect: false })
    );
}

#[test]
fn statements_of_other_macros_stay_on_the_current_row() {
    let mut block = shape(&[(StatementKind::Local, 1), (StatementKind::Expression, 2)]);
    block.statements[1].row = None;
    let plan = BlockPlan::new(&block);
    assert_eq!(plan.events, [Some(1), None]);
    assert_eq!(plan.current, [1, 1]);
}
