//! Directories that the daemon cannot use, for its state and for its socket: it says which, why, and what to do.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::{CONFIG, SOON, begun, scratch, socket, state, text};
use crate::lab::{Agent, Scratch, policy, wait_for};

const NOBODY: u32 = 65534;

fn folder(s: &Scratch, name: &str, mode: u32) -> PathBuf {
    let path = s.dir().join(name);
    fs::create_dir(&path).expect("a folder can be made");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("rights can be given");
    path
}

fn give_to_nobody(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).expect("root can give things away");
}

/// The daemon does not start, ends with this code, and says all of this.
#[track_caller]
fn refused(agent: Agent<'_>, socket: &Path, code: i32, words: &[&str]) {
    let outcome = agent.config(CONFIG).run(&["daemon", "--socket", &text(socket)]).exits(code);
    for word in words.iter().chain(&["state:", "help:"]) {
        assert!(outcome.stderr.contains(word), "{word}: {outcome}");
    }
}

#[test]
fn a_state_directory_that_is_missing_is_made_for_its_owner_alone() {
    let s = scratch("made");
    let missing = s.dir().join("var/lib/rotate");
    let _running = begun(&s, s.agent().config(CONFIG).state_dir(&missing).spawn(&["daemon", "--socket", &text(&socket(&s))]));
    state(&s);
    for (path, mode) in [(missing.clone(), 0o700), (missing.join("rotate.db"), 0o600)] {
        let found = fs::metadata(&path).expect("it was made").permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let s = scratch("readonly");
    let state_dir = folder(&s, "mine", 0o700);
    let path = text(&state_dir);
    let read_only = format!("mount --bind {path} {path}; mount -o remount,bind,ro {path}");
    let words = [&format!("cannot lock {path}/lock: Read-only file system"), "see that the directory exists, is writable"];
    refused(s.agent().state_dir(&state_dir).after_mounts(&read_only), &socket(&s), 78, &words);
    // Where there is a store already, and where the directory would have to be made.
    s.agent().state_dir(&state_dir).run(&["refused", "--forget", "web"]).exits(0);
    refused(s.agent().state_dir(&state_dir).after_mounts(&read_only), &socket(&s), 78, &words);
    let words = [&format!("cannot lock {path}/none/lock: Read-only file system"), "is writable"];
    refused(s.agent().state_dir(&state_dir.join("none")).after_mounts(&read_only), &socket(&s), 78, &words);
    assert!(!socket(&s).exists());
}

/// A disk of eight megabytes with the state directory on it, and not a byte left.
fn full_disk(path: &str, copied_from: &str) -> String {
    format!("mount -t tmpfs -o size=8m,mode=700 none {path}; cp -a {copied_from}/. {path}; cat /dev/zero >{path}/full 2>/dev/null || true")
}

#[test]
fn on_a_full_disk_a_first_start_waits_for_room_and_a_later_one_starts() {
    let s = scratch("full");
    let (new, known) = (folder(&s, "new", 0o700), folder(&s, "known", 0o700));
    let disk = text(&folder(&s, "disk", 0o700));
    let room = format!("(until [ -e {disk}.room ]; do sleep 0.2; done; rm {disk}/full) &");
    let mounts = format!("{}\n{room}", full_disk(&disk, &text(&new)));
    let agent = s.agent().config(CONFIG).state_dir(Path::new(&disk)).after_mounts(&mounts);
    let first = agent.spawn(&["daemon", "--socket", &text(&socket(&s))]);
    let word = format!("no space left for {disk}/rotate.db: the daemon begins when there is room");
    wait_for("it waits", SOON, || first.said().contains(&word).then_some(()));
    fs::write(format!("{disk}.room"), "").expect("a file");
    begun(&s, first).kill();

    // What was held back is there for this: what an earlier run left open must be finished.
    let old = super::stale(&s, &["--restart", policy("always")]);
    s.agent().config(CONFIG).state_dir(&known).run(&["now", &s.name("web")]).exits(0);
    let later = s.agent().config(CONFIG).state_dir(Path::new(&disk)).after_mounts(&full_disk(&disk, &text(&known)));
    let _running = begun(&s, later.spawn(&["daemon", "--socket", &text(&socket(&s))]));
    super::ask(&s, &["rollback", &s.name("web")]).exits(0);
    assert_eq!(super::id(&s), old);
}

#[test]
fn a_state_directory_of_another_user_is_named() {
    let s = scratch("others");
    let sockets = folder(&s, "sockets", 0o777);
    let socket = sockets.join("rotate.sock");
    let roots = folder(&s, "roots", 0o700);
    let path = text(&roots);
    let words = [&format!("cannot lock {path}/lock: Permission denied"), "run as root, or choose another directory with --state-dir"];
    refused(s.agent().state_dir(&roots).by_nobody(), &socket, 77, &words);
    // Its own directory, with files in it that root left there.
    for (name, word) in [("lock", "cannot lock"), ("rotate.db", "cannot use")] {
        let mine = folder(&s, name, 0o700);
        s.agent().state_dir(&mine).run(&["refused", "--forget", "web"]).exits(0);
        for file in fs::read_dir(&mine).expect("a folder").map(|file| file.expect("a file").path()) {
            give_to_nobody(&file);
        }
        give_to_nobody(&mine);
        let roots = mine.join(name);
        chown(&roots, Some(0), Some(0)).and_then(|()| fs::set_permissions(&roots, Permissions::from_mode(0o600))).expect("root's again");
        let words = [&format!("{word} {}: ", roots.display()), "run as root, or choose another directory with --state-dir"];
        refused(s.agent().state_dir(&mine).by_nobody(), &socket, 77, &words);
    }
}

#[test]
fn a_socket_that_cannot_be_made_is_named() {
    let s = scratch("nosock");
    let roots = folder(&s, "roots", 0o755);
    let path = text(&roots);
    let read_only = format!("mount --bind {path} {path}; mount -o remount,bind,ro {path}");
    let (socket, below) = (roots.join("rotate.sock"), roots.join("none/rotate.sock"));
    for socket in [&socket, &below] {
        let named = format!("cannot listen at {}: ", socket.display());
        let words = [named.as_str(), "Read-only file system", "or name another socket with --socket"];
        refused(s.agent().after_mounts(&read_only), socket, 78, &words);
    }
    let states = folder(&s, "states", 0o777);
    for socket in [&socket, &below] {
        let named = format!("cannot listen at {}: ", socket.display());
        let words = [named.as_str(), "Permission denied", "`RuntimeDirectory=rotate` makes the directory"];
        refused(s.agent().state_dir(&states.join("nobody")).by_nobody(), socket, 77, &words);
    }
    // A socket's path has 108 bytes.
    let long = roots.join("n".repeat(120));
    refused(s.agent(), &long, 78, &[&format!("cannot listen at {}: ", long.display()), "or name another socket with --socket"]);
    assert_eq!(fs::read_dir(&roots).expect("a folder").count(), 0, "nothing was left there");
}

#[test]
fn the_directory_of_the_socket_is_made() {
    let s = scratch("sockdir");
    let socket = s.dir().join("run/rotate/rotate.sock");
    let mut running = s.agent().config(CONFIG).spawn(&["daemon", "--socket", &text(&socket)]);
    crate::lab::wait_for("it listens", super::SOON, || {
        assert!(running.is_running(), "the daemon ended: {}", running.said());
        socket.exists().then_some(())
    });
    s.agent().run(&["--socket", &text(&socket), "history"]).exits(0);
}
