//! A library holds blocks, and goes. `library FILE LIBRARY`.

use captured::dynamic::Library;
use captured::{Class, Classes, Hidden, deep, path, start};
use mem_profile::graph;
use mem_profile_graph::{Image, RootKind};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn classes(hidden: [Hidden; 2]) -> ([Option<Class>; 2], Image) {
    graph::capture(path()).expect("a capture");
    let image = Image::open(path()).expect("a capture");
    let classes = Classes::of(&image);
    (hidden.map(|hidden| classes.get(&image, hidden)), image)
}

fn main() {
    start();
    let library = Library::open();
    // SAFETY: that is its type.
    let keep: extern "C" fn(*mut u8, *mut u8) =
        unsafe { std::mem::transmute(library.function(c"keep")) };
    let hidden = deep(60, &mut || {
        let blocks = [1_u8, 2].map(|number| Box::into_raw(Box::new([number; 300])).cast());
        keep(blocks[0], blocks[1]);
        blocks.map(|block| Hidden::of(block))
    });
    let (found, image) = classes(hidden);
    assert_eq!(found, [Some(Class::Held); 2]);
    let index = image.modules().iter().position(|module| module.path.contains("keeper"));
    let module = index.expect("the library");
    let leads = |kind: &dyn Fn(RootKind) -> bool, hidden: Hidden| {
        let roots = image.roots().iter().filter(|root| kind(root.kind));
        let mut words = roots.flat_map(|root| image.root_memory(root).as_chunks::<8>().0);
        words.any(|&word| u64::from_le_bytes(word) == hidden.address() as u64)
    };
    assert!(leads(&|kind| kind == RootKind::Static { module }, hidden[0]));
    let is_local = |kind| matches!(kind, RootKind::ThreadLocal { module: of, .. } if of == module);
    assert!(leads(&is_local, hidden[1]));
    // SAFETY: nothing of it is used any more.
    unsafe { library.close() };
    let (found, image) = classes(hidden);
    // The name stays, for stacks with its code; its memory is no root.
    let is_its = |kind| match kind {
        RootKind::Static { module } | RootKind::ThreadLocal { module, .. } => {
            image.modules()[module].path.contains("keeper")
        }
        _ => false,
    };
    assert!(!image.roots().iter().any(|root| is_its(root.kind)));
    // The thread-local lay in the thread's own block, where its stale word stays.
    assert_eq!(found[0], Some(Class::Lost));
    println!("held and lost");
}
