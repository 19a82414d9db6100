//! The lock: one of many has it, the others say who; what an earlier holder left in the file is no evidence.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rotate::store::{Lock, LockError};
use rustix::fs::{FlockOperation, flock};

const SOON: Duration = Duration::from_secs(60);

/// A daemon that waits for an engine: it holds the lock as long as it runs.
fn daemon(dir: &Path, n: u32) -> Child {
    let said = File::create(dir.join(format!("said-{n}"))).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rotate"));
    command.args(["--engine", &format!("unix://{}/none", dir.display()), "--state-dir", &dir.display().to_string()]);
    command.args(["daemon", "--socket", &dir.join(format!("socket-{n}")).display().to_string()]);
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().expect("the program")
}

fn said(dir: &Path, n: u32) -> String {
    let mut text = String::new();
    File::open(dir.join(format!("said-{n}"))).and_then(|mut file| file.read_to_string(&mut text)).expect("text");
    text
}

#[test]
fn of_processes_that_race_for_the_lock_one_has_it_and_the_others_name_it() {
    let dir = tempfile::tempdir().expect("a folder");
    const RACERS: u32 = 3;
    for round in 0..25 {
        // In the file is the process id of the last round's winner, which was killed.
        let mut racers: BTreeMap<u32, Child> = (0..RACERS).map(|n| (n, daemon(dir.path(), n))).collect();
        let (begin, mut waiting) = (Instant::now(), Vec::new());
        while waiting.len() < RACERS as usize - 1 {
            assert!(begin.elapsed() < SOON, "round {round}: {waiting:?}");
            std::thread::sleep(Duration::from_millis(5));
            waiting = (0..RACERS).filter(|n| said(dir.path(), *n).contains("is held by")).collect();
        }
        let winner = (0..RACERS).find(|n| !waiting.contains(n)).unwrap_or_else(|| panic!("round {round}: nobody has it"));
        let pid = racers[&winner].id();
        for n in waiting {
            let said = said(dir.path(), n);
            assert!(
                said.contains(&format!("is held by process {pid}: the daemon begins when that one is done")),
                "round {round}: {pid} {said}"
            );
        }
        assert!(!said(dir.path(), winner).contains("is held by"), "round {round}");
        for racer in racers.values_mut() {
            racer.kill().and_then(|()| racer.wait()).expect("a child");
        }
    }
}

/// Which files a daemon has open only root may see: its name has to be found without that.
#[test]
fn who_has_the_lock_is_told_to_a_user_who_is_not_root() {
    assert!(rustix::process::geteuid().is_root(), "needs root, to be somebody else");
    let dir = tempfile::tempdir().expect("a folder");
    let for_all = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
    for_all(dir.path());
    let program = dir.path().join("rotate");
    fs::copy(env!("CARGO_BIN_EXE_rotate"), &program).expect("a copy"); // the other may not be let into our folder
    let _lock = Lock::take(dir.path()).expect("nobody has it");
    for_all(&dir.path().join("lock"));
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]).arg(&program);
    command.args(["--engine", "unix:///none", "--state-dir", &dir.path().display().to_string(), "refused", "--forget", "nobody"]);
    let output = command.env_clear().env("PATH", "/usr/bin:/bin").output().expect("the program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("is held by process {}", std::process::id())), "{said}");
}

#[test]
fn a_process_id_that_an_earlier_holder_left_is_in_nobodys_way() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut innocent = Command::new("sleep").arg("600").spawn().expect("a process");
    fs::write(dir.path().join("lock"), format!("{}\n", innocent.id())).expect("a file");
    let lock = Lock::take(dir.path()).expect("nobody has it");
    assert_eq!(fs::read_to_string(dir.path().join("lock")).expect("text"), format!("{}\n", std::process::id()));
    drop(lock);
    innocent.kill().and_then(|()| innocent.wait()).expect("a child");
}

#[test]
fn a_holder_that_could_not_write_who_it_is_is_not_taken_for_somebody_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut innocent = Command::new("sleep").arg("600").spawn().expect("a process");
    // Of an earlier holder's process id (an innocent's by now), of one that nobody has, of nothing, and of what is none.
    for left in [format!("{}\n", innocent.id()), "4194999\n".into(), String::new(), "-1\n".into(), "me, of course\n".into()] {
        fs::write(dir.path().join("lock"), &left).expect("a file");
        let holder = File::open(dir.path().join("lock")).expect("the file");
        flock(&holder, FlockOperation::NonBlockingLockExclusive).expect("nobody has it");
        let error = Lock::take(dir.path()).expect_err("it is held");
        assert!(matches!(error, LockError::Held { holder: None, .. }), "{left}: {error}");
        assert!(error.to_string().ends_with("lock is held by another process"), "{error}");
    }
    innocent.kill().and_then(|()| innocent.wait()).expect("a child");
}

#[test]
fn a_lock_that_is_given_back_while_another_waits_for_its_name_is_had() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("lock"), "4194999\n").expect("a file");
    let holder = File::open(dir.path().join("lock")).expect("the file");
    flock(&holder, FlockOperation::NonBlockingLockExclusive).expect("nobody has it");
    let given_back = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(holder);
    });
    Lock::take(dir.path()).expect("it ended before anybody knew its name");
    given_back.join().expect("a thread");
}
