//! What cannot be carried over ends the rotation before anything is touched, and names the field.

use serde_json::Value;

use crate::scratch;

/// What `--use-api-socket` leaves of a client that has credentials (Docker 28), made by hand so that every engine can have it.
#[test]
fn credentials_that_the_client_copied_into_a_container_end_the_rotation_and_are_named() {
    let s = scratch("copied");
    s.push("web", "nohealth:v1");
    let socket = ["-e", "DOCKER_CONFIG=/run/secrets/docker", "--mount", "type=bind,src=/etc/hostname,dst=/var/run/docker.sock"];
    s.run("web", &socket);
    let before = s.host.inspect(&s.name("web"));
    s.push("web", "nohealth:v2");
    let outcome = s.agent().config("min_healthy = \"500ms\"\n").run(&["now", &s.name("web")]).exits(1);
    assert!(outcome.stderr.contains("Config.Env.DOCKER_CONFIG"), "{outcome}");
    let after = s.host.inspect(&s.name("web"));
    let look = |document: &Value| {
        [document["Id"].clone(), document["State"]["StartedAt"].clone(), document["HostConfig"]["RestartPolicy"].clone()]
    };
    assert_eq!(look(&after), look(&before), "it was not touched");
    let names = s.host.docker(&["ps", "-a", "--format", "{{.Names}}", "--filter", &format!("name=^/?{}", s.name(""))]);
    assert_eq!(names, s.name("web"), "nothing is left");
}
