//! The hot half: what runs inside a probe or inside the allocator.
//!
//! Rules of this folder, each of them an absence: nothing here allocates through the global
//! allocator, takes a lock, panics, formats, or imports anything but `core`, `std` and
//! [`crate::process`]. Everything works before `main`, during the destruction of thread-locals,
//! after `fork`, and in `atexit` handlers.
//!
//! | file | what it holds |
//! |---|---|
//! | `word` | a counter with one writer and many readers |
//! | `row` | the counters of one source line, and the chunk of them that a thread owns per function |
//! | `ledger` | what a thread knows about memory: live bytes, peaks, the line that is current |
//! | `counting` | what the allocator does to a ledger |
//! | `booking` | what line events do to a ledger |
//! | `switch` | what frames do to it: one is set aside while another runs |
//! | `busy` | what a signal handler must not come upon half-done |
//! | `books` | the ledgers of one thread |
//! | `arena` | the memory, or the file, that all of these lie in |
//! | `program` | what a recording says of its process |
//! | `layout` | what lies where in it |
//! | `fork` | a forked child leaves its parent's file alone |
//! | `thread` | a record per thread, reused when threads end |
//! | `directory` | which rows are those of a function on it |
//! | `current` | which one is that of the thread, for what is compiled in this library |
//! | `claim` | a flag that one thread at a time holds |
//! | `list` | the insert-only list that tables and threads are kept in |
//! | `noting` | while a budget runs, the blocks that its thread allocates are noted |
//! | `live_blocks` | where they are noted |
//! | `watermark` | how high the memory of the process has come while somebody asks |
//! | `measure` | what happens between two moments, for budgets |
//! | `table` | one static per annotated function |
//! | `function` | what the macro knows of it |
//! | `stack` | what frames set aside while another runs |
//! | `timeline` | memory over time: whether it is recorded, and its readings |
//! | `span` | where calls and named blocks of a timeline are kept |
//! | `track` | which of them are open on a thread |
//! | `named` | what the guard of a named block shares with where it began |
//! | `frame` | one execution of a function or closure |
//! | `foreign` | frames on stacks that are not their thread's own |
//! | `place` | line events and the guards of blocks |
//! | `body` | the same in an async body |
//! | `task` | one execution of an async body, poll by poll |
//! | `alloc` | the counting allocator |
//! | `alloc_noted` | what it does otherwise while blocks are noted |
//! | `nested` | whether an allocator that it wraps counted by itself |
//! | `sync` | the atomics that a model checker replaces |
//! | `quiet` | our own allocations do not count |
//! | `watch` | who is told of every block, if anybody |
//! | `pages` | where that one has blocks, if it knows few |

// First, for its macro.
#[macro_use]
pub(crate) mod word;

pub(crate) mod alloc;
mod alloc_noted;
pub(crate) mod arena;
pub(crate) mod body;
pub(crate) mod booking;
pub(crate) mod books;
pub(crate) mod borrowed;
pub(crate) mod busy;
pub(crate) mod claim;
pub(crate) mod counting;
mod current;
mod directory;
mod foreign;
pub(crate) mod fork;
pub(crate) mod frame;
pub(crate) mod function;
pub(crate) mod layout;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod live_blocks;
pub(crate) mod measure;
pub(crate) mod named;
pub(crate) mod nested;
pub(crate) mod noting;
#[cfg(feature = "trace")]
pub(crate) mod pages;
pub(crate) mod place;
pub(crate) mod program;
pub(crate) mod quiet;
pub(crate) mod row;
pub(crate) mod span;
pub(crate) mod stack;
pub(crate) mod switch;
pub(crate) mod sync;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod thread;
pub(crate) mod timeline;
pub(crate) mod track;
pub(crate) mod watch;
pub(crate) mod watermark;
