//! Async methods, futures behind pointers, and two tasks of one function that take turns.

use exact::{block_on, bytes, join, outermost, pause};
use mem_profile::mem_profile;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

struct Buffer {
    data: Vec<u8>,
}

#[mem_profile]
impl Buffer {
    #[rustfmt::skip]
    async fn load(size: usize) -> Self { //= 2x
        let data = bytes(size); //= +30 ^20 2a 30b 2x
        pause().await; //= 2x
        Self { data } //= 2x
    } //= 2x

    #[rustfmt::skip]
    async fn grow(&mut self, size: usize) -> usize { //= 2x
        let old = std::mem::replace(&mut self.data, bytes(size)); //= +300 ^200 2a 300b 2x
        pause().await; //= 2x
        old.len() //= 2x
    } //= -30 2x

    #[rustfmt::skip]
    async fn consume(self) -> usize { //= 1x
        pause().await; //= 1x
        let length = self.data.len(); //= 1x
        length //= 1x
    } //= -100 1x
}

#[mem_profile] //= 1x
async fn methods() -> usize {
    let (mut a, mut b) = join(Buffer::load(10), Buffer::load(20)).await; //= +30 ^30 2a 30b 1x
    let both = join(a.grow(100), b.grow(200)).await; //= +270 ^300 2a 300b 1x
    let length = a.consume().await; //= -100 1x
    drop(b); //= -200 1x
    both.0 + both.1 + length //= 1x
} //= 1x last

trait Service {
    fn call(&self, size: usize) -> Pin<Box<dyn Future<Output = usize> + '_>>;
}

struct Plain(usize);

impl Service for Plain {
    // `B` is the size of the block's future, for which it is called once more and not polled.
    #[rustfmt::skip]
    #[mem_profile] //= 3x
    fn call(&self, size: usize) -> Pin<Box<dyn Future<Output = usize> + '_>> {
        let extra = black_box(self.0); //= 3x
        Box::pin(async move { //= +3*B ^B 3a 3*Bb 3x
            let scratch = bytes(size + extra); //= +32 ^21 2a 32b 2x
            pause().await; //= 2x
            scratch.len() //= 2x
        }) //= -32 2x
    } //= 3x
}

#[mem_profile] //= 1x
async fn dispatches(service: &dyn Service) -> usize {
    let first = service.call(10).await; //= ^B+11 2a B+11b 1x
    let later = service.call(20); //= +B ^B 1a Bb 1x
    first + later.await //= -B ^21 1a 21b 1x
} //= 1x last

fn size_of_call(service: &Plain) -> usize {
    size_of_val(&*service.call(0))
}

fn main() {
    exact::program(|| {
        outermost("methods", || block_on(methods()));
        let service = Plain(1);
        exact::value("B", size_of_call(&service));
        outermost("dispatches", || block_on(dispatches(&service)));
    });
}
