//! The unit as it is shipped, installed on the host; one test at a time has it.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::CONFIG;
use crate::lab::Scratch;

/// Where an administrator's drop-ins lie.
const DROP_INS: &str = "/etc/systemd/system/rotate.service.d";

pub fn systemctl(s: &Scratch, args: &[&str]) -> String {
    let output = s.host.exec(&[&["systemctl"], args].concat());
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn journal(s: &Scratch) -> String {
    String::from_utf8_lossy(&s.host.exec(&["journalctl", "-u", "rotate", "-o", "export", "--no-pager"]).stdout).into_owned()
}

/// What it put on the host is no other test's business.
pub struct Installed<'a> {
    s: &'a Scratch,
    /// The program, as the host names it.
    pub program: String,
    _turn: MutexGuard<'static, ()>,
}

impl<'a> Installed<'a> {
    pub fn on(s: &'a Scratch) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let program = s.host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
        let installed = Self { s, program, _turn: turn };
        let unit = include_str!("../../systemd/rotate.service");
        installed.file("/etc/systemd/system/rotate.service", &unit.replace("/usr/bin/rotate", &installed.program));
        installed.file("/etc/sysusers.d/rotate.conf", include_str!("../../systemd/sysusers.conf"));
        installed.configure(CONFIG);
        assert!(s.host.exec(&["systemd-sysusers"]).status.success());
        systemctl(s, &["daemon-reload"]);
        installed
    }

    pub fn configure(&self, text: &str) {
        self.file("/etc/rotate/rotate.toml", text);
    }

    pub fn drop_in(&self, text: &str) {
        self.file(&format!("{DROP_INS}/test.conf"), text);
        systemctl(self.s, &["daemon-reload"]);
    }

    /// Starts it, and returns when it is ready.
    #[track_caller]
    pub fn start(&self) {
        let started = self.s.host.exec(&["systemctl", "restart", "rotate"]);
        assert!(started.status.success(), "{}{}", String::from_utf8_lossy(&started.stderr), journal(self.s));
    }

    /// Asks the daemon from the host, as root; what came on stdout.
    pub fn ask(&self, args: &[&str]) -> String {
        let output = self.s.host.exec(&[&[self.program.as_str()], args].concat());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.s.host.path(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        systemctl(self.s, &["stop", "rotate"]);
        for path in ["/etc/systemd/system/rotate.service", "/etc/sysusers.d/rotate.conf", "/etc/rotate/rotate.toml"] {
            let _ = std::fs::remove_file(self.s.host.path(path));
        }
        let _ = std::fs::remove_dir_all(self.s.host.path(DROP_INS));
        systemctl(self.s, &["daemon-reload"]);
    }
}
