//! A process that is killed, or loses its power, at any call with which it makes a store or brings one up to date: the next one finishes it.

use std::path::Path;
use std::process::Command;

use rotate::store::{SqliteStore, Store};

use super::disk::{Disk, Files, files, materialize};
use super::{formats, trace};

/// Opens the store as every command does that writes, and changes nothing else.
fn open_with(under: &[&str], state_dir: &Path) -> Option<i32> {
    let state_dir = state_dir.display().to_string();
    let program = [env!("CARGO_BIN_EXE_rotate"), "--state-dir", &state_dir, "refused", "--forget", "nobody"];
    let words = [under, &program].concat();
    let output = Command::new(words[0]).args(&words[1..]).env_remove("DOCKER_HOST").output().expect("strace can be run");
    output.status.code()
}

/// A store as older versions left it, by name: rotate's first wrote a rollback journal before it turned to the log.
fn old_stores() -> Vec<(&'static str, Files)> {
    type Make = fn(&Path);
    let with_log = |dir: &Path| {
        let connection = rusqlite::Connection::open(dir.join("rotate.db")).expect("a database");
        connection.pragma_update(None, "journal_mode", "WAL").expect("a write");
    };
    let made = |make: Make, has_log: bool| {
        let dir = tempfile::tempdir().expect("a folder");
        make(dir.path());
        if has_log {
            with_log(dir.path());
        }
        files(dir.path(), &["-shm"])
    };
    vec![
        ("none", Files::new()),
        ("format 1", made(formats::format_1, false)),
        ("format 1 with a log", made(formats::format_1, true)),
        ("format 2", made(formats::format_2, true)),
    ]
}

/// Whatever was done to it: it opens, in the newest format, with all that was in it.
#[track_caller]
fn check(name: &str, dir: &Path, what: &str) {
    let opened =
        |store: Result<SqliteStore, rotate::store::StoreError>| store.unwrap_or_else(|e| panic!("{name}, {what}: {e}: {}", e.help()));
    let read = opened(SqliteStore::read(dir));
    assert_eq!(read.open_rotations().expect("records").len(), usize::from(name != "none"), "{name}, {what}: a reader");
    drop(read);
    let store = opened(SqliteStore::open(dir));
    match name {
        "none" => assert_eq!(store.open_rotations().expect("none"), [], "{what}"),
        _ => formats::check(&store),
    }
    store.begin_run(super::at("2026-11-25T12:00:00Z")).expect("a write");
    drop(store);
    assert_eq!(formats::format(dir), 3, "{name}, {what}");
}

#[test]
fn a_process_that_is_killed_at_any_call_of_a_migration_is_followed_by_one_that_migrates() {
    let mut kills = 0;
    for (name, store) in old_stores() {
        for call in ["pwrite64", "fsync", "fdatasync", "ftruncate", "unlink"] {
            for n in 1.. {
                let dir = materialize(&store);
                let inject = format!("inject={call}:signal=KILL:when={n}");
                let trace = format!("trace={call}");
                // Killed before the call is made.
                let under = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
                let end = open_with(&under, dir.path());
                check(name, dir.path(), &format!("killed at {call} {n}"));
                if end == Some(0) {
                    break;
                }
                assert_eq!(end, None, "{name}, {call} {n}: killed");
                kills += 1;
            }
        }
    }
    assert!(kills > 50, "{kills}");
    println!("killed at each of {kills} calls");
}

#[test]
fn a_power_cut_at_any_call_of_a_migration_loses_nothing() {
    for (name, store) in old_stores() {
        let (dir, traces) = (materialize(&store), tempfile::tempdir().expect("a folder"));
        let under = trace::command(&traces.path().join("trace"));
        assert_eq!(open_with(&under.iter().map(String::as_str).collect::<Vec<_>>(), dir.path()), Some(0), "{name}");
        let calls = trace::read(&traces.path().join("trace"));
        let disk = Disk::new(dir.path(), store, &calls, &["-shm", "lock"]);
        let mut seen = std::collections::HashSet::new();
        for end in (0..=disk.len()).filter(|end| *end == disk.len() || disk.is_change(*end)) {
            for (k, cut) in disk.cuts(end).into_iter().enumerate() {
                if seen.insert(cut.clone()) {
                    check(name, materialize(&cut).path(), &format!("power cut {k} before call {end}"));
                }
            }
        }
        println!("{name}: {} directories", seen.len());
        assert!(seen.len() > 10, "{name}: {}", seen.len());
    }
}
