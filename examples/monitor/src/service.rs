//! A service whose `/login` keeps each session forever. Its monitor warns, and answers Prometheus and pprof.
//!
//! `service [PORT [MONITOR_PORT]]`; without a monitor if that port is `off`. Its flight recorder is in `target/flight`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use mem_profile::monitor::{self, Monitor};
use mem_profile::trace;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

static SESSIONS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

async fn login() -> String {
    let session = vec![7; 16 << 10]; // leaks
    let mut sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.push(session);
    format!("session {}\n", sessions.len())
}

async fn list() -> String {
    let items: Vec<String> = (0..100).map(|number| format!("{{\"item\": {number}}}")).collect();
    format!("[{}]\n", items.join(", "))
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = |index: usize, usual: u16| arguments.get(index).map_or(Ok(usual), |it| it.parse());
    let address = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let service = address(port(0, 3000).map_err(io::Error::other)?);
    if arguments.get(1).is_some_and(|it| it == "off") {
        return serve(service, Router::new());
    }
    trace::start(trace::Config::sampled(64 * 1024)).map_err(io::Error::other)?;
    let monitor = Monitor::builder()
        .interval(Duration::from_secs(5))
        .warn_above(200 << 20)
        .record_dir("target/flight")
        .listen(address(port(1, 9464).map_err(io::Error::other)?))
        .start()?;
    if let Some(address) = monitor.address() {
        println!("monitor http://{address}");
    }
    // The same answers on the service's own port, behind its own authentication, if it had any.
    serve(service, Router::new().nest("/internal", monitor::axum_router()))
}

fn serve(address: SocketAddr, router: Router) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = router.route("/login", get(login)).route("/list", get(list));
        let listener = tokio::net::TcpListener::bind(address).await?;
        println!("service http://{}", listener.local_addr()?);
        axum::serve(listener, router).await
    })
}
