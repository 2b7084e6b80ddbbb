//! What emitted code calls on a frame: written once, for bodies that stay on their thread and for those
//! that do not.
//!
//! A macro and no trait: emitted code names no trait, and each function is a concrete one, so that a
//! debug build has nothing to instantiate in the user's crate. They are inlined in release and out of
//! line in debug, where inlining would compile them, unoptimised, into the user's crate. They are
//! `extern "C"` because such a function never unwinds, and a call that never unwinds needs no landing
//! pad: half of what a debug build would spend on an event.

/// The events of `$frame`, whose lines are recorded at `$place` of the type `$Place`, and the guards
/// `$Scope` and `$End`. A place has `start_line`, `resume_line`, `pass_line`, `count_iteration`, and
/// says how its blocks are being left.
macro_rules! events {
    ($frame:ty, $self:ident => $place:expr, $Place:ty, $Leaving:ty, $Scope:ident, $End:ident) => {
        /// What emitted code calls.
        impl $frame {
            /// The line of `row` starts now.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn line(&$self, row: usize) {
                $place.start_line(row);
            }

            /// One more occurrence of the header of a loop, which is current.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn iteration(&$self, row: usize) {
                $place.count_iteration(row);
            }

            /// The line of `row` goes on, after a nested block that had no need of a guard.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn resume(&$self, row: usize) {
                $place.resume_line(row);
            }

            /// The line of `row` runs within the line of `outer`, and has no memory effect.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            pub extern "C" fn pass(&$self, outer: usize, row: usize) {
                $place.pass_line(outer, row);
            }

            /// A guard for a nested block inside the line of `row`.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn scope(&$self, row: usize) -> $Scope {
                $Scope { place: $place, row, done: false, begun: <$Place>::leaving() }
            }

            /// The same, and the line of `first` starts, the first one of the block.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn scope_line(&$self, row: usize, first: usize) -> $Scope {
                let scope = $Scope { place: $place, row, done: false, begun: <$Place>::leaving() };
                $self.line(first);
                scope
            }

            /// A guard that starts the line of `row`, a closing brace, before the locals declared
            /// ahead of it are dropped.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn end(&$self, row: usize) -> $End {
                $End { place: $place, row, begun: <$Place>::leaving() }
            }

            /// The same, and the line of `value` starts, the value of the block.
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            #[must_use]
            pub extern "C" fn end_line(&$self, row: usize, value: usize) -> $End {
                let end = $End { place: $place, row, begun: <$Place>::leaving() };
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
            place: $Place,
            row: usize,
            /// Whether the block is being left for the enclosing line.
            pub done: bool,
            /// What was under way when the block began, as a panic in a destructor, is not leaving it.
            begun: $Leaving,
        }

        impl Drop for $Scope {
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            fn drop(&mut self) {
                if self.done && <$Place>::leaving() == self.begun {
                    self.place.resume_line(self.row);
                }
            }
        }

        /// Guard that is dropped before the locals of its block: the closing brace's line starts.
        #[derive(Debug)]
        #[repr(C)]
        pub struct $End {
            place: $Place,
            row: usize,
            /// As in the guard of a nested block.
            begun: $Leaving,
        }

        impl Drop for $End {
            #[cfg_attr(debug_assertions, inline(never))]
            #[cfg_attr(not(debug_assertions), inline)]
            fn drop(&mut self) {
                if <$Place>::leaving() == self.begun {
                    self.place.start_line(self.row);
                }
            }
        }
    };
}

pub(super) use events;
