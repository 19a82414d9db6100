//! What a process that dies leaves behind: credentials pass through its memory.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rustix::process::Signal;

use super::{SOON, scratch};
use crate::lab::{FaultProxy, Want, lacks, wait_for};

#[test]
fn a_process_that_dies_leaves_no_core_dump_and_its_user_cannot_look_into_it() {
    let s = scratch("core");
    let folder = s.dir().join("cores");
    fs::create_dir(&folder).and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o777))).expect("a folder");
    let proxy = FaultProxy::start_at(&s.dir().join("hangs.sock"), &s.host.socket());
    proxy.hang("/");
    let agent = s.agent().engine(&proxy.socket()).by_nobody().may_dump_core(&folder).spawn(&["plan"]);
    wait_for("it asks the engine", SOON, || (!proxy.requests().is_empty()).then_some(()));
    // proc(5): of a process that may be looked into, these files are its user's.
    let owner = fs::metadata(format!("/proc/{}/environ", agent.pid())).expect("it runs").uid();
    assert_eq!(owner, 0, "another process of the same user could read its memory");
    agent.signal(Signal::ABORT);
    let outcome = agent.wait(SOON);
    assert_eq!(outcome.signal, Some(6), "{outcome}");
    assert!(!outcome.dumped_core && fs::read_dir(&folder).expect("a folder").next().is_none(), "{outcome}");

    // Where none is made of any program, that has shown nothing.
    lacks(&CORE_DUMPS);
}

const CORE_DUMPS: Want = Want { what: "a kernel that writes core dumps", is_on: |_| another_program_leaves_one() };

fn another_program_leaves_one() -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("everybody's");
    let script = format!("ulimit -c unlimited && cd '{}' && kill -ABRT $$", folder.path().display());
    let other = Command::new("setpriv").args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", &script]).status();
    other.expect("a shell can be started").core_dumped()
}
