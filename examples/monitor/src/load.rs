//! Asks the service a bounded number of times, on the loopback device, and says how long answers took.
//!
//! `load [PORT [REQUESTS]]`: one request in 50 is `/login`, all others are `/list`.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 4;
const LOGIN_EACH: usize = 50;
const MOST: usize = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port: u16 = arguments.first().map_or(Ok(3000), |it| it.parse())?;
    let requests: usize = arguments.get(1).map_or(Ok(20_000), |it| it.parse())?;
    let each = requests.min(MOST) / CONNECTIONS;
    let begin = Instant::now();
    let clients: Vec<_> =
        (0..CONNECTIONS).map(|_| std::thread::spawn(move || client(port, each))).collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.join().map_err(|_| "a client has panicked")??);
    }
    let rate = times.len() as f64 / begin.elapsed().as_secs_f64();
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0, Duration::as_micros)
    };
    println!("requests {} rate {rate:.0}/s p50 {} us p99 {} us", times.len(), at(0.5), at(0.99));
    Ok(())
}

/// One connection, and the time of each of its requests.
fn client(port: u16, requests: usize) -> io::Result<Vec<Duration>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut times = Vec::with_capacity(requests);
    for number in 1..=requests {
        let path = if number % LOGIN_EACH == 0 { "/login" } else { "/list" };
        let begin = Instant::now();
        (&stream)
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())?;
        read_response(&mut reader)?;
        times.push(begin.elapsed());
    }
    Ok(times)
}

fn read_response(reader: &mut impl BufRead) -> io::Result<()> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().map_err(io::Error::other)?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink()).map(drop)
}
