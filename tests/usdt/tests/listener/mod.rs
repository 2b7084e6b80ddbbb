//! Listens to the probes of a program as a profiler does: finds them by the notes in its file, and has the kernel say
//! when they are reached, with the registers that the notes name.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering::Acquire};

use crate::notes::Probe;

/// A probe was reached, with these arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) name: String,
    pub(crate) arguments: Vec<u64>,
}

/// `perf_event_attr` of the kernel, as far as it is used.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    path: u64,
    offset: u64,
    branch_sample_type: u64,
    user_registers: u64,
    rest: [u64; 5],
}

const SAMPLE_IDENTIFIER: u64 = 1 << 16;
const SAMPLE_REGISTERS: u64 = 1 << 12;
const RECORD_LOST: u32 = 2;
const RECORD_SAMPLE: u32 = 9;
const SET_OUTPUT: libc::c_ulong = 0x2405;
const GET_ID: libc::c_ulong = 0x8008_2407;
const PAGE: usize = 4096;
/// A power of two.
const BUFFER: usize = 16 << 20;

/// Opens an event of the kernel for each time that a process reaches a probe, on a processor; -1 is any.
fn open(program: &Path, process: i32, processor: i32, probe: &Probe) -> io::Result<OwnedFd> {
    let kind = std::fs::read_to_string("/sys/bus/event_source/devices/uprobe/type")?;
    let path = CString::new(program.as_os_str().as_encoded_bytes())?;
    let attributes = Attributes {
        kind: kind.trim().parse().map_err(io::Error::other)?,
        size: size_of::<Attributes>() as u32,
        config: probe.semaphore_offset << 32,
        sample_period: 1,
        sample_type: SAMPLE_IDENTIFIER | SAMPLE_REGISTERS,
        path: path.as_ptr().expose_provenance() as u64,
        offset: probe.offset,
        user_registers: probe.registers().fold(0, |mask, register| mask | 1 << register),
        ..Attributes::default()
    };
    // SAFETY: the attributes are as long as they say, and the path outlives the call.
    let opened = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            process,
            processor,
            -1,
            8_u64,
        )
    };
    if opened < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just given it to us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(opened as i32) })
}

/// Counts how often any process reaches a probe, processor by processor.
pub(crate) struct Count(Vec<File>);

impl Count {
    pub(crate) fn begin(program: &Path, probe: &Probe) -> io::Result<Self> {
        // SAFETY: always.
        let processors = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) } as i32;
        let open = |processor| Ok(File::from(open(program, -1, processor, probe)?));
        (0..processors).map(open).collect::<io::Result<_>>().map(Self)
    }

    pub(crate) fn now(&mut self) -> u64 {
        let count = |file: &mut File| {
            let mut count = [0; 8];
            file.read_exact(&mut count).expect("a count");
            u64::from_ne_bytes(count)
        };
        self.0.iter_mut().map(count).sum()
    }
}

/// Listens to the first thread of a process, until it is dropped.
pub(crate) struct Listener {
    events: Vec<(u64, Probe, OwnedFd)>,
    buffer: NonNull<u8>,
}

impl Listener {
    pub(crate) fn begin(program: &Path, process: i32, probes: &[Probe]) -> io::Result<Self> {
        let mut events: Vec<(u64, Probe, OwnedFd)> = Vec::new();
        for probe in probes {
            let event = open(program, process, -1, probe)?;
            let mut id = 0_u64;
            // SAFETY: the kernel writes a number there.
            assert_eq!(unsafe { libc::ioctl(event.as_raw_fd(), GET_ID, &raw mut id) }, 0);
            events.push((id, probe.clone(), event));
        }
        let first = events[0].2.as_raw_fd();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping.
        let mapped = unsafe {
            libc::mmap(std::ptr::null_mut(), PAGE + BUFFER, access, libc::MAP_SHARED, first, 0)
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        for (_, _, event) in &events[1..] {
            // SAFETY: both are events.
            assert_eq!(unsafe { libc::ioctl(event.as_raw_fd(), SET_OUTPUT, first) }, 0);
        }
        let buffer = NonNull::new(mapped.cast()).expect("not null");
        Ok(Self { events, buffer })
    }

    /// All that was heard since it began.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        // SAFETY: within the first page, which the kernel writes.
        let end = unsafe { self.buffer.add(1024).cast::<AtomicU64>().as_ref() }.load(Acquire);
        assert!((end as usize) < BUFFER, "the buffer is too short");
        // SAFETY: the kernel has written all up to there.
        let words = unsafe {
            std::slice::from_raw_parts(
                self.buffer.add(PAGE).cast::<u64>().as_ptr(),
                end as usize / 8,
            )
        };
        let mut hits = Vec::new();
        let mut rest = words;
        while let [header, ..] = rest {
            let (kind, size) = (*header as u32, (header >> 48) as usize);
            let record = &rest[1..size / 8];
            rest = &rest[size / 8..];
            assert_ne!(kind, RECORD_LOST, "the kernel has lost some");
            if kind == RECORD_SAMPLE {
                hits.push(self.hit(record));
            }
        }
        hits
    }

    /// A record is the event, how wide registers are, and these in the order of their numbers.
    fn hit(&self, record: &[u64]) -> Hit {
        let (_, probe, _) = self.events.iter().find(|event| event.0 == record[0]).expect("ours");
        let mut numbers: Vec<_> = probe.registers().collect();
        numbers.sort_unstable();
        let value = |register| {
            let place = numbers.iter().position(|&number| number == register).expect("asked for");
            record[2 + place]
        };
        Hit { name: probe.name.clone(), arguments: probe.registers().map(value).collect() }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // SAFETY: mapped in `begin`, and nobody has a reference into it.
        unsafe { libc::munmap(self.buffer.as_ptr().cast(), PAGE + BUFFER) };
    }
}
