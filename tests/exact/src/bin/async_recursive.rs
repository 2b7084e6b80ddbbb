//! Code that another macro inserts before the first line of a function is on its first row.

use exact::{block_on, bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[async_recursion::async_recursion]
#[mem_profile] //= +F ^F 1a F*1b 1x
async fn sum(levels: usize) -> usize {
    let kept = bytes(100); //= +100 ^100 1a 100b 1x
    kept.len() + levels //= 1x
} //= -100 1x

fn main() {
    exact::program(|| {
        let mut future = None;
        outermost("sum", || future = Some(sum(3)));
        let mut future = future.expect("it was called");
        exact::value("F", size_of_val(&*future));
        assert_eq!(outermost("sum", || block_on(&mut future)), 103);
    });
}
