//! Why there is no capture.

use std::fmt;
use std::io;

/// Why there is no capture. The program goes on as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// The tracer does not run.
    NotTracing,
    /// The tracer takes a sample. A hundredth of all blocks makes no path.
    Sampled,
    /// Another thread captures.
    Busy,
    /// These threads did not stop: they mask the signal, or wait in the kernel.
    ThreadsMissing(Vec<String>),
    /// The program handles this signal; of zero, all real-time signals.
    SignalTaken(i32),
    /// The process could not be copied.
    NoCopy(io::Error),
    /// The copy was ended by this signal.
    ChildEnded(i32),
    /// The copy took too long.
    Late,
    /// This system is not supported: it takes Linux on x86-64, with glibc.
    Unsupported,
    /// The file could not be written, or something be read.
    Io(io::Error),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTracing => formatter.write_str("the tracer does not run: call `trace::start`"),
            Self::Sampled => formatter.write_str(
                "the tracer takes a sample, in which no paths are left: start it with `Config::exact`",
            ),
            Self::Busy => formatter.write_str("another thread captures the heap"),
            Self::ThreadsMissing(names) => {
                write!(formatter, "threads did not stop: {}", names.join(", "))
            }
            Self::SignalTaken(0) => formatter.write_str("the program handles all real-time signals"),
            Self::SignalTaken(signal) => {
                write!(formatter, "signal {signal} is not free: name another one")
            }
            Self::NoCopy(error) => write!(formatter, "the process could not be copied: {error}"),
            Self::ChildEnded(signal) => {
                write!(formatter, "the copy of the process was ended by signal {signal}")
            }
            Self::Late => formatter.write_str("the copy of the process took too long"),
            Self::Unsupported => formatter.write_str(
                "this system is not supported: captures take Linux on x86-64, with glibc",
            ),
            Self::Io(error) => write!(formatter, "the capture could not be written: {error}"),
        }
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoCopy(error) | Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
