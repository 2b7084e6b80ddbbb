//! What is inserted into one block: rows and positions, no tokens.

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
    pub(crate) kind: Kind,
    /// The row of its first token after the attributes; `None` where a macro brought it from elsewhere.
    pub(crate) row: Option<usize>,
    /// Whether it carries a `#[cfg]`, which nobody has evaluated yet.
    pub(crate) conditional: bool,
    /// Whether it is, or may turn into, a declaration.
    pub(crate) declares: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An item or a lone semicolon: nothing runs.
    Silent,
    Local,
    /// An expression or macro whose value is not the block's.
    Plain,
    /// An expression without semicolon, which may be the value of the block.
    Value,
    /// A value that takes no memory to make and leaves nothing behind, as `Ok(())`.
    Simple,
    /// `return`, `break`, `continue` or a macro that panics.
    Leaving,
}

/// What to insert. Positions are indices of statements: "before statement *i*".
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct BlockPlan {
    /// Where the block's own guards go: after leading items, which lints want to see first.
    pub(crate) opening: usize,
    /// The line event before each statement.
    pub(crate) events: Vec<Option<usize>>,
    /// The row that is current while each statement runs.
    pub(crate) current: Vec<usize>,
    /// Where the block is about to be left normally.
    pub(crate) exit: Option<Exit>,
}

#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Exit {
    pub(crate) at: usize,
    /// The closing brace, where the block declares locals.
    pub(crate) end: Option<End>,
    /// Whether nothing more takes or frees memory from here on: there are no locals, and no value
    /// but a simple one.
    pub(crate) is_calm: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct End {
    pub(crate) row: usize,
    /// Whether a value is made before the locals are dropped, so that a guard has to start the row.
    pub(crate) guarded: bool,
}

impl BlockPlan {
    pub(crate) fn new(block: &BlockShape) -> Self {
        let (events, current) = events(block);
        let opening = block.statements.iter().take_while(|s| s.kind == Kind::Silent).count();
        let exit = exit(block, current.last().copied());
        Self { opening, events, current, exit }
    }

    /// The first statement after the leading items.
    pub(crate) fn first(&self) -> Option<usize> {
        Some(self.opening).filter(|index| *index < self.events.len())
    }

    /// Whether the block may be left by a statement, instead of a guard that outlives all in it.
    pub(crate) fn is_calm_at_exit(&self) -> bool {
        self.exit.as_ref().is_some_and(|exit| exit.is_calm)
    }

    /// Whether the current row is another one in this block than before it.
    pub(crate) fn moves(&self) -> bool {
        self.events.iter().any(Option::is_some)
            || self.exit.as_ref().is_some_and(|exit| exit.end.is_some())
    }
}

/// The event before each statement, and the row that is current in it.
fn events(block: &BlockShape) -> (Vec<Option<usize>>, Vec<usize>) {
    let mut row = block.current;
    // After a statement that may be compiled out, the row is a guess.
    let mut certain = true;
    // Nothing is said after a statement that leaves: the compiler is to warn about the user's dead
    // code, not about ours.
    let mut reachable = true;
    let step = |statement: &Statement| {
        let runs = statement.kind != Kind::Silent && reachable;
        let event = statement.row.filter(|next| runs && (*next != row || !certain));
        if let Some(next) = event {
            (row, certain) = (next, !statement.conditional);
        }
        reachable &= statement.conditional || statement.kind != Kind::Leaving;
        (event, row)
    };
    block.statements.iter().map(step).unzip()
}

/// `last` is the row of the block's last statement. A closing brace on that row is no line of its
/// own: the row would count twice.
fn exit(block: &BlockShape, last: Option<usize>) -> Option<Exit> {
    let statements = &block.statements;
    let leaves = |s: &Statement| s.kind == Kind::Leaving && !s.conditional;
    if block.diverges || statements.iter().any(leaves) {
        return None;
    }
    let on_one_row = block.open == block.close;
    let locals = statements.iter().any(|s| s.kind == Kind::Local);
    let is_certain = statements.last().is_some_and(|statement| !statement.conditional);
    let is_current = is_certain && block.close == last;
    let close = block.close.filter(|_| locals && !on_one_row && !is_current);
    let at = tail(statements);
    let simple = is_certain && statements.last().is_some_and(|last| last.kind == Kind::Simple);
    let guarded = at < statements.len() && !simple;
    let is_calm = !guarded && !statements.iter().any(|s| s.declares);
    Some(Exit { at, end: close.map(|row| End { row, guarded }), is_calm })
}

/// The index of the block's value. In a run of statements under `#[cfg]` at the end each may turn
/// out to be it, so the run counts as a whole. Without a value, the number of statements.
fn tail(statements: &[Statement]) -> usize {
    let conditional = statements.iter().rev().take_while(|s| s.conditional).count();
    let value = statements.last().is_some_and(|s| matches!(s.kind, Kind::Value | Kind::Simple));
    statements.len() - conditional.max(usize::from(value))
}
