//! The attribute on tests themselves, above and below the attribute that makes them tests.

use mem_profile::mem_profile;

fn calls(path: &str) -> u64 {
    let snapshot = mem_profile::snapshot();
    let found = snapshot.functions.iter().find(|function| function.name.ends_with(path));
    found.map_or(0, |function| function.calls)
}

#[mem_profile]
#[test]
fn above_test() {
    let words = ["above".to_owned()];
    assert_eq!(words.len(), 1);
    assert_eq!(calls("::above_test"), 1);
}

#[test]
#[mem_profile]
fn below_test() -> Result<(), std::num::ParseIntError> {
    let number: i32 = "1".parse()?;
    assert_eq!(number, 1);
    assert_eq!(calls("::below_test"), 1);
    Ok(())
}

#[mem_profile]
#[test]
#[should_panic(expected = "on purpose")]
fn panics_as_expected() {
    let words = ["on purpose".to_owned()];
    panic!("{}", words[0]);
}

#[mem_profile]
#[tokio::test]
async fn above_tokio_test() {
    let words = ["above".to_owned()];
    tokio::task::yield_now().await;
    assert_eq!(words.len(), 1);
    assert_eq!(calls("::above_tokio_test"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[mem_profile]
async fn below_tokio_test() -> Result<(), Box<dyn std::error::Error>> {
    let number: i32 = "1".parse()?;
    tokio::task::yield_now().await;
    assert_eq!(number, 1);
    assert_eq!(calls("::below_tokio_test"), 1);
    Ok(())
}
