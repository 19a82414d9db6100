//! The unit file as it is shipped, under the host's systemd.

use std::path::Path;

use super::{SOON, id, is_new, scratch, stale};
use crate::lab::{Scratch, wait_for};

const CONFIG: &str = "min_healthy = \"500ms\"\nschedule = \"0 0 1 1 *\"\n";

fn systemctl(s: &Scratch, args: &[&str]) -> String {
    let output = s.host.exec(&[&["systemctl"], args].concat());
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What it put on the host is no other test's business.
struct Installed<'a>(&'a Scratch);

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        systemctl(self.0, &["stop", "rotate"]);
        for path in ["/etc/systemd/system/rotate.service", "/etc/sysusers.d/rotate.conf", "/etc/rotate/rotate.toml"] {
            let _ = std::fs::remove_file(self.0.host.path(path));
        }
        systemctl(self.0, &["daemon-reload"]);
    }
}

fn installed(s: &Scratch) -> Installed<'_> {
    let program = s.host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
    let root = |path: &str| s.host.path(path);
    let file = |path: &str, text: &str| {
        let path = root(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory can be made");
        std::fs::write(path, text).expect("a file can be written");
    };
    let unit = include_str!("../../systemd/rotate.service");
    file("/etc/systemd/system/rotate.service", &unit.replace("/usr/bin/rotate", &program));
    file("/etc/sysusers.d/rotate.conf", include_str!("../../systemd/sysusers.conf"));
    file("/etc/rotate/rotate.toml", CONFIG);
    assert!(s.host.exec(&["systemd-sysusers"]).status.success());
    systemctl(s, &["daemon-reload"]);
    Installed(s)
}

/// One test: the unit is the host's, not a scratch's.
#[test]
fn the_unit_starts_is_confined_heals_reloads_and_stops() {
    let s = scratch("unit");
    if s.host.engine().ends_with("rootless") {
        return; // its engine is a user's; the unit is the host's
    }
    let _installed = installed(&s);
    let old = stale(&s, &["--restart", "always"]);
    let started = s.host.exec(&["systemctl", "start", "rotate"]);
    assert!(started.status.success(), "{}{}", String::from_utf8_lossy(&started.stderr), journal(&s));
    let web = s.name("web");
    let socket = "/run/rotate/rotate.sock";
    let status = s.host.exec(&["stat", "-c", "%U %G %a", socket]);
    assert_eq!(String::from_utf8_lossy(&status.stdout).trim(), "rotate rotate 660");

    // Killed in the middle of a switch: systemd starts it, and it goes on.
    let program = s.host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
    let mut client = s.host.command(&[&program, "now", &web]).spawn().expect("a client");
    let filter = format!("name=^/?{web}.rotate-old-");
    wait_for("it switches", SOON, || (!s.host.docker(&["ps", "-aq", "--filter", &filter]).is_empty()).then_some(()));
    systemctl(&s, &["kill", "--signal=KILL", "rotate"]);
    wait_for("the successor serves", SOON, || is_new(&s, &old).then_some(()));
    client.wait().expect("the client ends");
    wait_for("it is proved", SOON, || {
        let history = s.host.exec(&[&program, "history", &web, "--json"]);
        String::from_utf8_lossy(&history.stdout).contains("\"rotated\"").then_some(())
    });
    let new = id(&s);

    let journal = journal(&s);
    assert!(journal.contains(&format!("ROTATE_CONTAINER={web}")) && journal.contains("ROTATE_STEP="), "{journal}");

    // A bad configuration is refused, and does not end it.
    std::fs::write(s.host.path("/etc/rotate/rotate.toml"), "schedule = \"never\"\n").expect("a file");
    systemctl(&s, &["reload", "rotate"]);
    let refused = || String::from_utf8_lossy(&s.host.exec(&[&program, "status"]).stdout).contains("refused");
    wait_for("it is refused", SOON, || refused().then_some(()));
    assert_eq!(systemctl(&s, &["is-active", "rotate"]), "active");

    // Started with it, it ends and is not started again and again.
    systemctl(&s, &["restart", "rotate"]);
    wait_for("it has failed", SOON, || (systemctl(&s, &["is-active", "rotate"]) == "failed").then_some(()));
    assert_eq!(systemctl(&s, &["show", "-P", "ExecMainStatus", "rotate"]), "78");
    std::fs::write(s.host.path("/etc/rotate/rotate.toml"), CONFIG).expect("a file");
    assert!(s.host.exec(&["systemctl", "start", "rotate"]).status.success());

    let verified = s.host.exec(&["systemd-analyze", "verify", "rotate.service"]);
    let verified = String::from_utf8_lossy(&verified.stderr).into_owned();
    // The man pages are not installed on this host.
    let faults = verified.lines().filter(|line| line.contains("rotate.service") && !line.contains("Command 'man "));
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<&str>::new());
    let security = s.host.exec(&["systemd-analyze", "security", "--no-pager", "rotate.service"]);
    let security = String::from_utf8_lossy(&security.stdout).into_owned();
    let level = security.lines().last().and_then(|line| line.split_whitespace().find_map(|word| word.parse::<f64>().ok()));
    assert!(level.is_some_and(|level| level <= 2.5), "{security}");

    assert!(s.host.exec(&["timeout", "60", "systemctl", "stop", "rotate"]).status.success());
    assert_eq!(id(&s), new);
}

fn journal(s: &Scratch) -> String {
    String::from_utf8_lossy(&s.host.exec(&["journalctl", "-u", "rotate", "-o", "export", "--no-pager"]).stdout).into_owned()
}
