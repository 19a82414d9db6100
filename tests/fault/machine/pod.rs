//! A pod with another container in it, which nobody rotates.

use super::scenario::Scenario;
use crate::lab::Scratch;

/// Removed with all that begins with its test's prefix.
pub struct Pod {
    name: String,
    /// What holds it together.
    infra: String,
    side: String,
    /// What was there before, and since when it runs.
    before: String,
}

impl Pod {
    /// Makes it, with this restart policy for all of its members. Each has a host name of its own, by which what serves tells itself from another.
    pub fn create(s: &Scratch, scenario: &Scenario) -> Pod {
        let (name, side, image) = (s.name("pod"), s.name("side"), s.image("side"));
        s.push("side", "nohealth:v1");
        s.host.docker(&["pod", "create", "--name", &name, "--restart", scenario.policy, "--share", "ipc,net"]);
        // Not on the port of the other one.
        s.host.docker(&["run", "-d", "--pull", "always", "--name", &side, "--pod", &name, &image, "while :; do sleep 0.1; done"]);
        let infra = s.host.docker(&["pod", "inspect", &name, "--format", "{{.InfraContainerID}}"]);
        let pod = Pod { name, infra, side, before: String::new() };
        Pod { before: pod.seen(s), ..pod }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with the rest of it, which nobody has a reason to stop.
    pub fn problem(&self, s: &Scratch) -> Option<String> {
        let now = self.seen(s);
        (now != self.before).then(|| format!("the rest of the pod was {}, and is {now}", self.before))
    }

    fn seen(&self, s: &Scratch) -> String {
        let one = |name: &str| {
            let found = s.host.try_inspect(name).unwrap_or_default();
            format!("{} since {}", found["Id"], found["State"]["StartedAt"])
        };
        format!("{}, {}", one(&self.infra), one(&self.side))
    }
}
