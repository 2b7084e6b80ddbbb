//! The attribute on `impl` blocks, traits and modules.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::str::FromStr;
use mem_profile::mem_profile;

/// A queue with a limit.
#[derive(Debug, Default, Clone)]
pub struct Bounded<T> {
    /// The values in the queue.
    waiting: VecDeque<T>,
    /// The most values that may wait.
    limit: usize,
}

#[mem_profile]
impl<T: Clone> Bounded<T> {
    /// The limit of all queues.
    pub const MOST: usize = 1 << 10;

    /// An empty queue.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { waiting: VecDeque::new(), limit }
    }

    /// Adds one.
    ///
    /// # Errors
    ///
    /// Returns the value if the queue is full.
    pub fn push(&mut self, item: T) -> Result<usize, T> {
        let length = self.waiting.len();
        if length >= self.limit.min(Self::MOST) {
            return Err(item);
        }
        self.waiting.push_back(item);
        Ok(length)
    }

    /// Takes all values, but at most `most` of them.
    #[must_use = "what was taken is gone"]
    pub fn take(&mut self, most: usize) -> Vec<T> {
        let count = most.min(self.waiting.len());
        let mut taken = Vec::with_capacity(count);
        taken.extend(self.waiting.drain(..count));
        taken
    }

    /// Everything, without emptying the queue.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let waiting = &self.waiting;
        waiting.iter()
    }

    /// The first one.
    #[mem_profile(skip)]
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.waiting.front()
    }

    /// The whole queue, shared.
    #[must_use]
    pub fn shared(self) -> Arc<Self> {
        let this = self;
        Arc::new(this)
    }
}

#[mem_profile]
impl<T: fmt::Display> fmt::Display for Bounded<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, item) in self.waiting.iter().enumerate() {
            if position > 0 {
                formatter.write_str(", ")?;
            }
            write!(formatter, "{item}")?;
        }
        Ok(())
    }
}

/// An error in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    #[mem_profile]
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("malformed")
    }
}

impl Error for Malformed {}

#[mem_profile]
impl FromStr for Bounded<String> {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut queue = Self::new(text.len());
        for part in text.split(',') {
            let _: usize = queue.push(String::from(part)).map_err(|_| Malformed)?;
        }
        Ok(queue)
    }
}

/// Has a size.
#[mem_profile]
pub trait Sized2D {
    /// The unit of the size.
    const UNIT: &'static str;

    /// How wide.
    fn width(&self) -> u32;

    /// How high.
    fn height(&self) -> u32;

    /// The area.
    fn area(&self) -> u64 {
        let width = u64::from(self.width());
        let height = u64::from(self.height());
        width.saturating_mul(height)
    }

    /// The area, for people.
    ///
    /// # Errors
    ///
    /// There is no area.
    fn shown(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        let area = self.area();
        if area == 0 {
            return Err(Malformed.into());
        }
        Ok(alloc::format!("{area} {}²", Self::UNIT))
    }
}

/// A whole module.
#[mem_profile]
pub mod shapes {
    use super::Sized2D;

    /// A square.
    #[derive(Debug, Clone, Copy)]
    pub struct Square {
        /// The side.
        pub side: u32,
    }

    impl Sized2D for Square {
        const UNIT: &'static str = "m";

        fn width(&self) -> u32 {
            self.side
        }

        fn height(&self) -> u32 {
            let Self { side } = self;
            *side
        }
    }

    impl From<u32> for Square {
        fn from(side: u32) -> Self {
            let square = Self { side };
            square.grown(0)
        }
    }

    impl Square {
        /// A larger one.
        #[must_use]
        pub const fn twice(self) -> Self {
            Self { side: self.side.wrapping_mul(2) }
        }

        /// A larger one.
        #[must_use]
        pub fn grown(self, by: u32) -> Self {
            let side = self.side.saturating_add(by);
            Self { side }
        }
    }

    /// The largest one.
    #[must_use]
    pub fn largest(squares: &[Square]) -> Option<Square> {
        let sides = squares.iter().map(|square| {
            let Square { side } = *square;
            side
        });
        Some(Square { side: sides.max()? })
    }
}
