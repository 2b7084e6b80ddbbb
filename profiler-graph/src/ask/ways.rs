//! Ways from outside to blocks, equal ones folded.
//!
//! Ways are equal if they begin with the same word and lead through the same types. Where a type comes again, the
//! way goes on as if it had come for the first time: a list is one step, and a tree of two types two. So there are
//! no more steps than types, however long the ways are.

use std::collections::HashMap;

use crate::arrays::NONE;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::types::Kind;

/// All ways to some blocks.
pub(super) struct Ways<'a> {
    graph: &'a HeapGraph,
    pub(super) steps: Vec<Step>,
    /// By the step before, or the start, and the type.
    known: HashMap<(Before, Kind), u32>,
    pub(super) starts: Vec<Start>,
    known_starts: HashMap<Start, u32>,
    /// The step of each block that was looked at.
    step_of: Vec<u32>,
    /// How many blocks of one type follow each other up to each of these.
    run: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Before {
    Start(u32),
    Step(u32),
}

/// The word that a way begins with; `None` for what is lost.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Start {
    pub(super) class: Class,
    pub(super) holder: Option<String>,
}

/// A block on a way, for all that are equal to it.
pub(super) struct Step {
    pub(super) before: Before,
    pub(super) kind: Kind,
    /// The first block found there, and the block before it.
    pub(super) block: u32,
    pub(super) from: Option<u32>,
    /// How many blocks were found there.
    pub(super) blocks: u32,
    /// The longest row of blocks of this type.
    pub(super) times: u32,
    /// Whether its type comes again behind other types.
    pub(super) recurs: bool,
}

impl<'a> Ways<'a> {
    pub(super) fn new(graph: &'a HeapGraph) -> Self {
        let count = graph.image.block_count();
        Self {
            graph,
            steps: Vec::new(),
            known: HashMap::new(),
            starts: Vec::new(),
            known_starts: HashMap::new(),
            step_of: vec![NONE; count],
            run: vec![0; count],
        }
    }

    /// The last step of the way to a block.
    pub(super) fn step(&mut self, block: u32) -> u32 {
        let nearest = self.graph.nearest();
        let mut way = Vec::new();
        let mut current = block;
        while self.step_of[current as usize] == NONE {
            way.push(current);
            if nearest[current as usize] == current {
                break;
            }
            current = nearest[current as usize];
        }
        for &block in way.iter().rev() {
            let before = nearest[block as usize];
            let (step, run) =
                if before == block { self.first(block) } else { self.next(before, block) };
            (self.step_of[block as usize], self.run[block as usize]) = (step, run);
            let step = &mut self.steps[step as usize];
            step.times = run.max(step.times);
            step.blocks += 1;
        }
        self.step_of[block as usize]
    }

    fn first(&mut self, block: u32) -> (u32, u32) {
        let class = self.graph.class(block);
        let holder = self.graph.entries_of(block, class).first();
        let start = Start { class, holder: holder.map(|entry| self.graph.holder_name(entry)) };
        let next = self.starts.len() as u32;
        let number = *self.known_starts.entry(start.clone()).or_insert(next);
        if number == next {
            self.starts.push(start);
        }
        (self.add(Before::Start(number), None, block), 1)
    }

    fn next(&mut self, before: u32, block: u32) -> (u32, u32) {
        let kind = self.graph.kind(block);
        let last = self.step_of[before as usize];
        if self.steps[last as usize].kind == kind {
            return (last, self.run[before as usize] + 1);
        }
        let known = self.known.get(&(Before::Step(last), kind)).copied();
        let step = known.or_else(|| self.earlier(last, kind));
        (step.unwrap_or_else(|| self.add(Before::Step(last), Some(before), block)), 1)
    }

    /// The step of this type on the way to another one. From now on it is known.
    fn earlier(&mut self, last: u32, kind: Kind) -> Option<u32> {
        let mut current = last;
        while self.steps[current as usize].kind != kind {
            let Before::Step(before) = self.steps[current as usize].before else { return None };
            current = before;
        }
        self.steps[current as usize].recurs = true;
        self.known.insert((Before::Step(last), kind), current);
        Some(current)
    }

    fn add(&mut self, before: Before, from: Option<u32>, block: u32) -> u32 {
        let kind = self.graph.kind(block);
        let next = self.steps.len() as u32;
        let number = *self.known.entry((before, kind)).or_insert(next);
        if number == next {
            self.steps.push(Step { before, kind, block, from, blocks: 0, times: 0, recurs: false });
        }
        number
    }
}
