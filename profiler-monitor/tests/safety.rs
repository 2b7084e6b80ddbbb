//! The listener under clients that mean no good: it answers others meanwhile, lets go of each in bounded time, and
//! holds no more memory than its limits allow. All on the loopback device.
#![cfg(all(feature = "http", feature = "process", target_os = "linux"))]
#![allow(missing_docs)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use mem_profile_monitor::Metrics;
use mem_profile_monitor::http::{Heap, Listener, ProfileKind, Source, Stop, Token};
use mem_profile_runtime::internal::live_bytes;

/// Counts what the listener holds.
#[global_allocator]
static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();

struct Figures;
struct Large;

impl Source for Figures {
    type Heap = Large;

    fn metrics(&self) -> Result<Metrics, String> {
        Ok(Metrics::default())
    }

    fn heap(&self) -> Result<Large, String> {
        Ok(Large)
    }
}

impl Heap for Large {
    fn pprof(&self, _since: Option<&Self>, _kind: ProfileKind, _has_names: bool) -> Vec<u8> {
        b"profile".to_vec()
    }

    /// More than a socket takes without a reader.
    fn text(&self, _since: Option<&Self>) -> String {
        "x".repeat(16 << 20)
    }
}

/// A listener that ends with its test. One test at a time has one, since memory is that of all.
struct Server {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    _alone: MutexGuard<'static, ()>,
}

impl Server {
    fn start(token: Option<&str>) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let token = token.map(|token| Token::new(token).unwrap());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, token, Figures).unwrap();
        let (address, stop) = (listener.address().unwrap(), listener.stop());
        let thread = Some(spawn(|| listener.run().unwrap()));
        let server = Self { address, stop, thread, _alone: alone };
        // So that all that is made once is there.
        (0..10).for_each(|_| _ = server.get("/metrics"));
        server
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// The response to some bytes, up to its end.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // It may close the connection before it has read everything.
        let _ = stream.write_all(bytes);
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        String::from_utf8_lossy(&response).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
    }

    fn status(&self, bytes: &[u8]) -> u16 {
        let response = self.send(bytes);
        response.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// Whether a client that means well is answered at once.
    fn check(&self) {
        let begin = Instant::now();
        let response = self.get("/metrics");
        assert!(response.contains("\nprocess_resident_memory_bytes 0\n"), "{response}");
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }

    /// Waits until memory is as before, and says by how much it is more after a time.
    fn growth_since(&self, before: u64, within: Duration) -> u64 {
        let begin = Instant::now();
        loop {
            let growth = live_bytes().saturating_sub(before);
            if growth == 0 || begin.elapsed() > within {
                return growth;
            }
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// How long until the other side closes.
fn closed_after(mut stream: TcpStream) -> Duration {
    let begin = Instant::now();
    let _ = stream.read_to_end(&mut Vec::new());
    begin.elapsed()
}

/// Threads of the listener: those that bear the name of the thread that started it.
fn threads() -> usize {
    let own = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| *name == own).count()
}

/// What is kept after a burst: the buffers of the runtime. It does not grow with the burst.
const KEPT: u64 = 64 << 10;

#[test]
fn slow_clients_and_half_requests_are_let_go_and_others_answered() {
    let server = Server::start(None);
    let half = server.connect();
    (&half).write_all(b"GET /metrics HTTP/1.1\r\nhost: ").unwrap();
    let silent = server.connect();
    let slow = server.connect();
    let mut drip = slow.try_clone().unwrap();
    let dripping = spawn(move || {
        let begin = Instant::now();
        for byte in b"GET /metrics HTTP/1.1\r\n".iter().chain([b'x'].iter().cycle()).take(300) {
            if drip.write_all(&[*byte]).is_err() {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        begin.elapsed()
    });
    server.check();
    let waiting: Vec<_> =
        [half, silent, slow].into_iter().map(|it| spawn(|| closed_after(it))).collect();
    for waiting in waiting {
        let took = waiting.join().unwrap();
        assert!(took > Duration::from_secs(4) && took < Duration::from_secs(8), "{took:?}");
    }
    assert!(dripping.join().unwrap() < Duration::from_secs(10));
    server.check();
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let server = Server::start(None);
    let before = live_bytes();
    let stuck = server.connect();
    (&stuck).write_all(b"GET /debug/pprof/heap?debug=1 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    sleep(Duration::from_millis(500));
    assert!(live_bytes() - before > 8 << 20, "the response waits");
    server.check();
    // What is kept of the response for one second goes with the next answer.
    sleep(Duration::from_secs(1));
    server.check();
    let mut growth = u64::MAX;
    let begin = Instant::now();
    while growth > KEPT && begin.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(200));
        growth = live_bytes().saturating_sub(before);
    }
    assert!(growth <= KEPT, "{growth} bytes are held");
    drop(stuck);
}

#[test]
fn a_thousand_connections_take_bounded_memory_and_time() {
    let server = Server::start(None);
    let (before, threads_before) = (live_bytes(), threads());
    let all: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    sleep(Duration::from_millis(500));
    let held = live_bytes().saturating_sub(before);
    // 32 connections with a buffer each; the rest is the list of this test.
    assert!(held < 1 << 20, "{held} bytes");
    assert_eq!(threads(), threads_before, "no connection has a thread");
    let begin = Instant::now();
    // While all places are taken nobody else is answered, but not for long.
    while !server.get("/metrics").starts_with("HTTP/1.1 200 ") {
        assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
        sleep(Duration::from_millis(100));
    }
    drop(all);
    let growth = server.growth_since(before, Duration::from_secs(8));
    assert!(growth <= KEPT, "{growth} bytes are kept");
    server.check();
}

#[test]
fn garbage_is_refused_and_walks_find_nothing() {
    let server = Server::start(None);
    let before = live_bytes();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length * 7)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random as u8
            })
            .chain(*b"\r\n\r\n")
            .collect();
        assert!(matches!(server.status(&bytes), 0 | 400), "{bytes:?}");
    }
    for number in 0..1000 {
        let path = format!("/{}{number}", "../".repeat(number % 50));
        let response = server.get(&path);
        assert!(response.starts_with("HTTP/1.1 404 "), "{path}: {response}");
        assert!(!response.contains(&path), "nothing that was sent comes back");
    }
    let growth = server.growth_since(before, Duration::from_secs(8));
    assert!(growth <= KEPT, "{growth} bytes are kept");
    server.check();
}

#[test]
fn a_request_is_small_and_has_no_body() {
    let server = Server::start(None);
    let request =
        |more: &str| format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{more}\r\n").into_bytes();
    let many: String = (0..100).map(|number| format!("h{number}: x\r\n")).collect();
    assert_eq!(server.status(&request(&many)), 431);
    assert_eq!(server.status(&request(&format!("h: {}\r\n", "x".repeat(100_000)))), 431);
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000));
    assert!(matches!(server.status(long.as_bytes()), 414 | 431));
    assert_eq!(server.status(&request("content-length: 99999999999\r\n")), 200);
    assert_eq!(server.status(&request("content-length: 1\r\ncontent-length: 2\r\n")), 400);
    assert_eq!(
        server.status(b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nxxxx"),
        405
    );
    assert_eq!(server.status(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0);
    server.check();
}

#[test]
fn a_connection_is_for_one_request_of_either_version_of_http() {
    let server = Server::start(None);
    let old = server.send(b"GET /metrics HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200 ") && old.contains("process_resident"), "{old}");
    let head = server.send(b"HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: ") && !head.contains("\r\ncontent-length: 0"));
    let before = live_bytes();
    let many = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n".repeat(10_000);
    let answers = server.send(many.as_bytes());
    // The rest may be lost with the reset that follows unread bytes.
    assert!(answers.matches("HTTP/1.1 ").count() <= 1, "{answers}");
    drop((many, answers));
    let growth = server.growth_since(before, Duration::from_secs(8));
    assert!(growth <= KEPT, "{growth} bytes are kept");
    server.check();
}

#[test]
fn a_host_is_named_once_but_by_old_clients() {
    let server = Server::start(None);
    let status = |version: &str, hosts: &str| {
        server.status(format!("GET /metrics HTTP/{version}\r\n{hosts}\r\n").as_bytes())
    };
    assert_eq!(status("1.1", ""), 400);
    assert_eq!(status("1.1", "host: x\r\nhost: y\r\n"), 400);
    assert_eq!(status("1.0", "host: x\r\nhost: y\r\n"), 400);
    assert_eq!(status("1.1", "host: x\r\n"), 200);
    assert_eq!(status("1.0", ""), 200);
}

#[test]
fn two_snapshots_are_for_one_request_at_a_time() {
    let server = Server::start(None);
    let mut first = server.connect();
    let begin = Instant::now();
    first.write_all(b"GET /debug/pprof/heap?seconds=2 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    sleep(Duration::from_millis(200));
    for _ in 0..3 {
        let refused = server.get("/debug/pprof/allocs?seconds=1");
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 10"));
    }
    server.check();
    let mut response = Vec::new();
    first.read_to_end(&mut response).unwrap();
    assert!(response.starts_with(b"HTTP/1.1 200 OK"));
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(server.get("/debug/pprof/heap?seconds=1").starts_with("HTTP/1.1 200 "));
}

#[test]
fn nothing_is_said_without_the_token() {
    let server = Server::start(Some("secret"));
    let ask = |more: &str| {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: x\r\n{more}\r\n");
        server.send(request.as_bytes())
    };
    assert!(ask("authorization: Bearer secret\r\n").starts_with("HTTP/1.1 200 "));
    for wrong in [
        "",
        "authorization: Bearer secreT\r\n",
        "authorization: Basic secret\r\n",
        "authorization: Bearer secret\r\nauthorization: Bearer other\r\n",
    ] {
        let response = ask(wrong);
        assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
        assert!(response.contains("www-authenticate: Bearer") && !response.contains("process_"));
    }
}
