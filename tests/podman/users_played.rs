//! A `.kube` file of another user's, played by that user's systemd and rotated by the daemon of the unit as it is shipped.

use super::clients::{LONG, alone, entries, json, unit};
use super::kube::push;
use super::users_quadlet::lingering;
use super::wants::{QUADLET, ROOTS_ENGINE, lacks};
use crate::lab::{Scratch, wait_for};

/// The user's files and unit. Dropped, they are stopped and gone.
struct UsersKube<'a> {
    s: &'a Scratch,
    name: String,
}

impl UsersKube<'_> {
    fn path(&self, extension: &str) -> String {
        format!("/home/op/.config/containers/systemd/{}.{extension}", self.name)
    }

    #[track_caller]
    fn write(&self, extension: &str, text: &str) {
        let write = "umask 077 && mkdir -p \"${1%/*}\" && printf %s \"$2\" >\"$1\"";
        let output = self.s.host.exec(&["runuser", "-u", "op", "--", "sh", "-c", write, "sh", &self.path(extension), text]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn systemctl(&self, args: &[&str]) -> bool {
        self.s.host.exec(&[&["systemctl", "--user", "--machine=op@"], args].concat()).status.success()
    }
}

impl Drop for UsersKube<'_> {
    fn drop(&mut self) {
        self.systemctl(&["stop", &self.name]);
        self.s.host.exec(&["rm", "-f", &self.path("kube"), &self.path("yaml")]);
        self.systemctl(&["daemon-reload"]);
    }
}

#[test]
fn the_daemon_has_a_users_kube_file_played_again_with_a_new_image_and_reads_it_as_that_user() {
    if lacks(&QUADLET) || lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("uplayed");
    let user = lingering(&s);
    let unit = unit(&s, "[\"podman:op\"]");
    push(&s, "web", "nohealth:v1");
    let kube = UsersKube { s: &s, name: s.name("kube") };
    let text = |policy: &str| {
        let image = format!("{}/{}:1", s.host.registry(), s.name("web"));
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\nspec:\n  containers:\n  - name: web\n    image: {image}\n{policy}",
            kube.name
        )
    };
    kube.write("kube", &format!("[Kube]\nYaml={}.yaml\n", kube.name));
    kube.write("yaml", &text("    imagePullPolicy: Always\n"));
    assert!(kube.systemctl(&["daemon-reload"]) && kube.systemctl(&["start", &kube.name]));
    let web = format!("{}-web", kube.name);
    let image = || user.try_ask(&["container", "inspect", "--format", "{{.Image}} {{.State.Running}}", &web]).ok();
    let runs = || wait_for("it runs", LONG, || image().filter(|said| said.ends_with(" true")));
    let first = runs();
    unit.start();
    push(&s, "web", "nohealth:v2");

    // Nobody else may read that file: it was read as that user.
    let now = json(&unit, &["now", &web]);
    let told = entries(&now, "containers", &web)[0].1.clone();
    assert_eq!(told["reason"], "unit_pulls", "{now}");
    assert_eq!(runs(), first, "{now}");

    kube.write("yaml", &text(""));
    push(&s, "web", "nohealth:v1");
    assert!(kube.systemctl(&["restart", &kube.name]));
    assert_eq!(runs(), first, "{now}");
    push(&s, "web", "nohealth:v2");
    let now = json(&unit, &["now", &web]);
    assert_eq!(entries(&now, "containers", &web)[0].1["verdict"], "rotated", "{now}{}", unit.journal());
    assert_ne!(runs(), first, "{now}");
}
