
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

struct Plain;

struct Point {
    left: usize,
    right: usize,
}

unsafe fn dangerous() -> usize {
    3
}


fn missing_bound<T>(value: T) -> String {
    for _ in 0..3 {
        value.to_string();
    }
    format!("{value}")
}


fn unsatisfied<K: Hash>(keys: Vec<K>) -> HashMap<K, usize> {
    let mut counts = HashMap::new();
    keys.into_iter().map(|key| {
        let count = 1;
        (key, count)
    }).collect()
}


fn wrong_arguments(number: usize) -> usize {
    let point = Point { left: 3 };
    if number > point.middle {
        return wrong_arguments(1, 2);
    }
    let call = |left: usize, right: usize| {
        let sum = left + right;
        sum
    };
    match number {
        0 => call(1),
        _ => dangerous(),
    }
}


fn no_question(text: &str) -> usize {
    let number: usize = text.parse()?;
    let call = || {
        let inner: usize = text.parse()?;
        inner
    };
    call() + number
}


fn not_iterable(number: usize) -> usize {
    let mut sum = 0;
    for part in number {
        sum += part;
    }
    while let Some(found) = Plain {
        sum += 1;
    }
    sum + Plain
}


fn never_inferred(text: &str) -> usize {
    let parsed = text.parse().unwrap();
    let empty = Vec::new();
    empty.len()
}


async fn wrong_await(number: usize) -> Result<usize, Plain> {
    let waited = number.await;
    let text = async {
        let inner = Plain.await;
        inner
    };
    let failed: Result<usize, String> = Ok(text.await);
    let call = || {
        let never = std::future::ready(3).await;
        never
    };
    let found = Some(3)?;
    Ok(failed?)
}


async fn missing_bound_async<T>(value: T) -> String {
    std::future::ready(()).await;
    let shown: &dyn Display = &value;
    show(Plain).await
}


async fn show(value: impl Display) -> String {
    let shown = value.to_string();
    shown
}

fn main() {
    missing_bound(Plain);
}
