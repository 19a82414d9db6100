//! The state directory: one writer, and files that are not ours, newer, damaged, or on a full disk.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::{FAST, leftovers, look, scratch};
use crate::lab::{Action, Fault, FaultProxy, wait_for};

#[test]
fn a_second_one_says_who_is_at_work_and_readers_are_not_disturbed() {
    let s = scratch("lock");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let old = look(&s, &s.name("web"));
    s.push("web", "slow:600:v2");
    let first = s.agent().config(FAST).spawn(&["now", &s.name("web")]);
    let holder = || fs::read_to_string(s.state_dir().join("lock")).ok().filter(|pid| !pid.trim().is_empty());
    let pid = wait_for("the lock is taken", Duration::from_secs(60), holder);
    let second = s.rotate(&["now", &s.name("web")]).exits(75);
    assert!(second.stderr.contains(&format!("is held by process {}", pid.trim())), "{second}");
    // Until then Podman's own client may hold its store, and its service answers nobody.
    let new = || s.host.try_inspect(&s.name("web")).filter(|web| web["Id"] != old.id.as_str() && web["State"]["Running"] == true);
    wait_for("the first is at its gate", Duration::from_secs(120), new);
    s.rotate(&["status"]).exits(0);
    s.rotate(&["plan", &s.name("web")]).exits(0);
    first.kill();
}

#[test]
fn a_file_that_is_not_ours_newer_or_damaged_is_never_overwritten() {
    let s = scratch("files");
    let path = s.state_dir().join("rotate.db");
    fs::create_dir_all(s.state_dir()).expect("a folder");
    let sql = |statement: &str| {
        fs::write(&path, "").expect("an empty file");
        let connection = rusqlite::Connection::open(&path).expect("a database");
        connection.execute_batch(statement).expect("a statement");
    };
    let check = |words: &str| {
        let before = fs::read(&path).expect("the file");
        for command in ["now", "status"] {
            let outcome = s.rotate(&[command]).exits(78);
            assert!(outcome.stderr.contains(words), "{outcome}");
        }
        assert_eq!(fs::read(&path).expect("the file"), before, "unchanged");
    };
    fs::write(&path, "my diary").expect("a file");
    check("is not a store of rotate");
    sql("CREATE TABLE mine (x)");
    check("is not a store of rotate");
    sql("PRAGMA application_id = 0x726f7461; PRAGMA user_version = 999; CREATE TABLE x (y)");
    check("has format 999; this version reads up to 3");
    sql("PRAGMA application_id = 0x726f7461; PRAGMA user_version = 1; CREATE TABLE x (y); INSERT INTO x VALUES (zeroblob(20000))");
    let mut bytes = fs::read(&path).expect("the file");
    bytes.iter_mut().skip(4200).take(3000).for_each(|byte| *byte = 0xff);
    fs::write(&path, bytes).expect("the file");
    check("is damaged");
}

#[test]
fn a_disk_that_fills_up_in_the_switch_loses_no_container_and_no_record() {
    let s = scratch("full");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "sick:v2");
    let disk = s.state_dir();
    fs::create_dir_all(&disk).expect("a folder");
    let mount = Mount::new(&disk);
    let proxy = FaultProxy::start(&s.host.socket());
    let filler = disk.join("filler");
    proxy.at_path(
        "/stop",
        1,
        Fault::Before(Action::Run(Box::new(move || {
            let filled = Command::new("dd").args(["if=/dev/zero", &format!("of={}", filler.display()), "bs=4k"]).output().expect("dd");
            assert!(!filled.status.success(), "the disk is full now");
        }))),
    );
    s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web")]).exits(1);
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(leftovers(&s), Vec::<String>::new());
    fs::remove_file(disk.join("filler")).expect("room again");
    assert!(s.rotate(&["status"]).exits(0).stdout.contains("refused: sha256:"), "the record was written into what was held back");
    drop(mount);
}

#[test]
fn a_full_disk_before_the_rotation_touches_nothing() {
    let s = scratch("no-room");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    fs::create_dir_all(s.state_dir()).expect("a folder");
    let mount = Mount::new(&s.state_dir());
    fs::write(s.state_dir().join("filler"), vec![0; 3_000_000]).expect("most of the disk");
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web")]);
    assert_eq!(outcome.status, Some(78), "{outcome}");
    assert!(outcome.stderr.contains("no space left"), "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old);
    drop(mount);
}

/// A small disk of its own, 4 MiB.
struct Mount(String);

impl Mount {
    fn new(path: &std::path::Path) -> Self {
        let path = path.display().to_string();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs", &path]).status().expect("mount");
        assert!(done.success());
        Self(path)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
