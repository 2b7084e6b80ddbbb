//! A listener of its own, on one thread. Whoever connects cannot make it hold much: connections, their time and their
//! headers are limited, and no body is read.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::answers::{Answers, Source, busy};
use super::response::Response;
use super::route::{Request, route};
use super::token::Token;

/// Connections at one time. Further ones are closed at once.
const CONNECTIONS: usize = 32;
/// How long a client may take for its request.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// How long a connection may take, besides the time between two snapshots.
const CONNECTION_TIME: Duration = Duration::from_secs(15);
const HEADERS: usize = 32;
/// Bytes of a request's line and headers.
const REQUEST_BYTES: usize = 8 << 10;
/// How long it waits when the process has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens for requests for metrics and profiles.
#[derive(Debug)]
pub struct Listener<S> {
    socket: TcpListener,
    shared: Arc<Shared<S>>,
    stop: Stop,
}

/// Ends a listener.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Has the listener end, with all connections.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

#[derive(Debug)]
struct Shared<S> {
    answers: Answers<S>,
    token: Option<Token>,
}

impl<S: Source> Listener<S> {
    /// Takes the address. With a token, only requests that bear it are answered.
    ///
    /// # Errors
    /// The system's, such as when the port is taken.
    pub fn bind(address: SocketAddr, token: Option<Token>, source: S) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let shared = Shared { answers: Answers::new(source), token };
        Ok(Self { socket, shared: Arc::new(shared), stop: Stop::default() })
    }

    /// The address, with the port that the system has chosen if none was asked for.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The socket, until it runs.
    pub fn socket(&self) -> &TcpListener {
        &self.socket
    }

    /// Whether other machines may ask, and need no token.
    ///
    /// # Errors
    /// The system's.
    pub fn is_open(&self) -> io::Result<bool> {
        Ok(is_open(self.address()?, self.shared.token.as_ref()))
    }

    /// Ends it, from another thread.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers requests until it is stopped.
    ///
    /// # Errors
    /// The system's, when it cannot begin.
    pub fn run(self) -> io::Result<()> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_io().enable_time().build()?;
        runtime.block_on(async {
            let socket = tokio::net::TcpListener::from_std(self.socket)?;
            let accepting = tokio::spawn(accept(socket, self.shared));
            self.stop.0.notified().await;
            accepting.abort();
            Ok(())
        })
    }
}

fn is_open(address: SocketAddr, token: Option<&Token>) -> bool {
    token.is_none() && !address.ip().to_canonical().is_loopback()
}

async fn accept<S: Source>(socket: tokio::net::TcpListener, shared: Arc<Shared<S>>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        if let Ok(permit) = Arc::clone(&connections).try_acquire_owned() {
            tokio::spawn(connection(stream, Arc::clone(&shared), permit));
        }
    }
}

/// One request and its response.
async fn connection<S: Source>(
    stream: TcpStream,
    shared: Arc<Shared<S>>,
    _permit: OwnedSemaphorePermit,
) {
    let longer = Arc::new(AtomicU64::new(0));
    let service = service_fn(|request| {
        let (shared, longer) = (Arc::clone(&shared), Arc::clone(&longer));
        async move { Ok::<_, Infallible>(into_hyper(respond(&request, &shared, &longer).await)) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME)
        .max_headers(HEADERS)
        .max_buf_size(REQUEST_BYTES)
        .keep_alive(false);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    // What a client does wrong concerns nobody.
    if timeout(CONNECTION_TIME, serving.as_mut()).await.is_err() {
        let longer = Duration::from_secs(longer.load(Relaxed));
        let _ = timeout(longer, serving).await;
    }
}

async fn respond<S: Source>(
    request: &hyper::Request<Incoming>,
    shared: &Shared<S>,
    longer: &AtomicU64,
) -> Response {
    if !has_host(request) {
        return Response::error(400, "the header host is needed, once");
    }
    let header = |name| single(request.headers(), name);
    let request = Request {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query(),
        accept: header(ACCEPT).and_then(|value| value.to_str().ok()),
        authorization: header(AUTHORIZATION).map(|value| value.as_bytes()),
    };
    let wanted = match route(&request, shared.token.as_ref()) {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    let Some(seconds) = wanted.seconds() else { return shared.answers.answer(wanted) };
    let Some(_turn) = shared.answers.take_turn() else { return busy() };
    let older = match shared.answers.begin() {
        Ok(older) => older,
        Err(response) => return response,
    };
    longer.store(seconds.as_secs(), Relaxed);
    sleep(seconds).await;
    shared.answers.end(&older, wanted)
}

/// HTTP/1.1 has the header once. Older clients may leave it out.
fn has_host(request: &hyper::Request<Incoming>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        count => count == 1,
    }
}

/// The header, unless it is there twice: which of both others have looked at is not known.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())
}

fn into_hyper(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut out = hyper::Response::new(Full::new(Bytes::from(response.body)));
    // Each that is made here is valid.
    *out.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
    for (name, value) in response.headers {
        let name = HeaderName::from_static(name);
        out.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_others_reach_are_open_without_a_token() {
        let secret = Token::new("secret");
        let is_open = |address: &str, token| is_open(address.parse().unwrap(), token);
        for address in
            ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[2001:db8::1]:1", "[::ffff:10.0.0.1]:1"]
        {
            assert!(is_open(address, None), "{address}");
            assert!(!is_open(address, secret.as_ref()), "{address}");
        }
        for address in ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(!is_open(address, None), "{address}");
        }
    }
}
