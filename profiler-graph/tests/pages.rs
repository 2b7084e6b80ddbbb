//! The report as a page. `tests/browser` opens the pages that this leaves in `target/tmp`.
#![cfg(feature = "html")]

mod builder;

use mem_profile_format::heap_layout::{NONE, root, site};
use mem_profile_graph::{HeapGraph, Image, TreeKind, TreeNode, export};

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// A service with a cache, an index, sessions, listeners, and some leaks.
struct Service {
    image: ImageBuilder,
    random: fastrand::Rng,
    next: u64,
    sites: u64,
}

impl Service {
    fn new() -> Self {
        let mut image = ImageBuilder::new();
        image.module("/opt/bin/shop", 0x1000, &[[0x1000, 0x90_0000, 6]]);
        image.thread(71, "main", [0x7f00_0000, 0x7f10_0000, 0x7f0f_0000], &[]);
        image.thread(72, "worker-1", [0x7e00_0000, 0x7e10_0000, 0x7e0f_0000], &[]);
        Self { image, random: fastrand::Rng::with_seed(7), next: HEAP, sites: 0 }
    }

    fn kind(&mut self, name: &str) -> u32 {
        self.sites += 1;
        let label = self.image.label(name);
        self.image.site(site::COMPLETE, label, &[0x1000 + self.sites * 0x40])
    }

    fn block(&mut self, site: u32, size: u64) -> u32 {
        let start = self.next;
        self.next += size.next_multiple_of(16);
        self.image.block(start, size, site)
    }

    /// A block whose words lead to as many others.
    fn list(&mut self, site: u32, count: u64, each: impl Fn(&mut Self) -> u32) -> u32 {
        let list = self.block(site, count * 8);
        for place in 0..count {
            let element = each(self);
            self.image.point(list, place * 8, element);
        }
        list
    }

    fn around(&mut self, bytes: u64) -> u64 {
        bytes / 2 + self.random.u64(..bytes)
    }

    /// A block that leads to another one.
    fn owner(&mut self, site: u32, size: u64, of: u32) -> u32 {
        let owner = self.block(site, size);
        self.image.point(owner, 0, of);
        owner
    }

    fn cache(&mut self) -> u32 {
        let names = [
            "(alloc::string::String, shop::cache::Entry)",
            "alloc::string::String",
            "alloc::vec::Vec<u8>",
            "shop::cache::Entry",
        ];
        let [table, key, body, entry] = names.map(|name| self.kind(name));
        self.list(table, 400, |service| {
            let size = service.around(24);
            let key = service.block(key, size);
            let size = service.around(60_000);
            let body = service.block(body, size);
            let entry = service.owner(entry, 64, body);
            service.image.point(entry, 8, key);
            entry
        })
    }

    /// A tree of nodes of one type.
    fn index(&mut self) -> u32 {
        let node = self.kind("alloc::collections::btree::node::InternalNode<u64, shop::Posting>");
        let postings = self.kind("alloc::vec::Vec<shop::index::Posting>");
        let nodes: Vec<_> = (0..300).map(|_| self.block(node, 280)).collect();
        for (place, &node) in (0_usize..).zip(&nodes) {
            let size = self.around(18_000);
            let postings = self.block(postings, size);
            self.image.point(node, 200, postings);
            let below = (place * 6 + 1..place * 6 + 7).filter_map(|child| nodes.get(child));
            (0..).zip(below).for_each(|(at, &child)| self.image.point(node, at * 8, child));
        }
        nodes[0]
    }

    fn sessions(&mut self) -> u32 {
        let names = [
            "shop::session::Session",
            "alloc::sync::ArcInner<tokio::sync::Mutex<shop::session::Session>>",
            "alloc::vec::Vec<shop::session::Click>",
        ];
        let [list, session, clicks] = names.map(|name| self.kind(name));
        self.list(list, 250, |service| {
            let size = service.around(9_000);
            let clicks = service.block(clicks, size);
            service.owner(session, 136, clicks)
        })
    }

    fn graph(mut self) -> HeapGraph {
        let image = Image::read(self.image.build()).expect("a capture");
        HeapGraph::new(image).expect("a graph")
    }
}

fn service() -> HeapGraph {
    let mut service = Service::new();
    let (cache, index, sessions) = (service.cache(), service.index(), service.sessions());
    let names = ["shop::App", "shop::config::Config", "core::cell::RefCell<shop::graph::Node>"];
    let [app, config, node] = names.map(|name| service.kind(name));
    let local = service.kind("alloc::vec::Vec<shop::job::Job>");
    let unseen = service.kind("alloc::boxed::Box<shop::ffi::Callback>");
    let config = service.block(config, 4_096);
    let app = service.owner(app, 256, cache);
    (1..).zip([index, config]).for_each(|(at, to)| service.image.point(app, at * 8, to));
    let local = service.block(local, 700_000);
    let unseen = service.block(unseen, 90_000);
    for _ in 0..120 {
        let (one, other) = (service.block(node, 9_000), service.block(node, 9_000));
        service.image.point(one, 16, other);
        service.image.point(other, 24, one);
    }
    // The stack is no holder of what a static holds.
    service.image.point(local, 0, config);
    let at = [app, sessions, local, unseen].map(|block| service.image.start(block));
    service.image.statics(0x3000, &[at[0], 0, at[1]]);
    service.image.root(root::STACK, 72, NONE, 0x7e0f_0000, &[at[2]]);
    service.image.unseen(0xb000, at[3]);
    service.graph()
}

/// Leaves a page for whoever wants to look at it, in `target/tmp`.
fn keep(name: &str, page: &str) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(path, page).expect("a file");
}

#[test]
fn the_page_of_a_service_has_all_of_its_report() {
    let graph = service();
    let report = graph.report(10);
    let page = report.html(&graph.retained_tree(3_000));
    keep("heap-service.html", &page);
    for part in
        ["Leak suspects", "shop::<wbr>cache::<wbr>Entry", "120 cycles", "<h2 id=\"leaks-title\">"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("{{"), "all parts are filled in");
}

/// For `tests/snapshots`.
#[test]
fn a_service_is_left_for_viewers() {
    let Some(folder) = std::env::var_os("HEAP_SNAPSHOTS") else { return };
    let path = std::path::Path::new(&folder).join("service");
    let (graph, mut snapshot, mut lines) = (service(), Vec::new(), Vec::new());
    export::heapsnapshot(&graph, &mut snapshot).expect("memory");
    export::jsonl(&graph, &mut lines).expect("memory");
    std::fs::write(path.with_extension("heapsnapshot"), snapshot).expect("a file");
    std::fs::write(path.with_extension("jsonl"), lines).expect("a file");
}

#[test]
fn all_bytes_are_in_the_tree_once() {
    let graph = service();
    let bytes: u64 = graph.image().blocks().map(|block| block.size).sum();
    for most in [1, 2, 7, 20, 3_000] {
        let tree = graph.retained_tree(most);
        let own = |node: &TreeNode| match node.kind {
            TreeKind::Rest => node.retained,
            _ => node.bytes,
        };
        assert_eq!(tree.nodes[0].retained, bytes);
        assert_eq!(tree.nodes.iter().map(own).sum::<u64>(), bytes, "{most}");
        for (place, node) in tree.nodes.iter().enumerate() {
            let below = tree.nodes.iter().enumerate().skip(1).filter(|(_, it)| it.above == place);
            let held: u64 = below.map(|(_, it)| it.retained).sum();
            let all = if node.kind == TreeKind::Rest { node.retained } else { node.bytes + held };
            assert_eq!(node.retained, all, "{node:?}");
            assert!(place == 0 || node.above < place);
        }
        let kept = tree.nodes.iter().filter(|node| node.kind != TreeKind::Rest).count();
        assert!(kept <= most, "{kept}");
    }
}

#[test]
fn a_tree_of_nodes_is_one_box_and_large_blocks_are_their_own() {
    let tree = service().retained_tree(3_000);
    let of = |part: &str| tree.nodes.iter().filter(|node| node.name.contains(part)).count();
    assert_eq!((of("InternalNode"), of("Vec<shop::index")), (1, 1));
    let node = tree.nodes.iter().find(|node| node.name.contains("InternalNode"));
    assert_eq!(node.map(|node| (node.blocks, node.bytes)), Some((300, 300 * 280)));
    let local = tree.nodes.iter().find(|node| node.name.contains("Job")).expect("a local");
    assert_eq!((local.blocks, local.bytes, local.retained), (1, 700_000, 700_000));
    assert_eq!(tree.nodes[local.above].name, "stack of worker-1");
}

#[test]
fn a_page_of_many_types_is_small_and_says_what_it_leaves_out() {
    let mut service = Service::new();
    let list = service.kind("list");
    let kinds: Vec<_> = (0..9_000)
        .map(|number| {
            service.kind(&format!("very::long::path::of::a::Type<WithParameter{number}>"))
        })
        .collect();
    let list = service.block(list, 9_000 * 8);
    for (place, &kind) in (0..).zip(&kinds) {
        let block = service.block(kind, 16 + place % 977);
        service.image.point(list, place * 8, block);
    }
    let start = service.image.start(list);
    service.image.statics(0x3000, &[start]);
    let graph = service.graph();
    let tree = graph.retained_tree(3_000);
    let page = graph.report(10).html(&tree);
    assert!(page.len() < 1 << 20, "{}", page.len());
    let rest = tree.nodes.iter().find(|node| node.kind == TreeKind::Rest).expect("left out");
    assert_eq!(rest.blocks, 9_000 + 3 - 3_000);
    keep("heap-many.html", &page);
}

#[test]
fn a_name_becomes_no_markup() {
    let mut service = Service::new();
    let kind = service.kind("</script><script>alert(1)</script><b>&\"'\u{202e}");
    let block = service.block(kind, 1000);
    let start = service.image.start(block);
    service.image.statics(0x3000, &[start]);
    let graph = service.graph();
    let page = graph.report(10).html(&graph.retained_tree(10));
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    assert!(!page.contains("<b>&") && !page.contains('\u{202e}'));
    keep("heap-names.html", &page);
}
