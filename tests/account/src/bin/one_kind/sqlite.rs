//! A database in memory: of C, and its library says itself how much it has.

use mem_profile::account::ClassKind;
use rusqlite::{Connection, ffi};

use crate::plant::{PAGE, Planted};
use crate::{KIB, PLANTED};

/// 64 MiB in rows of which four fill a page.
pub(crate) fn sqlite() -> Planted {
    let before = used();
    let database = Connection::open_in_memory().expect("a database");
    database
        .execute_batch(&format!(
            "CREATE TABLE planted (content BLOB);
             WITH RECURSIVE rows (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM rows LIMIT {})
             INSERT INTO planted SELECT randomblob(990) FROM rows;",
            PLANTED / KIB
        ))
        .expect("it has room");
    std::mem::forget(database);
    let after = used();
    let [bytes, blocks] = [after.0 - before.0, after.1 - before.1];
    assert!((PLANTED..PLANTED * 5 / 4).contains(&bytes), "{bytes} B in {blocks} blocks");
    // SQLite rounds to 8 bytes, glibc to 16, and each has a header of 8.
    let (bytes, slack) = (bytes + blocks * 20, blocks * 4 + 2 * PAGE);
    println!("SQLite has {bytes} B in {blocks} blocks");
    // Its code is read for the first time.
    Planted { bytes, slack, also: &[ClassKind::Code], ..Planted::of(ClassKind::CLibraries) }
}

/// The bytes that SQLite has in use, and its blocks.
fn used() -> (u64, u64) {
    let (mut blocks, mut highest) = (0, 0);
    // SAFETY: both may be called at any time, and the two places are numbers.
    let bytes = unsafe {
        ffi::sqlite3_status(ffi::SQLITE_STATUS_MALLOC_COUNT, &raw mut blocks, &raw mut highest, 0);
        ffi::sqlite3_memory_used()
    };
    (u64::try_from(bytes).expect("a size"), u64::try_from(blocks).expect("a number"))
}
