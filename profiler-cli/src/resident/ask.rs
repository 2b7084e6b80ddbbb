//! Asks a running program how many bytes its allocator has in use. A thread of the profiler that takes samples
//! anyhow sees the question in the recording, and answers there.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mem_profile_format::layout::{NEVER, timeline};

use super::written::Written;
use crate::process;

/// Times between two looks, and until this gives up beside the time between two samples.
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes that glibc's allocator has in use in a process.
///
/// # Errors
/// If the process has nobody who could answer, or does not answer.
pub(crate) fn in_use(id: u32, written: Option<&Written>) -> Result<u64> {
    let Some(written) = written else {
        bail!(
            "--full asks the allocator in the program, but process {id} does not record: call \
             `mem_profile::account::full()` in it"
        );
    };
    let Some(at) = written.memory.timeline else {
        bail!(
            "--full asks the allocator in a thread that takes samples, which process {id} does not have: start it \
             with MEM_PROFILE_TIMELINE=on, or call `mem_profile::account::full()` in it"
        );
    };
    if written.memory.blocks.is_none() {
        bail!(
            "--full separates memory of C from free memory where live blocks are recorded: start process {id} with \
             MEM_PROFILE_LIVE=on"
        );
    }
    if written.memory.is_glibc != Some(true) {
        bail!("--full asks glibc's allocator, but process {id} has another one");
    }
    let answer = ask(written, at).with_context(|| format!("process {id} cannot be asked"))?;
    answer.with_context(|| {
        format!(
            "the allocator of process {id} does not say what it has in use: glibc does since 2.33"
        )
    })
}

/// The answer, which is `None` where the allocator has none.
fn ask(written: &Written, at: u64) -> Result<Option<u64>> {
    let mut file = File::options().read(true).write(true).open(&written.path)?;
    let [asked, answered] =
        [timeline::ASKED, timeline::ANSWERED].map(|word| read(&mut file, at, word));
    let question = asked?.max(answered?).wrapping_add(1);
    file.seek(SeekFrom::Start(at + timeline::ASKED as u64))?;
    file.write_all(&question.to_le_bytes())?;
    let interval = u64::try_from(read(&mut file, at, timeline::INTERVAL)?).unwrap_or(0);
    let (begin, patience) = (Instant::now(), PATIENCE + 2 * Duration::from_nanos(interval));
    while read(&mut file, at, timeline::ANSWERED)? < question {
        if begin.elapsed() > patience {
            bail!("it has not answered for {:.0} s", patience.as_secs_f64());
        }
        if process::command_line(written.id).is_none() {
            bail!("it has ended");
        }
        thread::sleep(LOOK);
    }
    let in_use = read(&mut file, at, timeline::IN_USE)?;
    Ok(Some(in_use).filter(|&in_use| in_use != NEVER).and_then(|in_use| in_use.try_into().ok()))
}

/// The word at an offset in the timeline.
fn read(file: &mut File, at: u64, offset: usize) -> Result<i64> {
    let mut word = [0; 8];
    file.seek(SeekFrom::Start(at.saturating_add(offset as u64)))?;
    file.read_exact(&mut word)?;
    Ok(i64::from_le_bytes(word))
}
