//! Async functions, blocks and closures.

use super::assert_expansion;

#[test]
fn function() {
    assert_expansion!(
        "async_function",
        "#[mem_profile]
        async fn f(mut a: Vec<u8>, (b, mut c): (u8, u8), _: Guard, #[cfg(unix)] d: u8) -> Result<u8, Failure> {
            #![allow(unused)]
            const N: u8 = 1;
            a.push(b);
            c = read().await?;
            Ok(c + N)
        }"
    );
}

#[test]
fn attributes_of_parameters_are_for_lints_or_stay() {
    assert_expansion!(
        "async_parameter_attributes",
        "#[mem_profile]
        async fn f(#[case] #[allow(unused)] a: u8, #[values(1, 2)] (b, _): (u8, u8)) -> u8 {
            let sum = a + b;
            sum
        }"
    );
}

#[test]
fn without_return_type() {
    assert_expansion!(
        "async_unit",
        "#[mem_profile]
        async fn f() {
            for i in 0..3 {
                let value = read(i).await;
                drop(value);
            }
        }"
    );
}

#[test]
fn never() {
    assert_expansion!(
        "async_never",
        "#[mem_profile]
        async fn f() -> ! {
            loop {
                step().await;
            }
        }"
    );
}

#[test]
fn opaque_return_type() {
    assert_expansion!(
        "async_opaque",
        "#[mem_profile]
        async fn f() -> Option<impl Debug> {
            Some(1)
        }"
    );
}

#[test]
fn methods() {
    assert_expansion!(
        "async_methods",
        "#[mem_profile]
        impl Thing {
            async fn by_value(mut self) -> u8 {
                self.change();
                self.get()
            }
            async fn by_reference(&mut self) -> u8 {
                self.get()
            }
        }"
    );
}

#[test]
fn blocks() {
    assert_expansion!(
        "async_blocks",
        "#[mem_profile]
        fn f(n: u8) -> impl Future<Output = u8> {
            let first = async { n };
            async move {
                let m = first.await;
                m + 1
            }
        }"
    );
}

#[test]
fn closures() {
    assert_expansion!(
        "async_closures",
        "#[mem_profile]
        fn f() {
            let block = async |n: u8| -> u8 {
                let m = read(n).await;
                m
            };
            let expression = async |n| read(n).await;
            let pattern = async |(n, m)| {
                read(n + m).await
            };
        }"
    );
}
