//! More ways to a line than there are paths: nine functions, each of which calls the next one on four lines.

use mem_profile::mem_profile;

/// One of 4⁹ ways to a box of eight bytes.
#[must_use]
#[mem_profile]
pub fn a(way: usize) -> Box<usize> {
    match way % 4 {
        0 => b(way / 4),
        1 => b(way / 4),
        2 => b(way / 4),
        _ => b(way / 4),
    }
}

#[mem_profile]
fn b(way: usize) -> Box<usize> {
    match way % 4 {
        0 => c(way / 4),
        1 => c(way / 4),
        2 => c(way / 4),
        _ => c(way / 4),
    }
}

#[mem_profile]
fn c(way: usize) -> Box<usize> {
    match way % 4 {
        0 => d(way / 4),
        1 => d(way / 4),
        2 => d(way / 4),
        _ => d(way / 4),
    }
}

#[mem_profile]
fn d(way: usize) -> Box<usize> {
    match way % 4 {
        0 => e(way / 4),
        1 => e(way / 4),
        2 => e(way / 4),
        _ => e(way / 4),
    }
}

#[mem_profile]
fn e(way: usize) -> Box<usize> {
    match way % 4 {
        0 => f(way / 4),
        1 => f(way / 4),
        2 => f(way / 4),
        _ => f(way / 4),
    }
}

#[mem_profile]
fn f(way: usize) -> Box<usize> {
    match way % 4 {
        0 => g(way / 4),
        1 => g(way / 4),
        2 => g(way / 4),
        _ => g(way / 4),
    }
}

#[mem_profile]
fn g(way: usize) -> Box<usize> {
    match way % 4 {
        0 => h(way / 4),
        1 => h(way / 4),
        2 => h(way / 4),
        _ => h(way / 4),
    }
}

#[mem_profile]
fn h(way: usize) -> Box<usize> {
    match way % 4 {
        0 => i(way / 4),
        1 => i(way / 4),
        2 => i(way / 4),
        _ => i(way / 4),
    }
}

#[mem_profile]
fn i(way: usize) -> Box<usize> {
    match way % 4 {
        0 => Box::new(way),
        1 => Box::new(way),
        2 => Box::new(way),
        _ => Box::new(way),
    }
}
