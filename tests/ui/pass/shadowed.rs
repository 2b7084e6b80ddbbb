//! User code may use the names of generated code, and never conflicts with it.
#![deny(warnings, clippy::all)]
#![forbid(unsafe_code)]
#![no_implicit_prelude]
#![allow(non_camel_case_types, clippy::no_effect_underscore_binding, clippy::single_element_loop)]

mod core {}
mod std {}
mod mem_profile {
    pub(crate) mod __private {}
}

#[derive(Clone, Copy)]
struct Option;
struct Some;
struct None;
struct Infallible;
struct Table;
type usize = ::core::primitive::usize;

macro_rules! module_path {
    () => {
        3
    };
}

#[::mem_profile::mem_profile]
fn frames(__frame: usize, __scope1: usize, __end: usize, __never: usize) -> usize {
    let _ = (Some, None, Option, Infallible, Table);
    let __table = module_path!();
    let __path = __table + __frame;
    for __frame in [__path] {
        let __end = __frame + __scope1;
        if __end > 3 {
            return __frame;
        }
        let __done = __end;
    }
    __end + __never
}

#[::mem_profile::mem_profile]
async fn later(__frame: usize, (__argument0, __argument1): (usize, usize)) -> usize {
    let line = __frame + __argument0;
    let _block = async {
        let __frame = line;
        __frame
    };
    line + __argument1
}

fn main() {
    ::core::assert_eq!(frames(1, 2, 3, 4), 4);
    ::core::mem::drop(later(1, (2, 3)));
}
