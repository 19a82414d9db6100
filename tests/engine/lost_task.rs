//! A container whose processes run on after its engine has lost them: Docker 26.1 does that after its own death on a host with much to do.

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::Scratch;

/// A process that the kernel shows as the container's, until it is dropped. The engine knows nothing of it.
struct Lost<'a> {
    s: &'a Scratch,
    folder: String,
}

impl<'a> Lost<'a> {
    fn of(s: &'a Scratch, id: &str) -> Self {
        let folder = format!("/sys/fs/cgroup/{}/docker-{id}.scope", s.name("lost"));
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
    let (web, old) = (s.name("web"), s.run("web", &["--restart", "always"]));
    s.push("web", "nohealth:v2");
    let lost = Lost::of(&s, &old);
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(1);
    let said = entry(&outcome, &web);
    assert!(said["message"].as_str().is_some_and(|message| message.contains("its processes still run on this host")), "{outcome}");
    let serves = look(&s, &web);
    assert!(serves.id == old && serves.is_running, "it is as it was: {outcome}");
    assert!(leftovers(&s).is_empty(), "{outcome}");
    drop(lost);
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    assert!(look(&s, &web).id != old, "its image was not to blame: {}", tagged(&s, "web"));
}
