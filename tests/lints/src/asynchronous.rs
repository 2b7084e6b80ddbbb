//! Async functions, blocks and closures.

use alloc::borrow::ToOwned as _;
use alloc::string::ToString as _;
use core::error::Error;
use core::fmt::Display;
use core::future;
use core::pin::Pin;
use mem_profile::mem_profile;

/// An error.
type Failure = Box<dyn Error + Send + Sync>;

/// Waits, and returns its argument.
#[mem_profile]
pub async fn echo(text: &str) -> String {
    let owned = text.to_owned();
    future::ready(()).await;
    owned
}

/// Returns nothing.
#[mem_profile]
pub async fn nothing(texts: &mut Vec<String>) {
    for text in texts {
        let echoed = echo(text).await;
        text.push_str(&echoed);
    }
}

/// Reads numbers.
///
/// # Errors
///
/// The first one that cannot be read.
#[mem_profile]
pub async fn numbers(
    texts: &[&str],
    mut sum: i64,
    (low, high): (i64, i64),
) -> Result<i64, Failure> {
    for text in texts {
        let number: i64 = echo(text).await.parse()?;
        if number == 0 {
            sum = sum.wrapping_add(1);
        } else if number < low {
            return Err("too low".into());
        } else {
            sum = sum.wrapping_add(number.min(high));
        }
    }
    let block = async {
        let read: i64 = echo("1").await.parse()?;
        Ok::<_, Failure>(read)
    };
    let closure = async |number: i64| {
        future::ready(()).await;
        number.wrapping_add(1)
    };
    let last = closure(block.await?).await;
    Ok(sum.wrapping_add(last))
}

/// Has an unused parameter.
#[mem_profile]
pub async fn unused(_text: &str, _: usize, mut texts: Vec<String>) -> usize {
    texts.push(String::new());
    future::ready(texts.len()).await
}

/// Returns an opaque type.
#[mem_profile]
pub async fn opaque(number: u8) -> impl Display + Send {
    let shown = number.to_string();
    future::ready(()).await;
    shown
}

/// Never returns.
#[mem_profile]
#[expect(clippy::infinite_loop, reason = "that is what it is for")]
pub async fn never() {
    loop {
        let waited = echo("again").await;
        drop(waited);
    }
}

/// Calls itself.
#[mem_profile]
#[must_use]
pub fn depth(levels: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        if levels == 0 {
            return 0;
        }
        let deeper = depth(levels.saturating_sub(1)).await;
        deeper.saturating_add(1)
    })
}

/// Returns a future of its own making.
#[mem_profile]
pub fn later(text: &str) -> impl Future<Output = usize> + Send {
    let owned = text.to_owned();
    async move {
        let echoed = echo(&owned).await;
        match echoed.len() {
            0 => 1,
            length => {
                let doubled = length.saturating_mul(2);
                doubled.saturating_sub(1)
            }
        }
    }
}

/// A connection of some kind.
#[derive(Debug, Default)]
pub struct Connection {
    /// The texts that were sent.
    sent: Vec<String>,
}

#[mem_profile]
impl Connection {
    /// Sends a text.
    pub async fn send(&mut self, text: &str) -> usize {
        let echoed = echo(text).await;
        self.sent.push(echoed);
        self.sent.len()
    }

    /// Closes the connection.
    pub async fn close(mut self) -> Vec<String> {
        let _: usize = self.send("bye").await;
        self.sent
    }

    /// Closes a boxed connection.
    #[must_use]
    pub async fn close_boxed(self: Box<Self>, last: &str) -> usize {
        let mut connection = self;
        connection.send(last).await
    }
}
