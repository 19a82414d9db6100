//! An engine that maps its containers' users to others of the host (`userns-remap`).

use crate::lab::{Host, Scratch};
use crate::scratch_alone;
use crate::walk::rotate;

const CONFIG: &str = "/etc/docker/daemon.json";

/// The host's engine with `userns-remap`, which then has containers, images and volumes of its own; dropped, it is as before.
struct Remapped<'a> {
    host: &'a Host,
}

impl<'a> Remapped<'a> {
    fn engine(host: &'a Host) -> Self {
        let remapped = Remapped { host };
        remapped.sh(&format!("cp {CONFIG} {CONFIG}.before && sed 's/^{{/{{\"userns-remap\": \"default\", /' {CONFIG}.before >{CONFIG}"));
        remapped.restart();
        remapped
    }

    fn restart(&self) {
        self.sh("systemctl reset-failed docker; systemctl restart docker; docker info");
    }

    fn sh(&self, line: &str) {
        let output = self.host.exec(&["sh", "-c", line]);
        assert!(output.status.success() || std::thread::panicking(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Remapped<'_> {
    fn drop(&mut self) {
        self.sh("docker ps -aq | xargs -r docker rm -fv; docker system prune -af --volumes");
        self.sh(&format!("mv {CONFIG}.before {CONFIG}"));
        self.restart();
    }
}

fn uid_map(s: &Scratch, name: &str) -> String {
    let map = s.host.docker(&["exec", &s.name(name), "cat", "/proc/self/uid_map"]);
    map.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn on_an_engine_that_maps_users_a_container_keeps_its_mapping_and_its_data() {
    let s = scratch_alone("remapped");
    if s.host.docker(&["info", "-f", "{{.SecurityOptions}}"]).contains("rootless") {
        return; // it maps users already, and has no daemon.json of root's
    }
    let _remapped = Remapped::engine(s.host);
    for (name, options) in [("mapped", vec!["-v", "/anonymous"]), ("host", vec!["--userns", "host", "-v", "/anonymous"])] {
        s.push(name, "nohealth:v1");
        s.run(name, &options);
        s.host.docker(&["exec", &s.name(name), "sh", "-c", "echo kept >/anonymous/mark"]);
    }
    let before = [uid_map(&s, "mapped"), uid_map(&s, "host")];
    assert!(before[0] != "0" && before[1] == "0", "{before:?}");
    for version in ["nohealth:v2", "nohealth:v3"] {
        ["mapped", "host"].iter().for_each(|name| drop(s.push(name, version)));
        rotate(&s, &["mapped", "host"]);
        assert_eq!([uid_map(&s, "mapped"), uid_map(&s, "host")], before);
        for name in ["mapped", "host"] {
            assert_eq!(s.host.docker(&["exec", &s.name(name), "cat", "/anonymous/mark"]), "kept", "{name}");
        }
    }
}
