//! `break` and `continue` leave blocks normally, so the guards of those blocks must be told.

use syn::{Expr, Label};

/// How many guards a jump tells that they are left: the innermost and the outermost. More would make
/// the code grow with the square of the depth. A guard that misses a jump leaves its block's last frees
/// on the row of the jump.
const MOST: usize = 16;

/// The guards and the jump targets around the place where the walk stands.
#[derive(Default)]
pub(super) struct Jumps {
    /// How many guards are alive; the innermost has this depth.
    depth: usize,
    /// For each guard that is alive: whether a jump has left it.
    left: Vec<bool>,
    targets: Vec<Target>,
}

struct Target {
    label: Option<String>,
    is_loop: bool,
    /// How many guards are alive outside of it.
    outside: usize,
}

impl Jumps {
    /// Opens a guard and returns its depth.
    pub(super) fn open(&mut self) -> usize {
        self.depth += 1;
        self.left.push(false);
        self.depth
    }

    /// Whether a jump has left the guard of this depth.
    pub(super) fn is_left(&self, depth: usize) -> bool {
        self.left.get(depth - 1) == Some(&true)
    }

    /// How many guards are alive.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Closes all guards but the outermost `depth`.
    pub(super) fn close_to(&mut self, depth: usize) {
        self.depth = depth;
        self.left.truncate(depth);
    }

    pub(super) fn enter_loop(&mut self, label: Option<&Label>) {
        self.enter(label, true);
    }

    pub(super) fn enter_block(&mut self, label: &Label) {
        self.enter(Some(label), false);
    }

    fn enter(&mut self, label: Option<&Label>, is_loop: bool) {
        let label = label.map(|label| label.name.ident.to_string());
        self.targets.push(Target { label, is_loop, outside: self.depth });
    }

    pub(super) fn leave_target(&mut self) {
        self.targets.pop();
    }

    /// The depths of the guards that a `break` or `continue` leaves, innermost first.
    pub(super) fn left_by(&mut self, jump: &Expr) -> Vec<usize> {
        let label = match jump {
            Expr::Break(jump) => &jump.label,
            Expr::Continue(jump) => &jump.label,
            _ => return Vec::new(),
        };
        let label = label.as_ref().map(|label| label.ident.to_string());
        let target = self.targets.iter().rev().find(|target| target.is_meant(label.as_deref()));
        let outside = target.map_or(self.depth, |target| target.outside);
        let inner = (outside + 2..=self.depth).rev().take(MOST - 1);
        let left = Vec::from_iter(inner.chain((outside < self.depth).then_some(outside + 1)));
        left.iter().for_each(|depth| self.left[depth - 1] = true);
        left
    }
}

impl Target {
    fn is_meant(&self, label: Option<&str>) -> bool {
        if label.is_some() { self.label.as_deref() == label } else { self.is_loop }
    }
}
