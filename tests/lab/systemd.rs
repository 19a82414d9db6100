//! The systemd that the containers of the host's Podman belong to: the host's own, or that of the user whose engine it is.

use std::{fs, os::unix::net::UnixStream, path::PathBuf, time::Duration};

use super::{Host, http};

impl Host {
    /// Podman's service begins with a call, which takes longer on a loaded machine than some commands wait, and ends 5 s after the last one.
    pub fn wake(&self) {
        let answer = UnixStream::connect(self.socket()).and_then(|stream| {
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            http::request(stream, "GET", "/_ping", "")
        });
        drop(answer); // what it is worth is seen by whoever asks next
    }

    /// Its engine is that of the user `op`.
    pub fn is_rootless(&self) -> bool {
        self.engine().ends_with("-rootless")
    }

    /// A program of systemd's, for the manager of the engine's units; to be run as root on the host.
    pub fn manager(&self, program: &'static str) -> Vec<&'static str> {
        if self.is_rootless() {
            vec!["runuser", "-u", "op", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", program, "--user"]
        } else {
            vec![program]
        }
    }

    /// What it printed. Panics with its words if it fails.
    #[track_caller]
    pub fn systemctl(&self, args: &[&str]) -> String {
        self.try_systemctl(args).unwrap_or_else(|why| panic!("systemctl {}: {why}", args.join(" ")))
    }

    /// The same; what it printed, or its words of failure.
    pub fn try_systemctl(&self, args: &[&str]) -> Result<String, String> {
        super::host::printed(self.exec(&[&self.manager("systemctl")[..], args].concat()))
    }

    /// Where Quadlet's files of the engine's own user lie, as the host names it.
    pub fn quadlets(&self) -> &'static str {
        if self.is_rootless() { "/home/op/.config/containers/systemd" } else { "/etc/containers/systemd" }
    }

    /// Where that user's units lie.
    pub fn units(&self) -> &'static str {
        if self.is_rootless() { "/home/op/.config/systemd/user" } else { "/etc/systemd/system" }
    }

    /// Writes a file there, which is that user's; returns where the machine sees it.
    #[track_caller]
    pub fn write_unit(&self, path: &str, text: &str) -> PathBuf {
        let here = self.path(path);
        fs::create_dir_all(here.parent().expect("a folder")).and_then(|()| fs::write(&here, text)).expect("the host takes a file");
        if self.is_rootless() {
            self.exec(&["chown", "-R", "op:", "/home/op/.config"]);
        }
        here
    }
}
