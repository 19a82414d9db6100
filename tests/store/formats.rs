//! A store of an older format is read as it is and brought up to date by the first that writes.

use std::path::Path;

use rotate::rotation::{GateFailure, Stage, StuckReason};
use rotate::store::{SqliteStore, Store, StoreError};
use rusqlite::Connection;
use serde_json::json;

use super::{at, digest, reference};

pub fn format_1(dir: &Path) {
    let connection = Connection::open(dir.join("rotate.db")).expect("a database");
    connection.execute_batch(include_str!("format1.sql")).expect("the fixture");
}

/// The same with what format 2 had, and format 3 adds to.
pub fn format_2(dir: &Path) {
    format_1(dir);
    drop(SqliteStore::open(dir).expect("a store"));
    let connection = Connection::open(dir.join("rotate.db")).expect("a database");
    connection.execute_batch("DROP TABLE run; PRAGMA user_version = 2").expect("the fixture");
}

pub fn format(dir: &Path) -> i64 {
    let connection = Connection::open(dir.join("rotate.db")).expect("a database");
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number")
}

/// What the fixture tells, in either format.
#[track_caller]
pub fn check(store: &SqliteStore) {
    let open = store.open_rotations().expect("records");
    assert_eq!(open.iter().map(|r| (r.id.as_str(), r.stage)).collect::<Vec<_>>(), [("ffd8cd", Stage::Kept)]);
    assert!(open[0].members[0].original.document().pointer("/Config/Env").is_some(), "what a lost predecessor is created from");
    let history = store.history(Some("web"), 10).expect("records");
    assert_eq!(history.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["a4720c", "ffd8cd"], "newest first, and no dry run");
    assert!(history.iter().all(|r| r.down_time_seconds().is_some_and(|down| down > 0.1)));
    assert!(store.refused("web").expect("a row").is_some());
    assert_eq!(store.holds().expect("none"), []);
    // Format 1 did not note whether another digest was seen in between.
    assert_eq!(store.sighting(&reference("registry.lan:5000/web")).expect("none"), None);
}

#[test]
fn a_reader_reads_format_1_and_leaves_it() {
    let dir = tempfile::tempdir().expect("a folder");
    format_1(dir.path());
    check(&SqliteStore::read(dir.path()).expect("a store"));
    assert_eq!(format(dir.path()), 1);
}

#[test]
fn the_first_that_writes_brings_format_1_up_to_date_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    format_1(dir.path());
    for _ in 0..2 {
        check(&SqliteStore::open(dir.path()).expect("a store"));
        assert_eq!(format(dir.path()), 3);
    }
    check(&SqliteStore::read(dir.path()).expect("a store"));
    let store = SqliteStore::open(dir.path()).expect("a store");
    let (web, now) = (reference("registry.lan:5000/web"), at("2026-11-25T12:00:00Z"));
    assert_eq!(store.saw(&web, &digest('a'), now).expect("a write"), now);
}

#[test]
fn when_the_last_scheduled_run_began_is_one_time() {
    let dir = tempfile::tempdir().expect("a folder");
    format_1(dir.path());
    assert_eq!(SqliteStore::read(dir.path()).expect("a store").last_run().expect("no row"), None);
    let store = SqliteStore::open(dir.path()).expect("a store");
    assert_eq!(store.last_run().expect("no row"), None);
    for time in ["2026-11-25T12:00:00Z", "2026-11-26T12:00:00Z"] {
        store.begin_run(at(time)).expect("a write");
    }
    assert_eq!(store.last_run().expect("a row"), Some(at("2026-11-26T12:00:00Z")));
}

#[test]
fn a_new_store_is_of_the_newest_format_and_a_newer_one_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(SqliteStore::open(dir.path()).expect("a store"));
    assert_eq!(format(dir.path()), 3);
    let connection = Connection::open(dir.path().join("rotate.db")).expect("a database");
    connection.pragma_update(None, "user_version", 4).expect("a write");
    drop(connection);
    assert!(matches!(SqliteStore::open(dir.path()), Err(StoreError::Newer { found: 4, known: 3, .. })));
    assert!(matches!(SqliteStore::read(dir.path()), Err(StoreError::Newer { found: 4, known: 3, .. })));
}

/// As they stand in records of all versions: whoever adds one adds a line and changes none.
#[test]
fn why_a_person_is_needed_is_read_as_it_was_written() {
    let (act, message) = (|| "create the old container again".to_owned(), || "no".to_owned());
    let table = [
        (json!({ "kind": "predecessor_refused", "message": "no" }), StuckReason::PredecessorRefused { message: message() }),
        (
            json!({ "kind": "predecessor_sick", "why": GateFailure::Unhealthy }),
            StuckReason::PredecessorSick { why: GateFailure::Unhealthy },
        ),
        (json!({ "kind": "nothing_left" }), StuckReason::NothingLeft),
        (json!({ "kind": "name_taken", "by": "4f1c" }), StuckReason::NameTaken { by: "4f1c".into() }),
        (json!({ "kind": "act_refused", "act": act(), "message": "no" }), StuckReason::ActRefused { act: act(), message: message() }),
        (json!({ "kind": "not_made_again", "act": act(), "message": "no" }), StuckReason::NotMadeAgain { act: act(), message: message() }),
    ];
    for (written, reason) in table {
        assert_eq!(serde_json::to_value(&reason).expect("a document"), written);
        assert_eq!(serde_json::from_value::<StuckReason>(written).expect("a reason"), reason);
    }
}
