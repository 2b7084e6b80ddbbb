//! Runs the service.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A process that ends with its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The service, and where it and its monitor answer.
pub(crate) struct Service {
    pub(crate) port: u16,
    pub(crate) monitor: Option<u16>,
    pub(crate) process: Running,
}

impl Service {
    pub(crate) fn start(monitor: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command.args(["0", monitor]);
        Self::of(command.stderr(Stdio::inherit()))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        if !command.get_envs().any(|(name, _)| name.to_string_lossy().starts_with("MEM_PROFILE_")) {
            command.env_remove("MEM_PROFILE_MONITOR").env("MEM_PROFILE_FLIGHT", "off");
        }
        let mut process = Running(command.stdout(Stdio::piped()).spawn().expect("the service"));
        let stdout = BufReader::new(process.0.stdout.take().expect("a pipe"));
        let mut monitor = None;
        for line in stdout.lines() {
            let line = line.expect("a line");
            let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
            match line.starts_with("monitor") {
                true => monitor = port,
                false => return Self { port: port.expect("a port"), monitor, process },
            }
        }
        panic!("the service says no address");
    }

    /// Has it leak, and waits until no answer of before is given again.
    pub(crate) fn log_in(&self, times: usize) {
        (0..times).for_each(|_| assert!(get(self.port, "/login").1.starts_with(b"session ")));
        sleep(Duration::from_millis(1100));
    }

    pub(crate) fn monitor(&self, path: &str) -> Vec<u8> {
        let (status, body) = get(self.monitor.expect("a monitor"), path);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        body
    }

    pub(crate) fn metrics(&self) -> Metrics {
        Metrics::read(&String::from_utf8(self.monitor("/metrics")).expect("text"))
    }
}

/// Status and body. HTTP/1.0, so that no server sends chunks.
pub(crate) fn get(port: u16, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    let request = format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    let end = response.windows(4).position(|at| at == b"\r\n\r\n").expect("a head") + 4;
    let status = String::from_utf8_lossy(&response[9..12]).parse().expect("a status");
    (status, response.split_off(end))
}

/// Families: labels as in the text, and figures.
pub(crate) struct Metrics(pub(crate) BTreeMap<String, Vec<(String, f64)>>);

impl Metrics {
    pub(crate) fn read(text: &str) -> Self {
        let mut families: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').expect("a sample");
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let labels = labels.trim_end_matches('}').to_owned();
            let value = value.parse().expect("a number");
            families.entry(name.to_owned()).or_default().push((labels, value));
        }
        Self(families)
    }

    pub(crate) fn of(&self, name: &str) -> &[(String, f64)] {
        self.0.get(name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub(crate) fn one(&self, name: &str) -> f64 {
        self.of(name)[0].1
    }

    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.of(name).iter().map(|(_, value)| value).sum()
    }
}

pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The line of the service that leaks.
pub(crate) fn leak() -> String {
    let source = include_str!("../../src/service.rs");
    let line = source.lines().position(|line| line.ends_with("// leaks")).expect("the comment");
    format!("examples/monitor/src/service.rs:{}", line + 1)
}
