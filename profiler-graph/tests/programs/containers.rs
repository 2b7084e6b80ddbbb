//! Holds one of each container, and says where their parts are.
//!
//! Each line is a fact: its kind, the name of a static, and numbers. `memory` is followed by an address and bytes.

#![crate_name = "app"]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::convert::Infallible;
use std::ffi::OsString;
use std::future::Future;
use std::hint::black_box;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::{self, Rc};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{self, Arc, Mutex, OnceLock, RwLock};
use std::task::{Context, Poll, Waker};

/// Knows all blocks that are live.
struct Known;

const MOST: usize = 1 << 14;
static BLOCKS: [(AtomicUsize, AtomicUsize); MOST] =
    [const { (AtomicUsize::new(0), AtomicUsize::new(0)) }; MOST];

// SAFETY: all blocks are the system's.
unsafe impl GlobalAlloc for Known {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { System.alloc_zeroed(layout) };
        let free = BLOCKS.iter().find(|it| it.0.load(Ordering::Relaxed) == 0);
        if let Some((start, size)) = free {
            start.store(block as usize, Ordering::Relaxed);
            size.store(layout.size(), Ordering::Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let known = BLOCKS.iter().find(|it| it.0.load(Ordering::Relaxed) == block as usize);
        if let Some((start, _)) = known {
            start.store(0, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static KNOWN: Known = Known;

fn memory(start: usize, size: usize) {
    print!("memory {start} ");
    for place in start..start + size {
        // SAFETY: the byte is of a live block or static. Padding is read as it is.
        print!("{:02x}", unsafe { (place as *const u8).read_volatile() });
    }
    println!();
}

/// A static that is filled in later; gives it.
macro_rules! plant {
    ($name:ident: $kind:ty = $value:expr) => {{
        static mut $name: Option<$kind> = None;
        // SAFETY: there is one thread.
        let planted: &'static mut Option<$kind> = unsafe { &mut *black_box(&raw mut $name) };
        *planted = Some($value);
        PLANTED.with_borrow_mut(|all| {
            all.push((std::ptr::from_ref(planted) as usize, size_of::<Option<$kind>>()));
        });
        black_box(planted.as_mut().unwrap())
    }};
}

macro_rules! fact {
    ($($part:expr),*) => {{
        $(print!("{} ", $part);)*
        println!();
    }};
}

fn at<T: ?Sized>(place: *const T) -> usize {
    place.cast::<u8>() as usize
}

thread_local! {
    static PLANTED: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
    static COUNTER: Cell<u64> = const { Cell::new(7) };
    static CACHE: RefCell<Vec<String>> = RefCell::new(vec!["cached".to_owned()]);
}

trait Speak {
    fn speak(&self) -> u64;
}

struct Dog(Box<u64>);
struct Cat {
    lives: [u64; 9],
}

impl Speak for Dog {
    fn speak(&self) -> u64 {
        *self.0
    }
}

impl Speak for Cat {
    fn speak(&self) -> u64 {
        self.lives[0]
    }
}

#[repr(align(64))]
struct Aligned(Box<u32>);

enum Choice {
    Boxed(Box<u32>),
    Text { text: String, number: u32 },
    Nothing,
    Small(u8, u16),
    Bytes(Vec<u8>),
}

enum Wide {
    Left(String, u64),
    Right(u64, Vec<u64>),
    Far(Rc<str>),
}

#[repr(i8)]
enum Signed {
    Below(Box<u32>) = -5,
    Above(Vec<u32>) = 7,
}

struct Nested {
    plain: [u8; 64],
    map: Mutex<HashMap<u32, Vec<Arc<str>>>>,
    function: fn(u64) -> u64,
    float: f64,
    tuple: (u8, Option<Box<u64>>),
}

union Either {
    boxed: ManuallyDrop<Box<u64>>,
    number: u64,
}

/// Ready the second time.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match std::mem::replace(&mut self.0, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

async fn wait(name: String) -> usize {
    let waiting = vec![1_u64, 2, 3];
    println!("future WAITING {} {}", at(waiting.as_ptr()), at(name.as_ptr()));
    Later(false).await;
    waiting.len() + name.len()
}

fn words(of: &str, count: usize) -> impl Iterator<Item = String> + '_ {
    (0..count).map(move |number| format!("{of}{number}"))
}

fn vectors() {
    let mut vec = Vec::with_capacity(11);
    vec.extend(words("vec", 7));
    let vec = plant!(VEC: Vec<String> = vec);
    fact!("vec", "VEC", at(vec.as_ptr()), vec.capacity(), vec.len(), size_of::<String>());
    let text = plant!(STRING: String = String::from("text"));
    fact!("vec", "STRING", at(text.as_ptr()), text.capacity(), text.len(), 1);
    let path = plant!(PATH: PathBuf = PathBuf::from("/some/path"));
    fact!("vec", "PATH", at(path.as_os_str().as_encoded_bytes().as_ptr()), path.capacity(), 10, 1);
    let os = plant!(OS: OsString = OsString::from("os"));
    fact!("vec", "OS", at(os.as_encoded_bytes().as_ptr()), os.capacity(), 2, 1);
    let empty = plant!(EMPTY: Vec<u64> = Vec::new());
    fact!("vec", "EMPTY", at(empty.as_ptr()), empty.capacity(), 0, 8);

    let mut ring: VecDeque<Box<u32>> = VecDeque::with_capacity(8);
    ring.extend((0..8).map(Box::new));
    ring.drain(..5);
    ring.extend((8..11).map(Box::new));
    let ring = plant!(RING: VecDeque<Box<u32>> = ring);
    let (first, second) = ring.as_slices();
    let head = (at(first.as_ptr()) - at(second.as_ptr())) / size_of::<Box<u32>>();
    assert!(!second.is_empty());
    fact!("ring", "RING", at(second.as_ptr()), ring.capacity(), head, ring.len(), 8);
}

fn tables() {
    let map = (0_u32..).map(Box::new).zip(words("value", 50)).map(|(a, b)| (b, a)).collect();
    let map = plant!(MAP: HashMap<String, Box<u32>> = map);
    map.retain(|_, value| **value % 3 != 0);
    print!("table MAP {} ", map.len());
    map.iter().for_each(|(key, value)| print!("{} {} ", at(key), at(value)));
    println!();
    let set = plant!(SET: HashSet<String> = words("element", 20).collect());
    print!("table SET {} ", set.len());
    set.iter().for_each(|key| print!("{} ", at(key)));
    println!();

    for (name, count) in [("FEW", 5_usize), ("MANY", 300)] {
        let map = (0_u64..).zip(words("value", count)).collect();
        let map = match name {
            "FEW" => plant!(FEW: BTreeMap<u64, String> = map),
            _ => plant!(MANY: BTreeMap<u64, String> = map),
        };
        print!("tree {name} {} ", map.len());
        map.iter().for_each(|(key, value)| print!("{} {} ", at(key), at(value)));
        println!();
    }
    let set = plant!(SORTED: BTreeSet<Box<u64>> = (0..40).map(Box::new).collect());
    print!("tree SORTED {} ", set.len());
    set.iter().for_each(|key| print!("{} 0 ", at(key)));
    println!();

    let list = plant!(LIST: LinkedList<String> = words("list", 4).collect());
    print!("list LIST {} ", list.len());
    list.iter().for_each(|element| print!("{} ", at(element)));
    println!();
}

fn counted() {
    let rc = plant!(RC: Rc<Dog> = Rc::new(Dog(Box::new(1))));
    let weak = plant!(RC_WEAK: rc::Weak<Dog> = Rc::downgrade(rc));
    let _second = std::mem::ManuallyDrop::new(rc.clone());
    for (name, place) in [("RC", at(Rc::as_ptr(rc))), ("RC_WEAK", at(weak.as_ptr()))] {
        fact!("counted", name, place, Rc::strong_count(rc), Rc::weak_count(rc) + 1);
    }
    let arc = plant!(ARC: Arc<Mutex<Vec<String>>> = Arc::default());
    let weak = plant!(ARC_WEAK: sync::Weak<Mutex<Vec<String>>> = Arc::downgrade(arc));
    for (name, place) in [("ARC", at(Arc::as_ptr(arc))), ("ARC_WEAK", at(weak.as_ptr()))] {
        fact!("counted", name, place, Arc::strong_count(arc), Arc::weak_count(arc) + 1);
    }
    let aligned = plant!(ALIGNED: Arc<Aligned> = Arc::new(Aligned(Box::new(1))));
    fact!("counted", "ALIGNED", at(Arc::as_ptr(aligned)), 1, 1);
    let text = plant!(RC_STR: Rc<str> = Rc::from("text"));
    fact!("counted", "RC_STR", at(text.as_ptr()), 1, 1);
    fact!("length", "RC_STR", 4, 1);
    let slice = plant!(ARC_SLICE: Arc<[Box<u16>]> = (0..5).map(Box::new).collect());
    fact!("counted", "ARC_SLICE", at(slice.as_ptr()), 1, 1);
    fact!("length", "ARC_SLICE", 5, 8);
    let animal = plant!(RC_DYN: Rc<dyn Speak> = Rc::new(Dog(Box::new(4))));
    fact!("counted", "RC_DYN", at(Rc::as_ptr(animal)), 1, 1);
    fact!("dyn", "RC_DYN", at(Rc::as_ptr(animal)), std::any::type_name::<Dog>());
    assert_eq!(animal.speak(), 4);
}

fn pointers() {
    let boxed = plant!(BOX: Box<Cat> = Box::new(Cat { lives: [9; 9] }));
    fact!("pointer", "BOX", "owns", at(&raw const **boxed), size_of::<Cat>());
    let animal = plant!(BOX_DYN: Box<dyn Speak> = Box::new(Cat { lives: [3; 9] }));
    fact!("dyn", "BOX_DYN", at(&raw const **animal), std::any::type_name::<Cat>());
    assert_eq!(animal.speak(), 3);
    let slice = plant!(BOX_SLICE: Box<[String]> = words("slice", 3).collect());
    fact!("pointer", "BOX_SLICE", "owns", at(slice.as_ptr()), size_of::<String>());
    fact!("length", "BOX_SLICE", 3, size_of::<String>());
    let text = plant!(BOX_STR: Box<str> = "boxed".into());
    fact!("pointer", "BOX_STR", "owns", at(text.as_ptr()), 1);
    fact!("length", "BOX_STR", 5, 1);
    let text = plant!(STR: &'static str = "borrowed");
    fact!("pointer", "STR", "borrows", at(text.as_ptr()), 1);
    fact!("length", "STR", 8, 1);
    let reference = plant!(REFERENCE: &'static mut Dog = Box::leak(Box::new(Dog(Box::new(5)))));
    fact!("pointer", "REFERENCE", "borrows", at(&raw const **reference), size_of::<Dog>());
    let path = plant!(BORROWED_PATH: &'static Path = Path::new("path"));
    fact!("pointer", "BORROWED_PATH", "borrows", at(path.as_os_str().as_encoded_bytes().as_ptr()), 0);
    let atomic = plant!(ATOMIC_POINTER: AtomicPtr<Dog> = AtomicPtr::new(Box::leak(Box::new(Dog(Box::new(6))))));
    fact!("pointer", "ATOMIC_POINTER", "borrows", atomic.load(Ordering::Relaxed) as usize, size_of::<Dog>());
    let pinned = plant!(PINNED: Pin<Box<Dog>> = Box::pin(Dog(Box::new(8))));
    fact!("pointer", "PINNED", "owns", at(&raw const **pinned), size_of::<Dog>());
    let uninit = plant!(UNINIT: MaybeUninit<Box<Dog>> = MaybeUninit::new(Box::new(Dog(Box::new(8)))));
    // SAFETY: it was just filled in.
    fact!("pointer", "UNINIT", "owns", at(unsafe { &raw const **uninit.assume_init_ref() }), size_of::<Dog>());
    let either = plant!(EITHER: Either = Either { boxed: ManuallyDrop::new(Box::new(8)) });
    // SAFETY: that field was filled in.
    fact!("pointer", "EITHER", "owns", unsafe { either.number }, 8);
}

fn cells() {
    let cell = plant!(CELL: RefCell<Option<Vec<u32>>> = RefCell::new(Some(vec![1, 2])));
    let inner = cell.get_mut().as_ref().unwrap();
    fact!("vec", "CELL", at(inner.as_ptr()), inner.capacity(), 2, 4);
    let once = plant!(ONCE: OnceLock<Vec<u16>> = OnceLock::from(vec![1, 2, 3]));
    let inner = once.get().unwrap();
    fact!("vec", "ONCE", at(inner.as_ptr()), inner.capacity(), 3, 2);
    let once = plant!(ONCE_CELL: OnceCell<Vec<u16>> = OnceCell::from(vec![1, 2, 3, 4]));
    let inner = once.get().unwrap();
    fact!("vec", "ONCE_CELL", at(inner.as_ptr()), inner.capacity(), 4, 2);
    let lock = plant!(LOCK: RwLock<Vec<u8>> = RwLock::new(vec![9; 9]));
    let inner = lock.get_mut().unwrap();
    fact!("vec", "LOCK", at(inner.as_ptr()), inner.capacity(), 9, 1);
    let nested = Nested {
        plain: [1; 64],
        map: Mutex::new(HashMap::from([(1, vec!["a".into(), "b".into()])])),
        function: |number| number + 1,
        float: 1.0,
        tuple: (1, Some(Box::new(2))),
    };
    let nested = plant!(NESTED: Nested = nested);
    let map = nested.map.get_mut().unwrap();
    fact!("table", "NESTED", 1, at(map.values().next().unwrap()));
    fact!("field", "NESTED", "tuple", at(&raw const **nested.tuple.1.as_ref().unwrap()));
    fact!("fields", "NESTED", "map", "tuple");
    black_box((nested.plain, nested.float, (nested.function)(1), nested.tuple.0));
}

fn numbers() {
    black_box(plant!(USIZE: [usize; 3] = [1, 2, 3]));
    fact!("shape", "USIZE", "Number");
    black_box(plant!(ATOMIC: AtomicUsize = AtomicUsize::new(3)));
    fact!("shape", "ATOMIC", "Number");
    black_box(plant!(FLOATS: [f64; 4] = [1.0; 4]));
    fact!("shape", "FLOATS", "Plain");
    black_box(plant!(BYTES: [u8; 256] = [1; 256]));
    fact!("shape", "BYTES", "Plain");
    black_box(plant!(FUNCTION: fn() = numbers));
    fact!("shape", "FUNCTION", "Plain");
    black_box(plant!(TIME: std::time::Duration = std::time::Duration::from_secs(1)));
}

fn choices() {
    let boxed = Box::new(1);
    fact!("variant", "CHOICE_BOXED", "Boxed", "__0", at(&raw const *boxed));
    black_box(plant!(CHOICE_BOXED: Choice = Choice::Boxed(boxed)));
    let text = "text".to_owned();
    fact!("variant", "CHOICE_TEXT", "Text", "text", at(text.as_ptr()));
    black_box(plant!(CHOICE_TEXT: Choice = Choice::Text { text, number: 3 }));
    fact!("variant", "CHOICE_NOTHING", "Nothing");
    black_box(plant!(CHOICE_NOTHING: Choice = Choice::Nothing));
    fact!("variant", "CHOICE_SMALL", "Small");
    black_box(plant!(CHOICE_SMALL: Choice = Choice::Small(1, 2)));
    let bytes = vec![1, 2];
    fact!("variant", "CHOICE_BYTES", "Bytes", "__0", at(bytes.as_ptr()));
    let choice = plant!(CHOICE_BYTES: Choice = Choice::Bytes(bytes));
    if let Choice::Text { text, number } = choice {
        println!("{text} {number}");
    }
    let left = "left".to_owned();
    fact!("variant", "WIDE_LEFT", "Left", "__0", at(left.as_ptr()));
    black_box(plant!(WIDE_LEFT: Wide = Wide::Left(left, 3)));
    let right = vec![1];
    fact!("variant", "WIDE_RIGHT", "Right", "__1", at(right.as_ptr()));
    black_box(plant!(WIDE_RIGHT: Wide = Wide::Right(3, right)));
    black_box(plant!(WIDE_FAR: Wide = Wide::Far("far".into())));
    let below = Box::new(3);
    fact!("variant", "SIGNED_BELOW", "Below", "__0", at(&raw const *below));
    black_box(plant!(SIGNED_BELOW: Signed = Signed::Below(below)));
    let boxed = Box::new(4);
    fact!("variant", "NEVER", "Ok", "__0", at(&raw const *boxed));
    black_box(plant!(NEVER: Result<Box<u32>, Infallible> = Ok(boxed)));
    let above = vec![3];
    fact!("variant", "SIGNED_ABOVE", "Above", "__0", at(above.as_ptr()));
    black_box(plant!(SIGNED_ABOVE: Signed = Signed::Above(above)));
}

fn dynamic() {
    let (name, number) = ("captured".to_owned(), 7_usize);
    let place = at(name.as_ptr());
    let closure = plant!(CLOSURE: Box<dyn Fn() -> usize> = Box::new(move || number + name.len()));
    assert_eq!(closure(), 15);
    fact!("captured", "CLOSURE", "name", place);
    let mut future: Pin<Box<dyn Future<Output = usize>>> = Box::pin(wait("name".to_owned()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    let future = plant!(WAITING: Pin<Box<dyn Future<Output = usize>>> = future);
    black_box(future);
}

fn bias() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let program = std::env::current_exe().unwrap();
    let first = maps.lines().find(|line| line.ends_with(program.to_str().unwrap())).unwrap();
    usize::from_str_radix(first.split('-').next().unwrap(), 16).unwrap()
}

fn main() {
    fact!("bias", bias());
    vectors();
    tables();
    counted();
    pointers();
    cells();
    numbers();
    choices();
    dynamic();
    CACHE.with_borrow(|cache| fact!("vec", "CACHE", at(cache.as_ptr()), 1, 1, size_of::<String>()));
    CACHE.with(|cache| fact!("thread_local", "CACHE", at(cache)));
    COUNTER.with(|counter| fact!("thread_local", "COUNTER", at(counter)));
    let base: usize;
    // SAFETY: the word at that address is the address itself.
    unsafe { std::arch::asm!("mov {}, fs:0", out(reg) base) };
    fact!("thread", base);
    CACHE.with(|cache| memory(at(cache) - 64, 64 + 64));
    for (start, size) in PLANTED.with_borrow(Clone::clone) {
        memory(start, size);
    }
    let live: Vec<_> = BLOCKS.iter().map(|it| (it.0.load(Ordering::Relaxed), it.1.load(Ordering::Relaxed))).collect();
    for (start, size) in live {
        if start != 0 {
            memory(start, size);
        }
    }
}
