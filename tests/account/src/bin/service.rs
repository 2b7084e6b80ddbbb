//! A service whose clients come and go: it keeps requests while their client is there, and a small block of each 20th
//! for good. The clients are a process of their own.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::io::{BufWriter, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use accounted::{check_sums, kept_free::resident, trim};
use mem_profile::account::{self, Advice, ClassKind};
use mem_profile::mem_profile;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{self, TcpListener};
use tokio::runtime::Builder;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const THREADS: usize = 8;
const CLIENTS: usize = 48;
const REQUESTS: usize = 20_000;
/// One request in so many is remembered.
const REMEMBERED: usize = 40;

/// What the service remembers of its clients.
enum Sessions {
    Scattered(Vec<Box<[u8]>>),
    /// As the advice has it.
    Gathered(Vec<u8>),
}

/// Of the line that allocates what stays.
const REMEMBERS: u32 = line!() + 6;

impl Sessions {
    #[mem_profile]
    fn remember(&mut self, request: &[u8]) {
        match self {
            Self::Scattered(blocks) => blocks.push(request[..request.len().min(64)].into()),
            Self::Gathered(block) => block.extend(&request[..request.len().min(64)]),
        }
    }
}

/// The requests of a client.
struct Requests {
    all: Vec<Box<[u8]>>,
    sessions: Arc<Mutex<Sessions>>,
}

impl Requests {
    fn new(sessions: Arc<Mutex<Sessions>>) -> Self {
        Self { all: Vec::with_capacity(REQUESTS), sessions }
    }

    fn push(&mut self, request: &[u8]) {
        if self.all.len().is_multiple_of(REMEMBERED) {
            self.sessions.lock().expect("a lock").remember(request);
        }
        self.all.push(request.into());
    }
}

/// On whichever thread polls.
async fn serve(client: net::TcpStream, sessions: Arc<Mutex<Sessions>>) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut requests = Requests::new(sessions);
    let mut line = Vec::new();
    while client.read_until(b'\n', &mut line).await? > 1 {
        requests.push(&line);
        line.clear();
    }
    client.write_all(b"done").await
}

/// On a thread for work that blocks: each time, it is the one that has waited longest.
async fn serve_blocking(
    client: net::TcpStream,
    sessions: Arc<Mutex<Sessions>>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut text = Vec::new();
    while client.read_until(b'\n', &mut text).await? > 1 {}
    let work = move || {
        let mut requests = Requests::new(sessions);
        text.split(|&byte| byte == b'\n').for_each(|line| requests.push(line));
    };
    tokio::task::spawn_blocking(work).await?;
    client.write_all(b"done").await
}

/// Serves all clients, and waits until they have gone.
async fn service(sessions: Arc<Mutex<Sessions>>, is_in_turn: bool) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut clients = Command::new(std::env::current_exe()?);
    let clients = clients.arg(listener.local_addr()?.to_string());
    let mut clients = if is_in_turn { clients.arg("in_turn") } else { clients }.spawn()?;
    let mut served = Vec::new();
    for _ in 0..CLIENTS {
        let (client, _) = listener.accept().await?;
        served.push(match is_in_turn {
            true => tokio::spawn(serve_blocking(client, sessions.clone())),
            false => tokio::spawn(serve(client, sessions.clone())),
        });
    }
    for task in served {
        task.await??;
    }
    assert!(clients.wait()?.success());
    Ok(())
}

/// One group of clients after the other. In turn, there is one in each group but the first, which is soon gone.
fn clients(service: SocketAddr, is_in_turn: bool) {
    if !is_in_turn {
        return (0..CLIENTS / THREADS).for_each(|_| group(service, THREADS, REQUESTS));
    }
    group(service, THREADS, 1);
    (THREADS..CLIENTS).for_each(|_| group(service, 1, REQUESTS));
}

fn group(service: SocketAddr, clients: usize, requests: usize) {
    let connect = |_| BufWriter::new(TcpStream::connect(service).expect("it is there"));
    let mut streams: Vec<_> = (0..clients).map(connect).collect();
    let mut state = 1_u64;
    for _ in 0..requests {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let length = 16 + (state >> 33) as usize % 514;
        for stream in &mut streams {
            stream.write_all(&[b'x'; 529][..length]).expect("it reads");
            stream.write_all(b"\n").expect("it reads");
        }
    }
    for stream in &mut streams {
        stream.write_all(b"\n").expect("it reads");
        stream.flush().expect("it reads");
    }
    for mut stream in streams {
        stream.get_mut().read_to_end(&mut Vec::new()).expect("it answers");
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_in_turn = words.iter().any(|word| word == "in_turn");
    let sessions = match &*words[0] {
        "scattered" | "in_turn" => Sessions::Scattered(Vec::new()),
        "gathered" => Sessions::Gathered(Vec::new()),
        address => return clients(address.parse().expect("an address"), is_in_turn),
    };
    let sessions = Arc::new(Mutex::new(sessions));
    // No more threads than glibc has arenas, for two processors.
    let threads = if is_in_turn { 2 } else { THREADS };
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_io().build();
    let runtime = runtime.expect("a runtime");
    let _ = account::full();
    let read = || {
        let account = account::full().expect("an account");
        eprintln!("{}", account.text());
        check_sums(&account);
        account
    };
    let before = read();
    runtime.block_on(service(sessions.clone(), is_in_turn)).expect("it serves");
    let after = read();
    trim();
    let trimmed = read();
    let line = format!("{}:{REMEMBERS}", file!());
    let [mut trim_advised, mut gather, mut arenas, mut threshold] = [0; 4];
    for advice in &after.advice {
        match advice {
            Advice::Trim(bytes) => trim_advised += bytes,
            Advice::Gather { site, bytes } if *site == line => gather += bytes,
            Advice::Arenas { bytes, .. } => arenas += bytes,
            Advice::Threshold(bytes) => threshold += bytes,
            _ => {}
        }
    }
    for (name, bytes) in [
        ("before", resident(&before)),
        ("after", resident(&after)),
        ("trimmed", resident(&trimmed)),
        // Without pages that are free, which glibc keeps at the end of arenas.
        ("kept", resident(&trimmed) - trimmed.bytes(ClassKind::FreeWhole)),
        ("trim", trim_advised),
        ("gather", gather),
        ("arenas", arenas),
        ("threshold", threshold),
    ] {
        println!("{name} {bytes}");
    }
    drop(sessions);
}
