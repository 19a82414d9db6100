//! The unit as it is shipped, installed on the host; one test at a time has it.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Scratch, http::request};

/// Where an administrator's drop-ins lie.
const DROP_INS: &str = "/etc/systemd/system/rotate.service.d";

/// What it put on the host is no other test's business.
pub struct Unit<'a> {
    s: &'a Scratch,
    /// The program, as the host names it.
    pub program: String,
    _turn: MutexGuard<'static, ()>,
}

impl<'a> Unit<'a> {
    /// Installs it with this configuration, and where the host's engine is a Podman with the drop-in for that; it does not run yet.
    pub fn install(s: &'a Scratch, config: &str) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let program = s.host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
        let unit = Self { s, program, _turn: turn };
        let shipped = include_str!("../../systemd/rotate.service");
        unit.file("/etc/systemd/system/rotate.service", &shipped.replace("/usr/bin/rotate", &unit.program));
        unit.file("/etc/sysusers.d/rotate.conf", include_str!("../../systemd/sysusers.conf"));
        if s.host.has_podman() {
            unit.file(&format!("{DROP_INS}/podman-engines.conf"), include_str!("../../systemd/drop-ins/podman-engines.conf"));
        }
        unit.configure(config);
        assert!(s.host.exec(&["systemd-sysusers"]).status.success());
        unit.systemctl(&["daemon-reload"]);
        unit
    }

    /// What came on stdout.
    pub fn systemctl(&self, args: &[&str]) -> String {
        self.on_host(&[&["systemctl"], args].concat())
    }

    /// Everything that the journal has of it, with all fields.
    pub fn journal(&self) -> String {
        self.on_host(&["journalctl", "-u", "rotate", "-o", "export", "--no-pager"])
    }

    /// Puts a configuration in place; in force from the next start or reload on.
    pub fn configure(&self, text: &str) {
        self.file("/etc/rotate/rotate.toml", text);
    }

    /// In place of an earlier one of the test's; in force from the next start on.
    pub fn drop_in(&self, text: &str) {
        self.file(&format!("{DROP_INS}/test.conf"), text);
        self.systemctl(&["daemon-reload"]);
    }

    /// Starts it, and returns when it is ready.
    #[track_caller]
    pub fn start(&self) {
        let started = self.s.host.exec(&["systemctl", "restart", "rotate"]);
        assert!(started.status.success(), "{}{}", String::from_utf8_lossy(&started.stderr), self.journal());
    }

    /// Asks the daemon from the host, as root; what came on stdout.
    pub fn ask(&self, args: &[&str]) -> String {
        self.on_host(&[&[self.program.as_str()], args].concat())
    }

    /// What the daemon answers at this path of its socket to whoever asks as root.
    #[track_caller]
    pub fn ask_for(&self, path: &str) -> String {
        let stream = UnixStream::connect(self.s.host.path("/run/rotate/rotate.sock")).expect("a daemon");
        request(stream, "GET", path, "").expect("an answer").body
    }

    fn on_host(&self, command: &[&str]) -> String {
        let said = self.s.host.exec(command);
        // For the case that the test fails.
        eprint!("{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim_end().to_owned()
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.s.host.path(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        self.systemctl(&["disable", "--now", "rotate"]);
        for path in ["/etc/systemd/system/rotate.service", "/etc/sysusers.d/rotate.conf", "/etc/rotate/rotate.toml"] {
            let _ = std::fs::remove_file(self.s.host.path(path));
        }
        let _ = std::fs::remove_dir_all(self.s.host.path(DROP_INS));
        self.systemctl(&["daemon-reload"]);
    }
}
