//! Disks of the engine that are full: while an image is pulled, when the new container is made, and from the stop on.

use std::process::Output;
use std::time::Duration;

use crate::lab::{Action, Fault, FaultProxy, Host, ROOTS_ENGINE, lacks, policy, wait_for};
use crate::{FAST, Look, Scratch, entry, leftovers, look};

/// Where the engine keeps its data, as `dirs`. A rootless one has a containerd of its own, whose data are in the same directory.
/// What is mounted while it is stopped it sees after its start, though it lives in a mount namespace of its own.
const DIRS: &str = r#"
root=$(cat /run/rotate-small-disk 2>/dev/null || docker info -f '{{.DockerRootDir}}')
case $root in /home/*) dirs=$root ;; *) dirs="$root /var/lib/containerd" ;; esac
"#;
/// Mounts a small disk where the engine keeps its data, and empty ones they are. `$0`: up or down.
const SWAP: &str = r#"
set -e
systemctl stop docker.socket docker containerd 2>/dev/null || true
for dir in $dirs; do
  if [ "$0" = up ]; then
    mount -t tmpfs -o "size=128m,mode=$(stat -c %a "$dir"),uid=$(stat -c %u "$dir"),gid=$(stat -c %g "$dir")" tmpfs "$dir"
  else
    umount -l "$dir"
  fi
done
if [ "$0" = up ]; then echo "$root" >/run/rotate-small-disk; else rm /run/rotate-small-disk; fi
systemctl reset-failed docker containerd || true
systemctl start containerd docker.socket docker || systemctl start docker
"#;
/// The same of root's Podman. What was made on the small disk goes with it.
const PODMANS_DIRS: &str = "dirs=/var/lib/containers/storage\n";
const PODMANS_SWAP: &str = r#"
[ "$0" = up ] || podman rm -fa -t 0 >/dev/null 2>&1 || true
set -e
systemctl stop podman.socket podman.service 2>/dev/null || true
if [ "$0" = up ]; then mount -t tmpfs -o "size=128m,mode=$(stat -c %a $dirs)" tmpfs $dirs; else umount -l $dirs; fi
systemctl reset-failed podman.socket podman.service || true
systemctl start podman.socket
"#;
/// Fills the engine's disks but for `$0` KiB each.
const FILL: &str = r#"
for dir in $dirs; do
  left=$(($(df --output=avail "$dir" | tail -n 1) - $0))
  [ "$left" -le 0 ] || head -c "${left}K" /dev/zero >"$dir/filler" || true
done
"#;
const FREE: &str = r#"for dir in $dirs; do rm -f "$dir/filler"; done"#;

/// A user's Podman sees nothing that is mounted after its namespace was made.
fn is_out_of_reach() -> bool {
    Host::shared().has_podman() && lacks(&ROOTS_ENGINE)
}

/// An engine whose disks have 128 MiB, for as long as this lives. The engine's own data is there again afterwards.
struct SmallDisk(&'static Host);

impl SmallDisk {
    fn swap(host: &'static Host) -> Self {
        let disk = Self(host);
        disk.shell(disk.script(), "up");
        disk.await_engine();
        disk
    }

    fn script(&self) -> &'static str {
        if self.0.has_podman() { PODMANS_SWAP } else { SWAP }
    }

    fn run(&self, script: &str, argument: &str) -> Output {
        let dirs = if self.0.has_podman() { PODMANS_DIRS } else { DIRS };
        self.0.exec(&["sh", "-c", &format!("{dirs}{script}"), argument])
    }

    #[track_caller]
    fn shell(&self, script: &str, argument: &str) {
        let output = self.run(script, argument);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn await_engine(&self) {
        wait_for("the engine answers", Duration::from_secs(60), || self.0.try_docker(&["version"]).ok());
    }

    fn fill(&self, but_kib: u32) {
        self.shell(FILL, &but_kib.to_string());
    }

    fn free(&self) {
        self.shell(FREE, "");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.run(self.script(), "down");
        let _ = crate::lab::within(Duration::from_secs(60), || self.0.try_docker(&["version"]).ok());
    }
}

#[track_caller]
fn runs_new(s: &Scratch, old: &str) {
    s.agent().config(FAST).run(&["now", &s.name("web")]);
    let web = look(s, &s.name("web"));
    assert!(web.is_running && web.id != old, "with room again, the next run rotates: {web:?}");
    assert_eq!(leftovers(s).len(), 1);
}

#[test]
fn a_disk_that_is_full_during_the_pull_touches_nothing() {
    if is_out_of_reach() {
        return;
    }
    let s = Scratch::alone(Host::shared(), "full-pull");
    let disk = SmallDisk::swap(s.host);
    s.push("web", "nohealth:v1");
    s.run("web", &["--restart", policy("always")]);
    let old = look(&s, &s.name("web"));
    s.push("web", "heavy:v2");
    disk.fill(8 * 1024);
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    let said = entry(&outcome, &s.name("web"));
    assert_eq!(said["reason"], "pull_failed", "{said}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains("no space left")), "{said}");
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(leftovers(&s), Vec::<String>::new());
    disk.free();
    runs_new(&s, &old.id);
}

/// Rotates with a disk that is full to the last byte from the first call on whose path has `part` in it.
fn full_at(s: &Scratch, disk: &SmallDisk, part: &str) -> (Look, crate::lab::Outcome) {
    s.push("web", "nohealth:v1");
    s.run("web", &["--restart", policy("always")]);
    let old = look(s, &s.name("web"));
    s.push("web", "nohealth:v2");
    let proxy = FaultProxy::start(&s.host.socket());
    let host = disk.0;
    proxy.at_path(part, 1, Fault::Before(Action::Run(Box::new(move || SmallDisk::fill(&std::mem::ManuallyDrop::new(SmallDisk(host)), 0)))));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]);
    (old, outcome)
}

#[test]
fn a_disk_that_is_full_when_the_new_container_is_made_touches_nothing() {
    if is_out_of_reach() {
        return;
    }
    let s = Scratch::alone(Host::shared(), "full-create");
    let disk = SmallDisk::swap(s.host);
    let (old, outcome) = full_at(&s, &disk, "/containers/create");
    let said = entry(&outcome.clone().exits(1), &s.name("web"));
    assert_eq!(said["reason"], "create_refused", "{said}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains("no space left")), "{said}");
    assert_eq!(look(&s, &s.name("web")), old);
    disk.free();
    runs_new(&s, &old.id);
}

#[test]
fn a_disk_that_is_full_from_the_stop_on_leaves_what_the_next_run_repairs() {
    if is_out_of_reach() {
        return;
    }
    let s = Scratch::alone(Host::shared(), "full-stop");
    let disk = SmallDisk::swap(s.host);
    let (old, outcome) = full_at(&s, &disk, "/stop");
    let running = s.host.docker(&["ps", "--format", "{{.Names}}", "--filter", &format!("name=^/?{}", s.name(""))]);
    assert!(running.lines().count() <= 1, "never two: {running}");
    let serves = running.lines().any(|name| *name == *s.name("web"));
    assert!(serves || outcome.status.is_some_and(|code| code != 0), "no success while it is down: {outcome}");
    disk.free();
    // Podman took the new one's files away and could not write that down: it is in nobody's way, is told, and can be removed.
    if s.host.has_podman() && entry(&outcome, &s.name("web"))["verdict"] == "rolled_back" {
        for spare in leftovers(&s) {
            let plan = s.rotate(&["plan"]).exits(0);
            assert!(plan.stdout.contains(&spare), "{plan}");
            s.host.docker(&["rm", &spare]);
        }
    }
    runs_new(&s, &old.id);
}
