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
/// So many are there at once.
const AT_ONCE: usize = 8;
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

async fn serve(client: net::TcpStream, sessions: Arc<Mutex<Sessions>>) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut requests: Vec<Box<[u8]>> = Vec::with_capacity(REQUESTS);
    let mut line = Vec::new();
    while client.read_until(b'\n', &mut line).await? > 1 {
        if requests.len().is_multiple_of(REMEMBERED) {
            sessions.lock().expect("a lock").remember(&line);
        }
        requests.push(line.as_slice().into());
        line.clear();
    }
    client.write_all(b"done").await
}

/// Serves all clients, and waits until they have gone.
async fn service(sessions: Arc<Mutex<Sessions>>) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let program = std::env::current_exe()?;
    let mut clients = Command::new(program).arg(listener.local_addr()?.to_string()).spawn()?;
    let mut served = Vec::new();
    for _ in 0..CLIENTS {
        let (client, _) = listener.accept().await?;
        served.push(tokio::spawn(serve(client, sessions.clone())));
    }
    for task in served {
        task.await??;
    }
    assert!(clients.wait()?.success());
    Ok(())
}

/// One group of clients after the other.
fn clients(service: SocketAddr) {
    for group in 0..CLIENTS / AT_ONCE {
        let mut state = group as u64;
        let mut streams: Vec<_> = (0..AT_ONCE)
            .map(|_| BufWriter::new(TcpStream::connect(service).expect("it is there")))
            .collect();
        for _ in 0..REQUESTS {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let length = 16 + (state >> 33) as usize % 514;
            for stream in &mut streams {
                stream.write_all(&[b'x'; 529][..length]).expect("it reads");
                stream.write_all(b"\n").expect("it reads");
            }
        }
        for mut stream in streams {
            stream.write_all(b"\n").expect("it reads");
            let mut stream = stream.into_inner().expect("it reads");
            stream.read_to_end(&mut Vec::new()).expect("it answers");
        }
    }
}

fn main() {
    let word = std::env::args().nth(1).expect("an address, `scattered` or `gathered`");
    let sessions = match &*word {
        "scattered" => Sessions::Scattered(Vec::new()),
        "gathered" => Sessions::Gathered(Vec::new()),
        address => return clients(address.parse().expect("an address")),
    };
    let sessions = Arc::new(Mutex::new(sessions));
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_io().build();
    let runtime = runtime.expect("a runtime");
    let _ = account::full();
    let read = || {
        let account = account::full().expect("an account");
        eprintln!("{}", account.text());
        check_sums(&account);
        account
    };
    let before = read();
    runtime.block_on(service(sessions.clone())).expect("it serves");
    let after = read();
    trim();
    let trimmed = read();
    let line = format!("{}:{REMEMBERS}", file!());
    let [mut trim_advised, mut gather, mut variables] = [0; 3];
    for advice in &after.advice {
        match advice {
            Advice::Trim(bytes) => trim_advised += bytes,
            Advice::Gather { site, bytes } if *site == line => gather += bytes,
            other => variables += other.bytes(),
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
        ("variables", variables),
    ] {
        println!("{name} {bytes}");
    }
    drop(sessions);
}
