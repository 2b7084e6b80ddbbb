//! Memory that is no block and is full of words that lead to a few. `stale FILE`.

use captured::{Class, Classes, Hidden, deep, path, start};
use mem_profile::graph;
use mem_profile_graph::Image;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const WORDS: usize = 4 << 20;

fn main() {
    start();
    let hidden = deep(60, &mut || {
        let blocks: Vec<_> = (0..100).map(|_| Box::into_raw(Box::new([4_u64; 20]))).collect();
        // SAFETY: the memory is long enough, and stays.
        unsafe {
            let memory = libc::malloc(WORDS * 8).cast::<usize>();
            (0..WORDS).for_each(|word| memory.add(word).write_volatile(blocks[word % 100].addr()));
        }
        blocks.iter().map(|&block| Hidden::of(block)).collect::<Vec<_>>()
    });
    let captured = graph::capture(path()).expect("a capture");
    let image = Image::open(path()).expect("a capture");
    let classes = Classes::of(&image);
    for &hidden in &hidden {
        assert_eq!(classes.get(&image, hidden), Some(Class::Unseen));
        let words = image.unseen().filter(|&(_, word)| word == hidden.address() as u64);
        assert_eq!(words.count(), 16);
    }
    assert!(captured.file_bytes < 1 << 20, "{captured:?}");
    println!("few words");
}
