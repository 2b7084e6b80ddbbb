//! Catches the panic of a budget without printing it, and pauses in a task.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};

thread_local! {
    static EXPECTS_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// The message of the panic, if there is one. It is not printed: the test harness would keep the text in
/// memory.
pub fn panic_message<R>(call: impl FnOnce() -> R) -> Option<String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = take_hook();
        set_hook(Box::new(move |info| {
            if !EXPECTS_PANIC.get() {
                hook(info)
            }
        }));
    });
    EXPECTS_PANIC.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    EXPECTS_PANIC.set(false);
    let panic = result.err()?;
    Some(*panic.downcast::<String>().expect("a panic with a message of its own"))
}

/// A future that is pending once.
#[derive(Debug, Default)]
pub struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
