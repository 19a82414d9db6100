//! Units of `.kube` files beside what is rotated: whatever they do, they do it as before.

use serde_json::Value;

use super::FAST;
use super::kube::Kube;
use super::quadlet::LONG;
use super::wants::{KUBE_WITHOUT_CONTAINERS, QUADLET, lacks};
use crate::lab::{Host, Outcome, Scratch, wait_for};

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
    let kube = Kube::write(&s, "kube", &spec, "");
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
    let kube = Kube::write(&s, "kube", "", "");
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
