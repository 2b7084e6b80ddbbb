//! Programs as people write them, each a few hundred thousand allocations.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;

use clap::Parser;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::coroutines;

/// The work of this name, so many times as large.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn run(name: &str, scale: usize) -> Box<dyn std::any::Any> {
    match name {
        "json" => Box::new(documents(60 * scale)),
        "map" => Box::new(maps(800 * scale as u64)),
        "tree" => Box::new((0..30 * scale).map(|_| tree(10)).collect::<Vec<_>>()),
        "regex" => Box::new((0..scale).map(|_| patterns(25)).collect::<Vec<_>>()),
        "threads" => Box::new(threads(64, 500 * scale)),
        "tokio" => Box::new(tasks(400 * scale)),
        "rayon" => Box::new(parallel(400 * scale as u64)),
        "macros" => Box::new((0..25 * scale).map(orders).collect::<Vec<_>>()),
        "scope" => Box::new(scoped(8 * scale)),
        "coroutines" => Box::new(coroutines::take_turns(40 * scale)),
        other => panic!("no work is called {other}"),
    }
}

/// Values that are made, written and read again.
#[must_use]
pub fn documents(count: usize) -> Vec<Value> {
    let document = |number: usize| {
        let rows: Vec<_> = (0..20)
            .map(|row| json!({ "id": row, "name": format!("row {row} of {number}"), "tags": ["a", "b"] }))
            .collect();
        json!({ "number": number, "rows": rows })
    };
    let mut kept = Vec::new();
    for number in 0..count {
        let text = document(number).to_string();
        let value: Value = serde_json::from_str(&text).expect("what was written can be read");
        if number % 3 == 0 {
            kept.push(value);
        }
    }
    kept
}

/// Ordered maps that grow and shrink.
#[must_use]
pub fn maps(count: u64) -> BTreeMap<u64, String> {
    let mut map = BTreeMap::new();
    for number in 0..count * 20 {
        map.insert(number * 7919 % 4001, format!("value {number}"));
        if number % 3 == 0 {
            map.remove(&(number * 31 % 4001));
        }
    }
    map
}

/// A node of a binary tree.
#[derive(Debug)]
pub struct Node {
    _children: Option<[Box<Node>; 2]>,
}

/// Every level calls the one below: the same return addresses, again and again.
#[must_use]
#[inline(never)]
pub fn tree(depth: usize) -> Box<Node> {
    let children = (depth > 0).then(|| [tree(depth - 1), tree(depth - 1)]);
    black_box(Box::new(Node { _children: children }))
}

/// Patterns compiled and searched.
#[must_use]
pub fn patterns(count: usize) -> Vec<String> {
    let text = "2024-01-31 and 1999-12-24, but not 12-24 or abc";
    let mut found = Vec::new();
    for number in 0..count {
        let pattern = format!(r"(?<year>\d{{4}})-(\d{{2}})-(\d{{2}})|x{{{}}}", number + 1);
        let pattern = regex::Regex::new(&pattern).expect("a pattern");
        found.extend(pattern.find_iter(text).map(|found| found.as_str().to_owned()));
    }
    found
}

/// Every thread sends what it made to the next, which frees it; some of it stays.
#[must_use]
pub fn threads(count: usize, each: usize) -> Vec<String> {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::channel()).unzip();
    let mut senders = senders.into_iter().cycle().skip(1);
    let threads: Vec<_> = receivers
        .into_iter()
        .map(|receiver: mpsc::Receiver<String>| {
            let next: mpsc::Sender<String> = senders.next().expect("a cycle has no end");
            thread::spawn(move || {
                for number in 0..each {
                    next.send(format!("message {number}")).expect("the next thread listens");
                }
                drop(next);
                let mut kept = Vec::new();
                for _ in 0..each {
                    let message = receiver.recv().expect("a message");
                    if message.ends_with('7') {
                        kept.push(message);
                    }
                }
                (kept, receiver)
            })
        })
        .collect();
    drop(senders);
    let ended: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("it ends")).collect();
    ended.into_iter().flat_map(|(kept, _)| kept).collect()
}

/// Tasks on several workers, which are gone when this returns.
///
/// # Panics
/// Without threads.
#[must_use]
pub fn tasks(count: usize) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build();
    runtime.expect("threads").block_on(async {
        let tasks: Vec<_> = (0..count)
            .map(|number| {
                tokio::spawn(async move {
                    let mut text = String::new();
                    for step in 0..10 {
                        text.push_str(&format!("{number}.{step} "));
                        tokio::task::yield_now().await;
                    }
                    text
                })
            })
            .collect();
        let mut texts = Vec::new();
        for task in tasks {
            texts.push(task.await.expect("it ends"));
        }
        texts
    })
}

/// A parallel iterator, on a pool of its own.
///
/// # Panics
/// Without threads.
#[must_use]
pub fn parallel(count: u64) -> Vec<Vec<String>> {
    use rayon::prelude::*;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
    let rows = pool.install(|| {
        let rows = (0..count).into_par_iter();
        rows.map(|row| (0..20).map(|number| (row * number).to_string()).collect()).collect()
    });
    // A pool does not wait for the end of its threads, which still allocate.
    drop(pool);
    while std::fs::read_dir("/proc/self/task").expect("this is Linux").count() > 1 {
        thread::yield_now();
    }
    rows
}

/// Threads that borrow.
#[must_use]
pub fn scoped(count: usize) -> Vec<String> {
    let words = ["one", "two", "three"];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                scope.spawn(move || words.map(|word| format!("{word} {number}")).join(" "))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    })
}

/// An order, whose fields only derived code reads.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, Parser, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Order {
    #[arg(long)]
    client: String,
    #[arg(long, value_delimiter = ',')]
    articles: Vec<String>,
    #[arg(long, default_value = "none")]
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    #[command(subcommand)]
    delivery: Delivery,
}

#[derive(
    clap::Subcommand, Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(tag = "kind")]
enum Delivery {
    Fetched,
    Sent { address: String, days: u32 },
}

/// Orders that are parsed, written, read, cloned, compared and printed by derived code, below an
/// asynchronous main function that a macro made.
///
/// # Panics
/// When what was written cannot be read.
#[tokio::main(flavor = "current_thread")]
pub async fn orders(number: usize) -> Vec<Order> {
    let client = format!("client {number}");
    let arguments = ["order", "--client", &client, "--articles", "pen,paper,ink"];
    let fetched = Order::try_parse_from(arguments.iter().chain(&["fetched"]));
    let sent = ["sent", "1 Main Street", "3"];
    let sent = Order::try_parse_from(arguments.iter().chain(&sent));
    let mut all = Vec::from([fetched, sent].map(|order| order.expect("an order")));
    let text = serde_json::to_string(&all).expect("JSON");
    let again = async { serde_json::from_str::<Vec<Order>>(&text).expect("orders") };
    let shown = async { format!("{all:?}") };
    let (again, shown) = tokio::join!(again, shown);
    assert_eq!((&again, format!("{again:?}")), (&all, shown));
    all.extend(again.clone());
    all.sort();
    all
}
