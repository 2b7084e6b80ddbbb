//! The thread that answers requests.

use std::ffi::CStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use mem_profile_runtime::internal::{self, OwnSocket, Quiet, Thread, Work};

use crate::http::{Listener, Stop, Token};
use crate::monitor::own::OwnProcess;
use crate::monitor::sink;

/// A listener on a thread of its own, whose memory is not counted.
#[derive(Debug)]
pub(super) struct Listening {
    answering: Arc<Answering>,
    stop: Stop,
    thread: Thread,
}

impl Listening {
    /// Listens. A failure is said, and nothing else comes of it.
    pub(super) fn start(address: SocketAddr, token: Option<String>) -> Option<Self> {
        match Self::try_start(address, token) {
            Ok(listening) => Some(listening),
            Err(error) => {
                say(address, &error);
                None
            }
        }
    }

    fn try_start(address: SocketAddr, token: Option<String>) -> io::Result<Self> {
        let no_token = || io::Error::other("the token has characters that no header may have");
        let token = token.map(|text| Token::new(&text).ok_or_else(no_token)).transpose()?;
        let listener = Listener::bind(address, token, OwnProcess::new())?;
        let (address, stop) = (listener.address()?, listener.stop());
        let is_open = listener.is_open()?;
        let own = OwnSocket::new(listener.socket());
        let answering = Arc::new(Answering { address, own, listener: Mutex::new(Some(listener)) });
        let thread = internal::spawn(Arc::clone(&answering));
        let thread = thread.ok_or_else(|| io::Error::other("the system has no thread left"))?;
        if is_open && !IS_SAID.swap(true, Relaxed) {
            sink::warn(&format!(
                "the monitor answers everybody who reaches {address}: set a token"
            ));
        }
        Ok(Self { answering, stop, thread })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.answering.address
    }

    /// Ends it, and waits for that.
    pub(super) fn stop(self) {
        self.answering.own.release();
        self.stop.stop();
        self.thread.join();
    }
}

/// Whether it is said that the listener is open. One of the environment may have been before that of the program.
static IS_SAID: AtomicBool = AtomicBool::new(false);

/// Once for each reason: the monitor of the environment may have failed before that of the program.
fn say(address: SocketAddr, error: &io::Error) {
    static SAID: AtomicU64 = AtomicU64::new(0);
    let text = format!("the monitor does not listen on {address}: {error}");
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    if SAID.swap(hasher.finish(), Relaxed) != hasher.finish() {
        sink::warn(&text);
    }
}

#[derive(Debug)]
struct Answering {
    address: SocketAddr,
    /// A forked child has the socket, but not the thread.
    own: OwnSocket,
    /// Until the thread takes it.
    listener: Mutex<Option<Listener<OwnProcess>>>,
}

impl Work for Answering {
    const NAME: &'static CStr = c"mem-monitor-web";

    fn run(self: Arc<Self>) {
        let _quiet = Quiet::enter();
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let run = || listener.map_or(Ok(()), Listener::run);
        let ended = catch_unwind(AssertUnwindSafe(run));
        self.own.release();
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => say(self.address, &error),
            Err(_) => say(self.address, &io::Error::other("it has panicked")),
        }
        drop(self);
    }
}
