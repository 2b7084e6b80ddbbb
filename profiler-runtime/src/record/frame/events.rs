//! The events that emitted code calls on a frame, written once for bodies that stay on their thread and
//! for those that do not.
//!
//! A macro and not a trait: emitted code names no trait, and the functions are concrete, so a debug build
//! instantiates nothing in the user's crate.
//!
//! PERF: inlined in release, out of line in debug, where inlining would compile them, unoptimised, into
//! the user's crate. `extern "C"`, since such a function never unwinds and its call needs no landing pad:
//! half of what a debug build spends on an event. A guard and the event behind it are one call, half the
//! statements and blocks of an end. Both, with tables as literals: 3.30 → 2.79 million instructions of
//! rustc for a function of three lines, debug (callgrind).

/// The events of `$frame`, whose lines are recorded by `$handle` of the type `$Handle`, and the guards
/// `$Scope` and `$End`. A handle has `start_line`, `resume_line`, `pass_line`, `count_iteration`, says how its
/// blocks are being left, and has `start_unless_left` and `resume_unless_left` for their ends.
macro_rules! events {
    ($frame:ty, $self:ident => $handle:expr, $Handle:ty, $Leaving:ty, $Scope:ident, $End:ident) => {
        /// The methods that emitted code calls.
        impl $frame {
            /// The line of `row` starts now.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn line(&$self, row: usize) {
                $handle.start_line(row);
            }

            /// One more occurrence of the header of a loop, which is current.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn iteration(&$self, row: usize) {
                $handle.count_iteration(row);
            }

            /// The line of `row` goes on, after a nested block that had no need of a guard.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn resume(&$self, row: usize) {
                $handle.resume_line(row);
            }

            /// The line of `row` runs within the line of `outer`, and has no memory effect.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn pass(&$self, outer: usize, row: usize) {
                $handle.pass_line(outer, row);
            }

            /// A guard for a nested block inside the line of `row`.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn scope(&$self, row: usize) -> $Scope {
                $Scope { handle: $handle, row, done: false, begun: $handle.leaving() }
            }

            /// The same, and the line of `first` starts, the first one of the block.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn scope_line(&$self, row: usize, first: usize) -> $Scope {
                let scope = $Scope { handle: $handle, row, done: false, begun: $handle.leaving() };
                $self.line(first);
                scope
            }

            /// A guard that starts the line of `row`, a closing brace, before the locals declared
            /// ahead of it are dropped.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn end(&$self, row: usize) -> $End {
                $End { handle: $handle, row, begun: $handle.leaving() }
            }

            /// The same, and the line of `value` starts, the value of the block.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn end_line(&$self, row: usize, value: usize) -> $End {
                let end = $End { handle: $handle, row, begun: $handle.leaving() };
                $self.line(value);
                end
            }
        }

        /// Guard of a nested block. Where the block was left normally, by `break` or by `continue`, the
        /// enclosing line becomes current again when the guard is dropped. Where it was left by
        /// `return`, `?`, a panic or a cancellation, the line that left stays current, so that what
        /// the outer locals free on the way out is recorded there.
        #[derive(Debug)]
        #[repr(C)]
        pub struct $Scope {
            handle: $Handle,
            row: usize,
            /// Whether the block is being left for the enclosing line.
            pub done: bool,
            /// A panic that was under way when the block began, as in a destructor, does not leave the block.
            begun: $Leaving,
        }

        // PERF: the drops of guards are always inlined, and what they do is out of line: otherwise a path that
        // unwinds keeps the guard in memory. Nor is a panic looked for where nothing is measured. With
        // `MEM_PROFILE=off`, pulldown-cmark takes 275 ← 402 million instructions (callgrind).
        impl Drop for $Scope {
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn drop(&mut self) {
                if self.done {
                    self.handle.resume_unless_left(self.row, self.begun);
                }
            }
        }

        /// Guard that is dropped before the locals of its block: the closing brace's line starts.
        #[derive(Debug)]
        #[repr(C)]
        pub struct $End {
            handle: $Handle,
            row: usize,
            /// As in the guard of a nested block.
            begun: $Leaving,
        }

        impl Drop for $End {
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn drop(&mut self) {
                self.handle.start_unless_left(self.row, self.begun);
            }
        }
    };
}

pub(super) use events;
