//! Says on standard error what a long step is doing: on one line that changes at a terminal, and on few lines
//! elsewhere, so that logs stay short.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::ProgressBar;

use crate::output;

/// A step takes at least this long before anything is said of it.
const PATIENCE: Duration = Duration::from_millis(800);
/// Time between two lines where they stay.
const PAUSE: Duration = Duration::from_secs(10);
/// Time between two pictures at a terminal.
const TICK: Duration = Duration::from_millis(100);

/// A step that is under way, until it is dropped.
pub(crate) struct Progress {
    message: Arc<Mutex<String>>,
    /// Dropped to end the thread.
    running: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins a step; says nothing of it if `is_quiet`.
    pub(crate) fn begin(message: &str, is_quiet: bool) -> Self {
        let message = Arc::new(Mutex::new(message.to_owned()));
        let (running, ended) = mpsc::channel();
        let shown = Arc::clone(&message);
        let thread = (!is_quiet).then(|| {
            thread::spawn(move || {
                let is_over = |pause| ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout);
                if !is_over(PATIENCE) {
                    show(&shown, is_over);
                }
            })
        });
        Self { message, running: Some(running), thread }
    }

    /// Says from now on that the step is at this.
    pub(crate) fn set(&self, message: String) {
        *self.message.lock().unwrap_or_else(PoisonError::into_inner) = message;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.running.take());
        // Joined, so that nothing is drawn after this.
        self.thread.take().map(JoinHandle::join);
    }
}

fn show(message: &Mutex<String>, is_over: impl Fn(Duration) -> bool) {
    let now = || message.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let bar = ProgressBar::new_spinner();
    if bar.is_hidden() {
        return write_lines(now, is_over, |line| output::status("note", line));
    }
    while !is_over(TICK) {
        bar.set_message(now());
        bar.tick();
    }
    bar.finish_and_clear();
}

/// One line at a time, where it says something new.
fn write_lines(now: impl Fn() -> String, is_over: impl Fn(Duration) -> bool, write: impl Fn(&str)) {
    let mut last = String::new();
    loop {
        let line = now();
        if line != last {
            write(&line);
        }
        last = line;
        if is_over(PAUSE) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[test]
    fn a_step_that_goes_on_is_not_said_twice() {
        let (turn, lines) = (Cell::new(0), RefCell::new(Vec::new()));
        let now = || if turn.get() < 5 { "building" } else { "building: 4 of 22" }.to_owned();
        let is_over = |_| turn.replace(turn.get() + 1) == 8;
        write_lines(now, is_over, |line| lines.borrow_mut().push(line.to_owned()));
        assert_eq!(*lines.borrow(), ["building", "building: 4 of 22"]);
    }
}
