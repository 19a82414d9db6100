//! A mirror of Docker Hub that the engine has: the agent learns of it from the engine, asks it, and the pull goes there, too.

use std::time::Duration;

use super::{FAST, entry, look};
use crate::lab::{DOCKER, FakeRegistry, Host, Scratch, lacks, wait_for};

/// The engine's file of settings gets this list put in front; the engine reads the file on SIGHUP. Only an empty list takes mirrors away.
const SET: &str = r#"
file=/home/op/.config/docker/daemon.json
[ -e $file ] || file=/etc/docker/daemon.json
sed -i "s|^{\"registry-mirrors\": [^]]*], |{|; s|^{|{\"registry-mirrors\": [$1], |" $file
kill -HUP $(pidof dockerd)
"#;

/// The host's engine has a mirror for as long as this lives.
struct Mirror<'s> {
    host: &'s Host,
    name: String,
}

impl<'s> Mirror<'s> {
    fn set(s: &'s Scratch, address: &str) -> Self {
        let mirror = Self { host: s.host, name: s.name("web") };
        mirror.write(&format!("\"http://{address}\""));
        let shown = || s.host.docker(&["info", "-f", "{{.RegistryConfig.Mirrors}}"]);
        wait_for("the engine has the mirror", Duration::from_secs(20), || shown().contains(address).then_some(()));
        mirror
    }

    fn write(&self, list: &str) {
        let set = self.host.exec(&["sh", "-c", SET, "sh", list]);
        assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    }
}

impl Drop for Mirror<'_> {
    fn drop(&mut self) {
        // Docker Hub's images have no host in their name, by which the test's others are found.
        let remove = "docker ps -aq --filter name=^/?$1 | xargs -r docker rm -fv; docker images -q $1 | xargs -r docker rmi -f";
        self.host.exec(&["sh", "-c", remove, "sh", &self.name]);
        self.host.exec(&["sh", "-c", SET, "sh", ""]);
    }
}

#[test]
fn an_image_of_docker_hubs_is_found_and_pulled_through_the_engines_mirror() {
    if lacks(&DOCKER) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "mirror");
    let (name, registry) = (s.name("web"), FakeRegistry::in_front_of(s.host));
    let _mirror = Mirror::set(&s, registry.address());
    s.host.push(&format!("library/{name}:latest"), "nohealth:v1");
    s.host.docker(&["run", "-d", "--name", &name, &format!("{name}:latest")]);
    let old = look(&s, &name);
    s.host.push(&format!("library/{name}:latest"), "nohealth:v2");
    let before = registry.requests().len();
    let outcome = s.agent().config(FAST).run(&["now", &name, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &name)["verdict"], "rotated", "{outcome}");
    assert_ne!(look(&s, &name).image, old.image);
    assert_eq!(registry.requests()[before], format!("HEAD /v2/library/{name}/manifests/latest"));
}
