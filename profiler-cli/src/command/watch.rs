//! `watch`: guards a running program.

mod lines;
#[cfg(feature = "listen")]
mod listening;
#[cfg(not(feature = "listen"))]
mod no_listening;
#[cfg(feature = "listen")]
mod token;

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use mem_profile_monitor::process::Reader;
use mem_profile_monitor::{
    Alarm, Children, Event, Growth, Guard, Line, Rules, Schedule, Threshold, top_lines,
};

use self::lines::lines;
#[cfg(feature = "listen")]
use self::listening::Listening;
#[cfg(not(feature = "listen"))]
use self::no_listening::Listening;
use super::attach;
use super::sampling::{duration, why_proc_is_unreadable};
use crate::outcome::Outcome;
use crate::output;
use crate::process::{self, Backend, ProcessTable, signals};
use crate::resident;

/// Watch the memory of a running program, and warn before its limit does harm
///
/// The limit is that of its control groups with the least memory left, else that of its address space, else the memory
/// of the machine. A warning is printed once for each crossing, and again when a further 10 % are in use. It says what
/// the resident set is made of, and which lines hold the memory, if the program records its live blocks. Its child
/// processes are watched too, each by itself. The program is not affected.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Process id, or the name of the program
    #[arg(value_name = "PID|NAME")]
    process: String,
    /// Warn from here on: an amount of memory, or a share of the limit
    #[arg(long, value_name = "AMOUNT", default_value = "80%")]
    above: Threshold,
    /// From here on, it is critical
    #[arg(long, value_name = "AMOUNT", default_value = "95%")]
    critical: Threshold,
    /// Warn if the resident set grows so fast, for so long: `3MiB/min:20min`
    #[arg(long, value_name = "GROWTH")]
    growth: Option<Growth>,
    /// Time between two readings
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = interval)]
    interval: Duration,
    /// Answer requests for metrics at `/metrics` of this address, or of this port of 127.0.0.1
    ///
    /// Without a token, whoever reaches the address is answered. Needs the feature `listen`.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Answer only requests that bear the token in this file, else that in MEM_PROFILE_WATCH_TOKEN
    #[arg(long, value_name = "FILE", requires = "listen")]
    token_file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile watch 4711
  cargo mem-profile watch postgres --above 500MiB --interval 10s
  cargo mem-profile watch web --above 90% --growth 3MiB/min:20min
  cargo mem-profile watch web --listen 127.0.0.1:9464
  cargo mem-profile watch web --listen 0.0.0.0:9464 --token-file token.txt

It ends with the program, with Ctrl-C, or, if it does not listen, when nobody reads it any more. A
program with the feature `monitor` can watch itself: see MEM_PROFILE_MONITOR.";

/// Lines of the program that a warning names.
const LINES: usize = 5;

const NOT_RECORDED: &str = "no line is known: the program records live blocks with MEM_PROFILE_OUTPUT=run.mprof and \
                            MEM_PROFILE_LIVE=on";

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    let is_long_enough = interval >= Duration::from_millis(10);
    is_long_enough.then_some(interval).ok_or_else(|| "the interval must be at least 10ms".into())
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.parse().map(|port: u16| (Ipv4Addr::LOCALHOST, port).into());
    port.or_else(|_| text.parse()).map_err(|_| "not an address, such as 127.0.0.1:9464")
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let id = attach::find(&arguments.process)?;
    let mut watch = Watch::new(id, arguments);
    let first = watch.look(Duration::ZERO);
    let first = first.map_err(|error| why_proc_is_unreadable().unwrap_or(error));
    let first = first.map_err(|error| process::unreadable(id, error))?;
    let token_file = arguments.token_file.as_deref();
    let listen = |address| Listening::start(address, token_file, id);
    let listening = arguments.listen.map(listen).transpose()?;
    let is_wanted = |events| {
        let is_read = print(events, listening.as_ref())?;
        Ok::<_, anyhow::Error>(is_read || listening.is_some())
    };
    if !is_wanted(first)? {
        return Ok(Outcome::Done);
    }
    let (sender, stops) = mpsc::channel();
    signals::receive(move |_| sender.send(()).is_ok());
    let begin = Instant::now();
    let mut schedule = Schedule::new(arguments.interval, Duration::ZERO);
    loop {
        let wait = schedule.wait(begin.elapsed());
        if !wait.is_zero() {
            match stops.recv_timeout(wait) {
                Ok(()) => return Ok(Outcome::Done),
                Err(RecvTimeoutError::Timeout) => {}
                // No signal can be received: only the end of the process ends this.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(wait),
            }
            continue;
        }
        match watch.look(begin.elapsed()) {
            Ok(events) => {
                if !is_wanted(events)? {
                    return Ok(Outcome::Done);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Outcome::Done),
            Err(error) => return Err(process::unreadable(id, error)),
        }
    }
}

/// Whether anybody reads it.
fn print(events: Vec<Event>, listening: Option<&Listening>) -> Result<bool> {
    let mut is_read = true;
    for event in events {
        if let Some(listening) = listening {
            listening.count(event.level());
        }
        is_read = output::print(&format!("{event}\n"))?;
    }
    Ok(is_read)
}

/// A process and those below it.
struct Watch {
    id: u32,
    /// Knows the process from a later one with the same number.
    table: ProcessTable,
    reader: Reader,
    guard: Guard,
    children: Children,
    /// The lines of the last warning of each process.
    lines: HashMap<u32, Vec<Line>>,
}

impl Watch {
    fn new(id: u32, arguments: &Arguments) -> Self {
        let Arguments { above, critical, growth, interval, .. } = *arguments;
        let rules = Rules { warn_above: Some(above), critical_above: Some(critical), growth };
        Self {
            id,
            table: ProcessTable::new(Backend::Rss),
            reader: Reader::of(id),
            guard: Guard::new(rules, interval),
            children: Children::of(id, rules, interval),
            lines: HashMap::new(),
        }
    }

    /// What is new with each process.
    ///
    /// # Errors
    /// Why the first one cannot be read: `NotFound` if it has ended.
    fn look(&mut self, at: Duration) -> io::Result<Vec<Event>> {
        self.table.read(self.id)?;
        let alarm = self.guard.look(&self.reader.read(at)?);
        let of_children = self.children.look(at, self.reader.group_folder());
        self.lines.retain(|id, _| *id == self.id || self.children.contains(*id));
        let mut events = Vec::new();
        if let Some(alarm) = alarm {
            let name = self.table.name(self.id).unwrap_or("process");
            let mut event = self.event(self.id, format!("{name} ({})", self.id), alarm);
            event.children = self.children.list();
            events.push(event);
        }
        for (child, alarm) in of_children {
            events.push(self.event(child.id, child.to_string(), alarm));
        }
        Ok(events)
    }

    fn event(&mut self, id: u32, name: String, alarm: Alarm) -> Event {
        event(id, name, alarm, self.lines.entry(id).or_default())
    }
}

fn event(id: u32, name: String, alarm: Alarm, before: &mut Vec<Line>) -> Event {
    let mut event = Event::new(name, alarm);
    match lines(id) {
        Some(lines) => {
            event.lines = top_lines(lines.clone(), before, LINES);
            *before = lines;
        }
        None => event.no_lines = Some(NOT_RECORDED),
    }
    event.account = resident::account(id, false).ok().flatten().map(|account| account.line());
    event
}
