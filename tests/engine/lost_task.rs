//! A container whose processes run on after its engine has lost them: Docker 26.1 does that after its own death on a host with much to do.

use std::time::Duration;

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{DOCKER, Host, Scratch, lacks, policy, wait_for};

/// A process that the kernel shows as the container's, until it is dropped. The engine knows nothing of it.
struct Lost<'a> {
    s: &'a Scratch,
    folder: String,
}

impl<'a> Lost<'a> {
    fn of(s: &'a Scratch, id: &str) -> Self {
        let engine = if s.host.has_podman() { "libpod" } else { "docker" };
        let folder = format!("/sys/fs/cgroup/{}/{engine}-{id}.scope", s.name("lost"));
        let begin = "mkdir -p $1; setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >$1/cgroup.procs";
        let output = s.host.exec(&["sh", "-c", begin, "_", &folder]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { s, folder }
    }
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        let end = "while read -r pid; do kill -9 $pid; done <$1/cgroup.procs; until rmdir $1; do sleep 0.1; done; rmdir ${1%/*}";
        self.s.host.exec(&["timeout", "10", "sh", "-c", end, "_", &self.folder]);
    }
}

#[test]
fn a_new_container_is_not_started_beside_processes_of_the_old_one_that_its_engine_has_lost() {
    let s = scratch("lost-task");
    s.push("web", "nohealth:v1");
    let (web, old) = (s.name("web"), s.run("web", &["--restart", policy("always")]));
    s.push("web", "nohealth:v2");
    let lost = Lost::of(&s, &old);
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(1);
    let message = entry(&outcome, &web)["message"].to_string();
    assert!(message.contains("its processes still run on this host after it was started and stopped again"), "{outcome}");
    let serves = look(&s, &web);
    assert!(serves.id == old && serves.is_running, "it is as it was: {outcome}");
    assert!(leftovers(&s).is_empty(), "{outcome}");
    drop(lost);
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    assert!(look(&s, &web).id != old, "its image was not to blame: {}", tagged(&s, "web"));
}

/// The engine dies, and comes back with its notes as they are when it has lost a container: ended, while containerd runs it.
const LOSE: &str = r#"
systemctl reset-failed docker docker.socket
systemctl kill --kill-whom=main -s KILL docker; systemctl stop docker.socket docker
sed -i 's/"Running":true/"Running":false/; s/"Pid":[0-9]*/"Pid":0/' /var/lib/docker/containers/$1/config.v2.json
systemctl reset-failed docker docker.socket; systemctl start docker.socket docker"#;

#[test]
fn a_sick_container_that_its_engine_has_lost_is_ended_before_the_old_one_serves_again() {
    if lacks(&DOCKER) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "lost-new");
    s.push("web", "ok:v1");
    let old = s.run("web", &["--restart", "always", "-v", &format!("{}:/data", s.name("data"))]);
    s.push("web", "sick:v2");
    let running = s.agent().on_host().config("min_healthy = \"8s\"\n").spawn(&["now", &s.name("web"), "--json"]);
    let new = || s.host.try_inspect(&s.name("web")).filter(|c| c["Id"] != old.as_str() && c["State"]["Running"] == true);
    let new = wait_for("the new one runs", Duration::from_secs(60), new)["Id"].as_str().map(str::to_owned).expect("a container has an id");
    let lost = s.host.exec(&["sh", "-c", LOSE, "_", &new]);
    assert!(lost.status.success(), "{}", String::from_utf8_lossy(&lost.stderr));
    // 20.10 cannot start what it has lost («id already in use»): a person ends it, and the next run goes on.
    let needs_a_person = s.host.engine() == "docker-20.10";
    let mut outcome = running.wait(Duration::from_secs(300)).exits(if needs_a_person { 3 } else { 1 });
    assert!(outcome.stderr.contains("its processes still run: it is started and stopped again"), "it was lost: {outcome}");
    if needs_a_person {
        assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "stuck", "{outcome}");
        let end = "cat /sys/fs/cgroup/system.slice/docker-$1.scope/cgroup.procs | xargs kill -9";
        s.host.exec(&["sh", "-c", end, "_", &new]);
        outcome = s.agent().on_host().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    }
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rolled_back", "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.id == old && web.is_running && web.policy == "always", "{web:?} {outcome}");
    let left = s.host.exec(&["sh", "-c", "cat /proc/[0-9]*/cgroup 2>/dev/null | grep -c $1", "_", &new]);
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "0", "no process of the new one runs: {outcome}");
}
