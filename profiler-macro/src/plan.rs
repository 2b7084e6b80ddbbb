//! The plan of one block: which events go where. Rows and positions, never tokens.

/// A block as the plan sees it.
pub(crate) struct BlockShape {
    /// The row that is current where the block's statements begin.
    pub(crate) current: usize,
    /// The rows of the braces.
    pub(crate) open: Option<usize>,
    pub(crate) close: Option<usize>,
    /// Whether control never reaches the closing brace, as in `let … else`.
    pub(crate) diverges: bool,
    pub(crate) statements: Vec<Statement>,
}

/// A statement as the plan sees it.
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    /// The row of its first token after the attributes; `None` if that token comes from another macro.
    pub(crate) row: Option<usize>,
    /// Whether it has a `#[cfg]`, which the compiler has not evaluated yet.
    pub(crate) conditional: bool,
    /// Whether it declares a local, or may expand to a declaration.
    pub(crate) declares: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StatementKind {
    /// An item or a lone semicolon, where nothing runs.
    Inert,
    Local,
    /// An expression or a macro that is not the tail.
    Expression,
    /// An expression without semicolon at the end, unless it is visibly of type `()`.
    Tail,
    /// A tail that has no memory effect and leaves nothing behind, as `Ok(())`.
    SimpleTail,
    /// `return`, `break`, `continue` or a macro that panics.
    Diverging,
}

/// The insertions. Positions are indices of statements: "before statement *i*".
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct BlockPlan {
    /// The position of the block's own guards: after leading items, which lints expect to come first.
    pub(crate) opening: usize,
    /// The line event before each statement.
    pub(crate) events: Vec<Option<usize>>,
    /// The row that is current while each statement runs.
    pub(crate) current: Vec<usize>,
    /// Where control leaves the block normally.
    pub(crate) exit: Option<Exit>,
}

#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Exit {
    pub(crate) at: usize,
    /// The closing brace, where the block declares locals.
    pub(crate) closing_brace: Option<ClosingBrace>,
    /// Whether nothing allocates or frees memory from here to the end of the block: there are no locals,
    /// and no tail but a simple one.
    pub(crate) has_no_memory_effect: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClosingBrace {
    pub(crate) row: usize,
    /// Whether a tail is evaluated before the locals are dropped, so that a guard has to start the row.
    pub(crate) needs_guard: bool,
}

impl BlockPlan {
    pub(crate) fn new(block: &BlockShape) -> Self {
        let (events, current) = events(block);
        let opening =
            block.statements.iter().take_while(|s| s.kind == StatementKind::Inert).count();
        let exit = exit(block, current.last().copied());
        Self { opening, events, current, exit }
    }

    /// The first statement after the leading items.
    pub(crate) fn first(&self) -> Option<usize> {
        Some(self.opening).filter(|index| *index < self.events.len())
    }

    /// Whether a statement can restore the row, instead of a guard that outlives all in the block.
    pub(crate) fn exit_has_no_memory_effect(&self) -> bool {
        self.exit.as_ref().is_some_and(|exit| exit.has_no_memory_effect)
    }

    /// Whether the current row changes in this block.
    pub(crate) fn moves(&self) -> bool {
        self.events.iter().any(Option::is_some)
            || self.exit.as_ref().is_some_and(|exit| exit.closing_brace.is_some())
    }
}

/// The event before each statement, and the row that is current in it.
fn events(block: &BlockShape) -> (Vec<Option<usize>>, Vec<usize>) {
    let mut row = block.current;
    // After a statement that may be compiled out, the row is uncertain.
    let mut certain = true;
    // No event after a statement that diverges: the compiler is to warn about the user's dead code, not
    // about inserted code.
    let mut reachable = true;
    let step = |statement: &Statement| {
        let runs = statement.kind != StatementKind::Inert && reachable;
        let event = statement.row.filter(|next| runs && (*next != row || !certain));
        if let Some(next) = event {
            (row, certain) = (next, !statement.conditional);
        }
        reachable &= statement.conditional || statement.kind != StatementKind::Diverging;
        (event, row)
    };
    block.statements.iter().map(step).unzip()
}

/// `last` is the row of the block's last statement. A closing brace on that row has no event: the row
/// would be counted twice.
fn exit(block: &BlockShape, last: Option<usize>) -> Option<Exit> {
    let statements = &block.statements;
    let diverges = |s: &Statement| s.kind == StatementKind::Diverging && !s.conditional;
    if block.diverges || statements.iter().any(diverges) {
        return None;
    }
    let on_one_row = block.open == block.close;
    let locals = statements.iter().any(|s| s.kind == StatementKind::Local);
    let is_certain = statements.last().is_some_and(|statement| !statement.conditional);
    let is_current = is_certain && block.close == last;
    let close = block.close.filter(|_| locals && !on_one_row && !is_current);
    let at = tail(statements);
    let simple =
        is_certain && statements.last().is_some_and(|last| last.kind == StatementKind::SimpleTail);
    let needs_guard = at < statements.len() && !simple;
    let has_no_memory_effect = !needs_guard && !statements.iter().any(|s| s.declares);
    let closing_brace = close.map(|row| ClosingBrace { row, needs_guard });
    Some(Exit { at, closing_brace, has_no_memory_effect })
}

/// The index of the block's tail; without one, the number of statements. Each statement of a run under
/// `#[cfg]` at the end may turn out to be the tail, so the run counts as a whole.
fn tail(statements: &[Statement]) -> usize {
    let conditional = statements.iter().rev().take_while(|s| s.conditional).count();
    let value = statements
        .last()
        .is_some_and(|s| matches!(s.kind, StatementKind::Tail | StatementKind::SimpleTail));
    statements.len() - conditional.max(usize::from(value))
}
