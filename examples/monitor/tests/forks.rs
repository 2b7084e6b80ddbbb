//! A program that forks into the background.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use mem_profile::monitor::Monitor;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn listen(address: SocketAddr) -> Monitor {
    Monitor::builder().log(false).listen(address).start().expect("a monitor")
}

/// Listens as soon as the parent's monitor has ended.
fn child(inherited: Monitor, address: SocketAddr) -> bool {
    drop(inherited);
    (0..50).any(|_| {
        sleep(Duration::from_millis(100));
        listen(address).address() == Some(address)
    })
}

#[test]
fn a_forked_child_listens_on_the_port_of_its_parent_when_that_has_ended() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let monitor = listen(any);
    let address = monitor.address().expect("it listens");
    // SAFETY: the child calls only code that is ready for a fork; the C library's allocator is.
    match unsafe { libc::fork() } {
        0 => {
            let listens = child(monitor, address);
            // SAFETY: it ends here.
            unsafe { libc::_exit(i32::from(!listens)) }
        }
        child => {
            drop(monitor);
            let mut status = 0;
            // SAFETY: `status` is writable.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0, "the child could not listen");
        }
    }
}
