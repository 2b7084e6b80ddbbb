//! Syntax and drop order of edition 2024.

use crate::support::*;

both! { chains;
    pub(crate) fn chains(words: &[&'static str]) -> usize {
        if let Some(first) = words.first()
            && let name = Noisy("temporary").name()
            && first.len() > name.len() - 8
        {
            let _inner = Noisy("inner");
            step(*first);
        } else if let [only] = words
            && only.is_empty()
        {
            step("empty");
        } else {
            step("else");
        }
        let mut index = 0;
        while let Some(word) = words.get(index)
            && Noisy("while").name().len() > word.len()
        {
            let _each = Noisy("each");
            index += 1;
        }
        match words {
            [first, ..] if Noisy("guard").name().len() == first.len() => index + 10,
            _ => index,
        }
    }
}

both! { borrowed_tail;
    pub(crate) fn borrowed_tail() -> usize {
        let cell = std::cell::RefCell::new(vec![1, 2]);
        let inner = {
            let lock = std::sync::Mutex::new(4);
            *lock.lock().unwrap()
        };
        let call = || {
            let lock = std::sync::Mutex::new(inner);
            *lock.lock().unwrap()
        };
        let matched = match call() {
            0 => 0,
            _ => {
                let other = std::cell::RefCell::new(7);
                *other.borrow()
            }
        };
        if matched > 3 {
            let length = std::cell::RefCell::new(matched);
            length.borrow().min(cell.borrow().len())
        } else {
            cell.borrow().len()
        }
    }
}

both! { borrowed_tail_async;
    pub(crate) async fn borrowed_tail_async() -> usize {
        let lock = std::sync::Mutex::new(3);
        yield_now().await;
        let block = async {
            let cell = std::cell::RefCell::new(4);
            yield_now().await;
            *cell.borrow()
        };
        let sum = block.await;
        *lock.lock().unwrap() + sum
    }
}

both! { captures;
    pub(crate) fn captures(words: &[String]) -> impl Iterator<Item = usize> {
        let extra = words.len();
        words.iter().map(move |word| {
            let length = word.len();
            length + extra
        })
    }
}

#[test]
fn chains_drop_as_before() {
    for words in [&[][..], &["a"], &[""], &["abcde", "b"], &["abcdefghij"]] {
        same!(chains(words));
    }
}

#[test]
fn tails_may_borrow_locals() {
    assert_eq!(same!(borrowed_tail()).0, 2);
    assert_eq!(same_async!(borrowed_tail_async()).0, 7);
    let words = ["one".to_owned()];
    assert_eq!(same!(captures, captures(&words).collect::<Vec<_>>()).0, [4]);
}
