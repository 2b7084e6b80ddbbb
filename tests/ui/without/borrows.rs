


fn moved(text: String) -> usize {
    let other = text;
    for round in 0..3 {
        drop(other);
    }
    text.len() + other.len()
}


fn borrowed() -> &'static str {
    let text = String::from("local");
    if text.len() > 3 {
        return &text;
    }
    text.as_str()
}


fn aliased(values: &mut Vec<usize>) -> usize {
    let first = &values[0];
    values.push(1);
    let grow = || {
        let more = 3;
        values.push(more);
    };
    values.push(*first);
    grow();
    values.len()
}


fn dropped_too_soon() -> usize {
    let longest;
    {
        let text = String::from("inner");
        longest = &text;
    }
    longest.len()
}


fn lifetimes<'a, 'b>(left: &'a str, right: &'b str) -> &'a str {
    if left.len() > right.len() { left } else { right }
}


fn not_mutable(values: Vec<usize>) -> usize {
    let count = 0;
    values.push(3);
    count += 1;
    let uninitialised: usize;
    count + uninitialised
}


fn escaping(number: usize) -> Box<dyn Fn() -> usize> {
    let captured = number;
    Box::new(|| {
        let more = captured + 1;
        more
    })
}


async fn moved_async(text: String, (left, right): (String, String)) -> usize {
    drop(text);
    std::future::ready(()).await;
    left.push('x');
    drop(right);
    text.len() + right.len()
}

fn main() {
    moved(String::new());
}
