//! The statistics of allocators that are wrapped.

use crate::record::alloc::allocator::Alloc;
use crate::record::alloc::statistics::StatisticsTable;

/// What an allocator says of itself, for [`full`](super::full): see [`Alloc::with_statistics`].
pub trait Statistics {
    /// The bytes of all blocks that were allocated and not freed, each in its size class. `None` if the allocator does
    /// not know them. It may take locks.
    fn in_use() -> Option<u64>;

    /// The bytes that a block of `size` takes. It must return soon: it is called for each live block.
    fn size_class(size: usize) -> usize;
}

impl<A> Alloc<A> {
    /// The same allocator, with statistics: accounts know its overhead, and a [full](super::full) one knows which of
    /// its memory other code of the process has in use. An allocation costs as much as before, but for one comparison.
    ///
    /// ```
    /// use mem_profile_runtime::Alloc;
    /// use mem_profile_runtime::account::Statistics;
    /// # struct Pools;
    /// # impl Pools {
    /// #     fn bytes_in_use() -> u64 { 0 }
    /// # }
    ///
    /// impl Statistics for Pools {
    ///     fn in_use() -> Option<u64> {
    ///         Some(Self::bytes_in_use())
    ///     }
    ///
    ///     fn size_class(size: usize) -> usize {
    ///         size.next_power_of_two()
    ///     }
    /// }
    ///
    /// static ALLOC: Alloc<Pools> = Alloc::wrap(Pools).with_statistics::<Pools>();
    /// ```
    #[must_use]
    pub const fn with_statistics<S: Statistics>(mut self) -> Self {
        self.statistics =
            Some(const { &StatisticsTable { in_use: S::in_use, size_class: S::size_class } });
        self
    }
}
