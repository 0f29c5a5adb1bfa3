//! What can only be seen from inside: statements and plans, transactions that fail half-way. And a comparison with the
//! memory store, over many random commits.

mod failures;
mod listings;
mod plans;
mod samples;
pub(in crate::store) mod twins;

/// How much of the file readers take as memory: none unless the host says so.
#[test]
fn a_memory_map_is_what_the_host_says() {
    let folder = tempfile::tempdir().unwrap();
    let options = super::SqliteOptions::new(folder.path().join("a.db"));
    for (options, expected) in [(options.clone(), 0), (options.memory_map(1 << 20), 1 << 20)] {
        let store = options.open().unwrap();
        let check = |conn: &mut rusqlite::Connection| {
            let mapped: i64 = conn.query_row("PRAGMA mmap_size", [], |row| row.get(0)).unwrap();
            assert_eq!(mapped, expected);
        };
        store.readers.each(check);
        store.long_readers.each(check);
    }
}
