//! Units of `.kube` files beside what is rotated: whatever they do, they do it as before.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::FAST;
use super::quadlet::LONG;
use super::wants::{KUBE_WITHOUT_CONTAINERS, QUADLET, lacks};
use crate::lab::{Host, Outcome, Scratch, wait_for};

/// A unit of a `.kube` file, and the file of Kubernetes that it plays. Dropped, it is stopped and both are gone.
struct Kube<'a> {
    s: &'a Scratch,
    name: String,
    files: [PathBuf; 2],
}

impl<'a> Kube<'a> {
    /// Of one pod with this below its `metadata`, and more lines below `[Kube]`. Not started yet.
    #[track_caller]
    fn write(s: &'a Scratch, spec: &str, more: &str) -> Self {
        let (name, folder) = (s.name("kube"), s.host.quadlets());
        let yaml = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n{spec}");
        let files = [("kube", format!("[Kube]\nYaml={name}.yaml\n{more}\n")), ("yaml", yaml)];
        let files = files.map(|(kind, text)| s.host.write_unit(&format!("{folder}/{name}.{kind}"), &text));
        s.host.systemctl(&["daemon-reload"]);
        Self { s, name, files }
    }

    fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    /// How it stands, and in which of its runs.
    fn stands(&self) -> String {
        self.s.host.systemctl(&["show", &self.unit(), "-p", "ActiveState,Result,InvocationID,NRestarts"])
    }

    fn does(&self) -> String {
        self.s.host.systemctl(&["show", &self.unit(), "-p", "ActiveState", "--value"])
    }
}

impl Drop for Kube<'_> {
    fn drop(&mut self) {
        let _ = self.s.host.try_systemctl(&["stop", &self.unit()]);
        self.files.iter().for_each(|file| drop(fs::remove_file(file)));
        let _ = self.s.host.try_systemctl(&["daemon-reload"]);
        let _ = self.s.host.try_systemctl(&["reset-failed", &self.unit()]);
    }
}

/// Of all that is selected.
#[track_caller]
fn now(s: &Scratch, config: &str) -> Outcome {
    s.agent().on_host_as_owner().config(config).run(&["now", "--json"]).exits(0)
}

#[track_caller]
fn of(outcome: &Outcome, name: &str) -> Value {
    let document = outcome.json();
    let all = document["containers"].as_array().into_iter().flatten().find(|entry| entry["name"] == name).cloned();
    all.unwrap_or_else(|| panic!("nothing is said of {name}: {outcome}"))
}

#[test]
fn containers_that_the_autoupdate_keys_of_a_kube_file_select_are_held_together_and_left_as_they_are() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "kubekeys");
    let push = |name: &str, variant: &str| s.host.push_with(&format!("{}:1", s.name(name)), variant, "{}");
    // Both have one network, and so one port 80.
    let command = r#"["/bin/busybox", "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"]"#;
    let container = |name: &str| format!("  - name: {name}\n    image: {}/{}:1\n    command: {command}\n", s.host.registry(), s.name(name));
    for name in ["a", "b"] {
        push(name, "nohealth:v1");
    }
    let spec = format!("spec:\n  containers:\n{}{}", container("a"), container("b"));
    let kube = Kube::write(&s, &spec, "AutoUpdate=registry\nAutoUpdate=b/local");
    s.host.systemctl(&["start", &kube.unit()]);
    let names = ["a", "b"].map(|name| format!("{}-{name}", kube.name));
    let start_of = |name: &String| {
        let found = s.host.try_inspect(name).filter(|found| found["State"]["Running"] == true)?;
        Some((found["Id"].clone(), found["State"]["StartedAt"].clone()))
    };
    let all = || names.each_ref().map(|name| wait_for("it runs", LONG, || start_of(name)));
    let before = (all(), kube.stands());
    let label = |name: &str| s.host.inspect(name)["Config"]["Labels"]["io.containers.autoupdate"].clone();
    assert_eq!(names.each_ref().map(|name| label(name)), ["registry", "local"].map(Value::from));
    for name in ["a", "b"] {
        push(name, "crash");
        s.host.docker(&["pull", "-q", &format!("{}/{}:1", s.host.registry(), s.name(name))]);
    }

    let outcome = now(&s, FAST);
    for name in &names {
        let held = of(&outcome, name);
        assert_eq!(held["reason"], "owned_by_unit", "{outcome}");
        let message = held["message"].as_str().unwrap_or_default();
        assert!(message.contains(&kube.unit()) && message.contains("no more than one would prove itself"), "{outcome}");
    }
    assert_eq!((all(), kube.stands()), before, "{outcome}");
}

#[test]
fn a_kube_unit_that_cannot_start_is_left_as_it_is_and_all_else_is_rotated() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "kubefails");
    s.push("web", "nohealth:v1");
    let id = s.run("web", &["-p", "80"]);
    let port = s.port("web");
    let spec = format!(
        "spec:\n  containers:\n  - name: late\n    image: {}\n    imagePullPolicy: IfNotPresent\n    ports:\n    - containerPort: 80\n      hostPort: {port}\n",
        s.image("web")
    );
    let kube = Kube::write(&s, &spec, "");
    assert!(s.host.try_systemctl(&["start", &kube.unit()]).is_err(), "its port is taken");
    wait_for("it has failed", LONG, || (kube.does() == "failed").then_some(()));
    let before = kube.stands();
    s.push("web", "nohealth:v2");

    let outcome = now(&s, &format!("{FAST}select = \"all\"\n"));
    assert_eq!(of(&outcome, &s.name("web"))["verdict"], "rotated", "{outcome}");
    assert_ne!(s.host.inspect(&s.name("web"))["Id"], id.as_str(), "{outcome}");
    assert_eq!(kube.stands(), before, "{outcome}");
}

#[test]
fn a_kube_unit_without_containers_is_left_as_it_is_and_what_holds_its_pod_together_is_nothing_to_rotate() {
    if lacks(&KUBE_WITHOUT_CONTAINERS) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "kubeempty");
    let kube = Kube::write(&s, "", "");
    s.host.systemctl(&["start", &kube.unit()]);
    assert_eq!(kube.does(), "active");
    let before = kube.stands();
    let outcome = now(&s, &format!("{FAST}select = \"all\"\n"));
    let document = outcome.json();
    let others = document["containers"].as_array().into_iter().flatten().filter(|entry| entry["verdict"] != "skipped");
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&Value>::new(), "{outcome}");
    assert_eq!(kube.stands(), before, "{outcome}");
    assert_eq!(s.host.docker(&["pod", "inspect", &kube.name, "--format", "{{.State}}"]), "Running", "{outcome}");
}
