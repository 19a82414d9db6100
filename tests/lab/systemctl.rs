//! A `systemctl` in front of the host's own that counts what changes a unit, and kills who calls it at a chosen one.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use super::{Host, Scratch};

/// `$0.cut`: when to kill the caller, as `before 3`; `$0.calls`: what was called, a line each. `reset-failed` does not count: nothing is between it and
/// the restart that follows.
const PROGRAM: &str = r#"#!/bin/sh
call=
for word; do
  case $word in restart | start | daemon-reload) call=$word; break ;; esac
done
[ -n "$call" ] || exec /usr/bin/systemctl "$@"
echo "$call" >>"$0.calls"
point=$(wc -l <"$0.calls") cut=$(cat "$0.cut")
[ "$cut" != "before $point" ] || { kill -9 $PPID; exit 1; }
/usr/bin/systemctl "$@"
code=$?
[ "$cut" != "after $point" ] || kill -9 $PPID
exit $code
"#;

/// For an agent on the host that finds it first: see [`Agent::finds_first`](super::Agent::finds_first). Gone with its test's folder there.
pub struct SystemctlProxy {
    host: &'static Host,
    folder: String,
}

impl SystemctlProxy {
    /// In a folder of this name; does no harm yet.
    pub fn install(s: &Scratch, name: &str) -> SystemctlProxy {
        let proxy = SystemctlProxy { host: s.host, folder: format!("{}/{name}", s.host_dir()) };
        fs::create_dir_all(s.host.path(&proxy.folder)).expect("a folder can be made on the host");
        // The agent is perhaps not root there.
        for (suffix, text, mode) in [("", PROGRAM, 0o755), (".cut", "", 0o644), (".calls", "", 0o666)] {
            proxy.write(suffix, text, mode);
        }
        proxy
    }

    /// As the host names it.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Kills the caller of the `k`-th call that counts, from the first one on: `before` systemd hears of it, or `after` it has answered.
    pub fn kill(&self, when: &str, k: usize) {
        self.write(".cut", &format!("{when} {k}"), 0o644);
    }

    /// Does no harm any more.
    pub fn forget(&self) {
        self.write(".cut", "", 0o644);
    }

    /// What counts of all that was called.
    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.host.path(&self.path(".calls"))).expect("it is there since the beginning");
        text.lines().map(str::to_owned).collect()
    }

    fn path(&self, suffix: &str) -> String {
        format!("{}/systemctl{suffix}", self.folder)
    }

    fn write(&self, suffix: &str, text: &str, mode: u32) {
        let path = self.host.path(&self.path(suffix));
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode)))
            .expect("the host's disk takes a file");
    }
}
