//! Holds, sightings and records: what is kept, and what is forgotten so that the store does not grow without end.

use jiff::Timestamp;
use rotate::model::Hold;
use rotate::rotation::{Purpose, Record, Stage};
use rotate::store::{KEPT_RECORDS, SqliteStore, Store};
use tempfile::TempDir;

use super::{at, digest, reference};

fn store() -> (TempDir, SqliteStore) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(dir.path()).expect("a store");
    (dir, store)
}

#[test]
fn a_digest_counts_from_the_first_sighting_since_another_was_seen() {
    let (_dir, store) = store();
    let (web, other) = (reference("web"), reference("other"));
    let days = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"].map(at);
    let saw = |hex: char, day: usize| store.saw(&web, &digest(hex), days[day]).expect("a write");
    assert_eq!(saw('a', 0), days[0]);
    assert_eq!(saw('a', 1), days[0]);
    assert_eq!(saw('b', 2), days[2]);
    assert_eq!(saw('a', 3), days[3], "it went and came back: it begins anew");
    let sighting = store.sighting(&web).expect("a row").expect("a sighting");
    assert_eq!((sighting.digest, sighting.first_at), (digest('a'), days[3]));
    assert_eq!(store.sighting(&other).expect("none"), None);
}

#[test]
fn a_hold_is_replaced_released_and_forgotten_when_it_has_ended() {
    let (_dir, store) = store();
    let (now, later) = (at("2026-11-25T12:00:00Z"), at("2026-12-01T00:00:00Z"));
    let hold = |name: &str, reason: Option<&str>, until: Option<Timestamp>| {
        store.hold(&Hold { name: name.into(), reason: reason.map(str::to_owned), until, at: now }).expect("a write");
    };
    let names = || store.holds().expect("rows").into_iter().map(|hold| hold.name).collect::<Vec<_>>();
    hold("web", Some("a first reason"), None);
    hold("web", None, Some(later));
    hold("db", None, None);
    assert_eq!(names(), ["db", "web"]);
    assert_eq!(store.holds().expect("rows")[1].until, Some(later));
    store.prune(now).expect("a write");
    assert_eq!(names(), ["db", "web"]);
    store.prune(later + jiff::SignedDuration::from_secs(1)).expect("a write");
    assert_eq!(names(), ["db"]);
    assert!(store.release("db").expect("a write") && !store.release("db").expect("a write"));
    assert_eq!(names(), Vec::<String>::new());
}

/// The fixture's rotation that turned back, as another one of some unit.
pub fn closed(store: &SqliteStore, unit: &str, n: u32) {
    let mut record: Record = template();
    (record.id, record.unit) = (rotate::model::RotationId::new(format!("{unit}{n:04}")), unit.to_owned());
    record.members[0].name = unit.to_owned();
    record.opened_at = at("2026-11-25T12:00:00Z") + jiff::SignedDuration::from_secs(i64::from(n));
    store.save(&record).expect("a write");
}

pub fn template() -> Record {
    let dir = tempfile::tempdir().expect("a folder");
    let connection = rusqlite::Connection::open(dir.path().join("rotate.db")).expect("a database");
    connection.execute_batch(include_str!("format1.sql")).expect("the fixture");
    drop(connection);
    let store = SqliteStore::read(dir.path()).expect("a store");
    store.history(None, 10).expect("records").into_iter().find(|record| record.stage == Stage::Closed).expect("one")
}

#[test]
fn of_each_unit_the_newest_records_stay_and_open_ones_whatever_their_age() {
    let (_dir, store) = store();
    for n in 0..KEPT_RECORDS + 7 {
        closed(&store, "web", n);
    }
    closed(&store, "db", 1);
    let mut kept = template();
    (kept.id, kept.unit, kept.stage) = (rotate::model::RotationId::new("kept"), "db".into(), Stage::Kept);
    kept.members[0].name = "db".into();
    store.save(&kept).expect("a write");
    let count = |unit: &str| store.history(Some(unit), usize::MAX).expect("records").len();
    store.prune(Timestamp::now()).expect("a write");
    assert_eq!((count("web"), count("db")), (50, 2));
    assert_eq!(store.history(Some("web"), 1).expect("records")[0].id.as_str(), "web0056", "the newest is there");
    store.prune(Timestamp::now() + jiff::SignedDuration::from_hours(24 * 366)).expect("a write");
    assert_eq!((count("web"), count("db")), (0, 1), "after a year only what is still kept");
}

#[test]
fn the_newest_rotation_of_each_unit_is_told_and_no_dry_run() {
    let (_dir, store) = store();
    for (unit, n) in [("web", 1), ("web", 3), ("web", 2), ("db", 1)] {
        closed(&store, unit, n);
    }
    let mut dry_run = template();
    (dry_run.id, dry_run.unit) = (rotate::model::RotationId::new("dry"), "db".into());
    dry_run.opened_at = at("2026-11-26T12:00:00Z");
    dry_run.purpose = Purpose::DryRun;
    store.save(&dry_run).expect("a write");
    let last = store.last_rotations().expect("records");
    assert_eq!(last.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["db0001", "web0003"]);
}

#[test]
fn when_a_rotation_is_over_its_environment_is_in_no_file_any_more() {
    let (dir, store) = store();
    let secret = "planted-0d8f7c";
    let holds_it = || {
        let files = std::fs::read_dir(dir.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        let held = files.filter(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a file")).contains(secret));
        held.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let mut record = template();
    record.id = rotate::model::RotationId::new("web0001");
    let mut environment: Vec<String> = (0..500).map(|n| format!("PADDING_{n}=so that it takes pages of its own")).collect();
    environment.push(format!("PASSWORD={secret}"));
    record.members[0].original = serde_json::json!({ "Config": { "Env": environment } }).into();
    for stage in [Stage::Switching, Stage::Kept] {
        record.stage = stage;
        store.save(&record).expect("a write");
    }
    assert_ne!(holds_it(), Vec::<String>::new(), "while it is kept, it could be created again");
    record.apply(&rotate::rotation::Change::Close);
    store.save(&record).expect("a write");
    store.overwrite_forgotten();
    assert_eq!(holds_it(), Vec::<String>::new());
}
