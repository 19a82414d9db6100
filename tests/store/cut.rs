//! Files of the store that were cut, or lost a page: it opens as it was at some time, or says that it is damaged. Never in silence as something
//! that it never was.

use std::path::Path;

use rotate::store::{SqliteStore, Store, StoreError};
use tempfile::TempDir;

use super::disk::{Files, files, materialize};
use super::kept::closed;

const PAGE: usize = 4096;
/// Of the write-ahead log: before the first frame, and before the page of each (source: sqlite.org/fileformat2.html#walformat).
const LOG_HEADER: usize = 32;
const FRAME: usize = 24 + PAGE;

/// A store in which some is in the file itself and some in the write-ahead log, as a process that was killed leaves it; and everything that it
/// was on the way.
fn store() -> (Files, Vec<String>) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut states = vec![state(&SqliteStore::open(dir.path()).expect("a store"))];
    let mut write = |store: &SqliteStore, n: u32| {
        closed(store, if n.is_multiple_of(2) { "web" } else { "db" }, n);
        states.push(state(store));
    };
    let store = SqliteStore::open(dir.path()).expect("a store");
    (0..4).for_each(|n| write(&store, n));
    drop(store); // what is in the log goes to the file
    let store = SqliteStore::open(dir.path()).expect("a store");
    (4..8).for_each(|n| write(&store, n));
    let files = files(dir.path(), &["-shm", "lock"]);
    assert!(files["rotate.db-wal"].len() > 8 * FRAME && files["rotate.db"].len() > 8 * PAGE, "both have something to lose");
    (files, states)
}

fn state(store: &SqliteStore) -> String {
    let history = store.history(None, usize::MAX).expect("records");
    let ids: Vec<_> = history.iter().map(|record| record.id.as_str()).collect();
    format!("{ids:?} {} open", store.open_rotations().expect("records").len())
}

/// What it opens as, for a writer and for a reader; none if both call it damaged and say what to do.
fn opened(files: &Files, what: &str) -> Option<String> {
    let at = |open: fn(&Path) -> Result<SqliteStore, StoreError>, dir: &TempDir| match open(dir.path()) {
        Ok(store) => Some(state(&store)),
        Err(error) => {
            assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error:?}");
            assert!(error.to_string().contains("rotate.db is damaged: ") && error.help().contains("move the file away"), "{error}");
            None
        }
    };
    let (written, read) = (at(SqliteStore::open, &materialize(files)), at(SqliteStore::read, &materialize(files)));
    assert_eq!(written, read, "{what}: a reader sees what a writer sees");
    written
}

fn changed(files: &Files, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
    let mut files = files.clone();
    change(files.get_mut(name).expect("it is there"));
    files
}

#[test]
fn a_log_that_is_cut_anywhere_loses_its_newest_writes_and_nothing_else() {
    let (files, states) = store();
    let mut newest = 0;
    for length in (0..=files["rotate.db-wal"].len()).filter(|length| length % FRAME == LOG_HEADER || length % 1500 == 0) {
        let cut = changed(&files, "rotate.db-wal", |log| log.truncate(length));
        let found = opened(&cut, &format!("log cut to {length}")).unwrap_or_else(|| panic!("damaged at {length}"));
        let place = states.iter().rposition(|state| *state == found).unwrap_or_else(|| panic!("at {length} it never was: {found}"));
        assert!(place >= newest.max(4), "at {length}: {found}");
        newest = place;
    }
    assert_eq!(newest, states.len() - 1, "whole, it has all");
}

#[test]
fn a_log_of_which_one_page_was_lost_loses_what_came_after_and_nothing_else() {
    let (files, states) = store();
    for begin in (LOG_HEADER..files["rotate.db-wal"].len()).step_by(FRAME) {
        let hole = changed(&files, "rotate.db-wal", |log| log[begin + 24..begin + FRAME].fill(0));
        let found = opened(&hole, &format!("a hole at {begin}")).unwrap_or_else(|| panic!("damaged at {begin}"));
        assert!(states[4..].contains(&found), "{begin}: {found}");
    }
}

#[test]
fn a_file_that_is_cut_at_any_page_is_damaged_or_whole() {
    let (files, states) = store();
    let without_log: Files = files.iter().filter(|(name, _)| !name.ends_with("-wal")).map(|(n, c)| (n.clone(), c.clone())).collect();
    for (files, what) in [(&files, "with a log"), (&without_log, "without a log")] {
        for length in (0..files["rotate.db"].len()).step_by(PAGE) {
            // A first start that was cut short leaves an empty file, too; it has no log.
            if length == 0 && what == "without a log" {
                continue;
            }
            let cut = changed(files, "rotate.db", |file| file.truncate(length));
            let found = opened(&cut, &format!("{what}, cut to {length}"));
            assert!(found.is_none_or(|found| states.contains(&found)), "{what}, {length}");
        }
    }
}

#[test]
fn a_file_that_lost_any_page_is_damaged_or_whole() {
    let (files, states) = store();
    let without_log: Files = files.iter().filter(|(name, _)| !name.ends_with("-wal")).map(|(n, c)| (n.clone(), c.clone())).collect();
    let mut damaged = 0;
    for begin in (0..files["rotate.db"].len()).step_by(PAGE) {
        for files in [&files, &without_log] {
            let hole = changed(files, "rotate.db", |file| file[begin..begin + PAGE].fill(0));
            let found = opened(&hole, &format!("a hole at {begin}"));
            damaged += u32::from(found.is_none());
            assert!(found.is_none_or(|found| states.contains(&found)), "{begin}");
        }
    }
    assert!(damaged > 8, "most pages are missed: {damaged}");
}

#[test]
fn an_empty_file_is_new_unless_something_beside_it_shows_that_it_was_not() {
    let mut files = Files::from([("rotate.db".to_owned(), Vec::new())]);
    let dir = materialize(&files);
    assert_eq!(SqliteStore::read(dir.path()).expect("a reader finds nothing").open_rotations().expect("none"), []);
    SqliteStore::open(dir.path()).expect("a first start that was cut short is made anew");
    files.insert("reserve".to_owned(), Vec::new());
    assert_eq!(opened(&files, "with a reserve"), None);
}
