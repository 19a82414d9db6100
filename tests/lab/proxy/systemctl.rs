//! systemctl through a proxy: of an agent on the host it is a program that asks the proxy, and what comes through is done by the host's own.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tempfile::TempDir;

use crate::lab::{Head, Host};

/// Its calls, among those of an engine.
pub(super) const TARGET: &str = "/systemctl/";
/// The user `op` of the lab's hosts.
const OP: u32 = 1000;
/// What changes a unit comes through; it becomes the client that asks, so that the agent is that one's parent. `reset-failed` does not: there is nothing
/// between it and the restart that follows.
const PROGRAM: &str = r#"#!/bin/sh
call=
for word; do
  case $word in restart | start | daemon-reload) call=$word; break ;; esac
done
[ -n "$call" ] || exec /usr/bin/systemctl "$@"
IFS='&'
exec curl -gsSf -d '' --unix-socket "${0%/*}/engine.sock" "http://host/systemctl/$call?$*"
"#;

/// Does what comes through.
pub(super) struct Systemctl {
    folder: TempDir,
    is_closing: Arc<AtomicBool>,
}

impl Systemctl {
    pub(super) fn start(host: &'static Host) -> Systemctl {
        let folder = tempfile::Builder::new().prefix("rotate-systemctl-").tempdir().expect("a folder can be made in /tmp");
        let systemctl = Systemctl { folder, is_closing: Arc::default() };
        let listener = UnixListener::bind(systemctl.socket()).expect("a socket can be made");
        let is_closing = Arc::clone(&systemctl.is_closing);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                if is_closing.load(Ordering::Relaxed) {
                    break;
                }
                thread::spawn(move || answer(host, caller)); // a broken connection is the caller's to notice
            }
        });
        systemctl
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("systemctl.sock")
    }
}

impl Drop for Systemctl {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Relaxed);
        let _ = UnixStream::connect(self.socket()); // wakes the listener
    }
}

/// Puts the program there, where the proxy's socket is to be.
pub(super) fn install(folder: &Path) {
    let program = folder.join("systemctl");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&program, PROGRAM))
        .and_then(|()| fs::set_permissions(&program, Permissions::from_mode(0o755)))
        .expect("the host's disk takes a file");
}

/// Whose a socket is, is whose engine it is.
pub(super) fn give(socket: &Path, host: &Host) {
    if host.is_rootless() {
        chown(socket, Some(OP), Some(OP)).expect("root gives files away");
    }
}

fn answer(host: &Host, mut caller: UnixStream) -> io::Result<()> {
    let Some(head) = Head::read(&mut caller)? else { return Ok(()) };
    let (_, words) = head.target.split_once('?').unwrap_or_default();
    // The host knows itself whose manager it is.
    let words: Vec<&str> = words.split('&').filter(|word| *word != "--user").collect();
    let (status, said) = match host.try_systemctl(&words) {
        Ok(said) => ("200 OK", said),
        Err(why) => ("500 Fault", why),
    };
    write!(caller, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}", said.len())
}
