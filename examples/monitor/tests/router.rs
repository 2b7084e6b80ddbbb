//! The router of axum in a process of its own making.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

#[allow(dead_code, reason = "other tests use the rest")]
mod service;

use axum::Router;
use mem_profile::monitor::{self, axum_router};
use mem_profile::trace;

use self::service::get;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Asks as many routers as there are paths, each of which has no earlier answer to give again.
fn ask(paths: &[&str]) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
    let routers = paths.iter().enumerate();
    let router = routers
        .fold(Router::new(), |router, (index, _)| router.nest(&format!("/{index}"), axum_router()));
    let port = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async { axum::serve(listener, router).await });
        port
    });
    for (index, path) in paths.iter().enumerate() {
        assert_eq!(get(port, &format!("/{index}{path}")).0, 200, "{path}");
    }
}

fn live() -> i64 {
    monitor::metrics().expect("figures").live.expect("it is counted").cast_signed()
}

#[test]
fn answers_of_the_router_leave_live_bytes_as_they_were() {
    trace::start(trace::Config::exact()).expect("it traces");
    // A sum below zero would be shown as zero.
    let kept = std::hint::black_box(vec![1_u8; 64 << 20]);
    for path in ["/metrics", "/debug/pprof/heap?symbolize=1", "/debug/pprof/heap?debug=1"] {
        let paths = [path; 20];
        // What is made once is made.
        (0..2).for_each(|_| ask(&paths));
        let before = live();
        ask(&paths);
        let change = live() - before;
        println!("{path}: {change:+} B");
        assert!(change.abs() < 100, "{path}: {change:+} B");
    }
    drop(kept);
}
