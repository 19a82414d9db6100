//! Members of pods: one is replaced in its pod, which goes on meanwhile.

use serde_json::{Value, json};

use super::quadlet::LONG;
use super::{FAST, described, scratch};
use crate::lab::{Outcome, Scratch, wait_for};

/// What holds the test's pod together, and since when; it must not be touched.
#[track_caller]
fn infra(s: &Scratch, pod: &str) -> (Value, Value, Value) {
    let id = s.host.docker(&["pod", "inspect", &s.name(pod), "--format", "{{.InfraContainerID}}"]);
    let all: Value = serde_json::from_str(&s.host.docker(&["inspect", &id])).expect("JSON");
    let started = all[0]["State"]["StartedAt"].clone();
    (all[0]["Id"].clone(), started, all[0]["NetworkSettings"]["Networks"].clone())
}

/// The names of all containers of the pod but the one that holds it together, and whether each runs.
#[track_caller]
fn members(s: &Scratch, pod: &str) -> Vec<String> {
    let filter = format!("pod={}", s.name(pod));
    let listed = s.host.docker(&["ps", "-a", "--filter", &filter, "--format", "{{.Names}} {{.State}}"]);
    // Where others say `running`, 4.3 says `Up 2 seconds ago`.
    let word = |line: &str| line.split_once(" Up ").map_or(line.to_owned(), |(name, _)| format!("{name} running"));
    let mut all: Vec<String> = listed.lines().filter(|line| !line.contains("-infra ")).map(word).collect();
    all.sort();
    all
}

#[track_caller]
fn create(s: &Scratch, pod: &str, options: &[&str]) {
    s.host.docker(&[&["pod", "create", "--name", &s.name(pod)], options].concat());
}

/// A pod with a port and a volume, the service `web`, and a neighbour.
#[track_caller]
fn pod_of_two(s: &Scratch, options: &[&str]) -> u16 {
    s.push("web", "volume:v1");
    s.push("side", "nohealth:v1");
    let volume = format!("{}:/shared", s.name("shared"));
    create(s, "pod", &[&["-p", "80", "-v", &volume], options].concat());
    s.run("web", &["--pod", &s.name("pod"), "-e", "A=b", "-v", "/anon"]);
    let image = s.image("side");
    let side = ["run", "-d", "--name", &s.name("side"), "--pod", &s.name("pod"), &image, "while :; do sleep 0.1; done"];
    s.host.docker(&side);
    let infra = infra(s, "pod").0;
    let port = s.host.docker(&["port", infra.as_str().unwrap_or_default(), "80"]);
    port.rsplit(':').next().and_then(|port| port.parse().ok()).expect("the pod publishes a port")
}

#[test]
fn a_member_is_replaced_in_its_pod_which_goes_on() {
    let s = scratch("pod");
    // 4.3 has no restart policy for pods, and keeps a container's as it is.
    let (options, policy): (&[&str], _) =
        if s.host.engine().starts_with("podman-4.3") { (&[], "no") } else { (&["--restart", "always"], "always") };
    let port = pod_of_two(&s, options);
    let (web, side) = (s.name("web"), s.name("side"));
    let (infra_before, side_before) = (infra(&s, "pod"), described(&s, "side")["State"]["StartedAt"].clone());
    s.host.docker(&["exec", &web, "touch", "/anon/mark", "/data/mark", "/shared/mark"]);
    for version in ["v2", "v3"] {
        s.push("web", &format!("volume:{version}"));
        s.agent().config(FAST).run(&["now", &web]).exits(0);
        assert_eq!(s.served(port).as_deref(), Some(version));
        assert_eq!(infra(&s, "pod"), infra_before, "the pod was touched");
        assert_eq!(described(&s, "side")["State"]["StartedAt"], side_before, "the neighbour was touched");
        // `podman pod start` would start a kept one beside its successor.
        assert_eq!(members(&s, "pod"), [format!("{side} running"), format!("{web} running")]);
        s.host.docker(&["exec", &web, "ls", "/anon/mark", "/data/mark", "/shared/mark"]);
        // 4.3 writes none in two ways.
        let found =
            described(&s, "web")["HostConfig"]["RestartPolicy"]["Name"].as_str().filter(|name| !name.is_empty()).unwrap_or("no").to_owned();
        assert_eq!(found, policy, "the pod's");
    }
    s.host.docker(&["pod", "restart", &s.name("pod")]);
    assert_eq!(members(&s, "pod"), [format!("{side} running"), format!("{web} running")]);
    s.agent().config(FAST).run(&["rollback", &web]).exits(0);
    assert_eq!(s.served(port).as_deref(), Some("v2"));
    assert_eq!(members(&s, "pod"), [format!("{side} running"), format!("{web} running")]);
}

#[test]
fn a_sick_member_gives_its_place_in_the_pod_back() {
    let s = scratch("pod-sick");
    let port = pod_of_two(&s, &["--exit-policy", "stop"]);
    let (web, before, infra_before) = (s.name("web"), described(&s, "web")["Id"].clone(), infra(&s, "pod"));
    s.push("web", "sick:v2");
    s.agent().config(FAST).run(&["now", &web]).exits(1);
    assert_eq!(described(&s, "web")["Id"], before);
    assert_eq!(s.served(port).as_deref(), Some("v1"));
    assert_eq!(infra(&s, "pod"), infra_before);
    assert_eq!(members(&s, "pod").len(), 2, "{:?}", members(&s, "pod"));
}

/// `podman pod start` and `restart` start what is kept, too: two would be at one volume, and one of them has no port.
#[test]
fn a_pod_that_somebody_restarts_in_the_gate_of_a_member_ends_with_one_of_the_two_under_its_name() {
    let s = scratch("pod-restart");
    let port = pod_of_two(&s, &[]);
    let (web, side, old) = (s.name("web"), s.name("side"), described(&s, "web")["Id"].clone());
    let infra_before = infra(&s, "pod");
    s.push("web", "volume:v2");
    let agent = s.agent().config("min_healthy = \"12s\"\ndeadline = \"60s\"\n").spawn(&["now", &web]);
    wait_for("the new one runs", LONG, || s.host.try_inspect(&web).filter(|found| found["Id"] != old && found["State"]["Running"] == true));
    // Some of what it lists may be gone by the time that it is started, and a user's may find its own port taken for a moment: asked once more then.
    wait_for("the pod was restarted", LONG, || {
        let _ = s.host.try_docker(&["pod", "restart", &s.name("pod")]);
        (infra(&s, "pod").1 != infra_before.1).then_some(())
    });
    let outcome = agent.wait(LONG);
    assert!(matches!(outcome.status, Some(0 | 1)), "{outcome}");
    let is_one_of_the_two = |outcome: &Outcome| {
        assert_eq!(members(&s, "pod"), [format!("{side} running"), format!("{web} running")], "{outcome}");
        let version = if described(&s, "web")["Id"] == old { "v1" } else { "v2" };
        wait_for("what has the name serves", LONG, || (s.served(port).as_deref() == Some(version)).then_some(()));
    };
    is_one_of_the_two(&outcome);
    is_one_of_the_two(&s.agent().config(FAST).run(&["now", &web]).exits(0));
}

#[test]
fn members_that_cannot_be_replaced_in_their_pod_are_held_with_the_reason() {
    let s = scratch("pod-held");
    let (goes, unit) = (s.name("goes"), s.name("unit"));
    create(&s, "goes", &["--infra-name", &s.name("holds")]);
    // Any that is loaded and does not make this pod by `podman run`.
    create(&s, "unit", &["--label", "PODMAN_SYSTEMD_UNIT=dbus.service"]);
    let run = |name: &str, pod: &str, options: &[&str]| {
        s.push(name, "nohealth:v1");
        let (full, image) = (s.name(name), s.image(name));
        let run = ["run", "-d", "--pull", "always", "--name", &full, "--pod", pod];
        s.host.docker(&[&run[..], options, &[&image, "while :; do sleep 0.1; done"]].concat());
    };
    run("base", &goes, &[]);
    run("needs", &goes, &["--requires", &s.name("base")]);
    run("owned", &unit, &[]);
    for (name, reason, word) in
        [("holds", "in_pod", "holds a pod together"), ("base", "required_by", "requires it"), ("owned", "owned_by_unit", "dbus.service")]
    {
        let plan = s.rotate(&["plan", &s.name(name), "--json"]).exits(0).json();
        let skipped = &plan["skipped"][0];
        assert_eq!(skipped["reason"], reason, "{name}: {plan}");
        assert!(skipped["message"].as_str().is_some_and(|message| message.contains(word)), "{name}: {plan}");
    }
}

#[test]
fn the_last_member_of_a_pod_that_stops_with_it_is_rotated_once_another_runs() {
    let s = scratch("pod-two");
    let port = pod_of_two(&s, &["--exit-policy", "stop"]);
    s.host.docker(&["stop", "-t", "0", &s.name("side")]);
    s.push("web", "volume:v2");
    let plan = s.rotate(&["plan", &s.name("web"), "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "in_pod", "{plan}");
    s.host.docker(&["start", &s.name("side")]);
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    assert_eq!(s.served(port).as_deref(), Some("v2"));
}

/// All of them leave before any comes: with nobody else the pod would stop.
#[test]
fn members_that_require_each_other_are_rotated_together_where_the_pod_goes_on_without_them() {
    let s = scratch("pod-requires");
    let port = pod_of_two(&s, &["--exit-policy", "stop"]);
    s.push("front", "nohealth:v1");
    let image = s.image("front");
    let front = [
        "run",
        "-d",
        "--name",
        &s.name("front"),
        "--pod",
        &s.name("pod"),
        "--requires",
        &s.name("web"),
        &image,
        "while :; do sleep 0.1; done",
    ];
    s.host.docker(&front);
    s.host.docker(&["stop", "-t", "0", &s.name("side")]);
    s.push("web", "volume:v2");
    let names = [s.name("web"), s.name("front")];
    let plan = s.rotate(&["plan", "--json", &names[0], &names[1]]).exits(0).json();
    let skipped = plan["skipped"].as_array().into_iter().flatten().find(|one| one["name"] == names[0]);
    assert_eq!(skipped.map(|one| &one["reason"]), Some(&Value::from("in_pod")), "{plan}");
    s.host.docker(&["start", &s.name("side")]);
    let (infra_before, front_before) = (infra(&s, "pod"), described(&s, "front")["Id"].clone());
    let outcome = s.agent().config(FAST).run(&["now", &names[0], &names[1]]).exits(0);
    assert_eq!(s.served(port).as_deref(), Some("v2"), "{outcome}");
    assert_eq!(infra(&s, "pod"), infra_before, "{outcome}");
    let front = described(&s, "front");
    assert_eq!(front["Dependencies"].as_array().map(|all| all.contains(&described(&s, "web")["Id"])), Some(true), "{front} {outcome}");
    assert_ne!(front["Id"], front_before, "{outcome}");
    let all = ["front", "side", "web"].map(|name| format!("{} running", s.name(name)));
    assert_eq!(members(&s, "pod"), all, "{outcome}");
}

#[test]
fn a_project_of_podman_compose_is_rotated_in_its_pod_and_keeps_its_labels() {
    let s = scratch("podman-compose");
    s.push("web", "volume:v1");
    // As podman-compose 1.3 makes it: a pod that shares nothing, labels of its own and of compose.
    let (pod, net, web) = (s.name("pod_project"), s.name("project_default"), s.name("web"));
    s.host.docker(&["network", "create", &net]);
    create(&s, "pod_project", &["--infra=false", "--share="]);
    let labels = ["io.podman.compose.config-hash=123", "io.podman.compose.project=project", "com.docker.compose.project=project"];
    let numbers = ["com.docker.compose.container-number=1", "com.docker.compose.service=web", "io.podman.compose.version=1.3.0"];
    let mut options = vec!["--pod", &pod, "--network", &net, "--network-alias", "web", "-p", "80"];
    options.extend(labels.iter().chain(&numbers).flat_map(|label| ["--label", label]));
    s.run("web", &options);
    let (before, port) = (described(&s, "web"), s.port("web"));
    s.push("web", "volume:v2");
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    let after = described(&s, "web");
    assert_ne!(after["Id"], before["Id"]);
    assert_eq!((&after["Pod"], s.served(port).as_deref()), (&before["Pod"], Some("v2")));
    for label in labels.iter().chain(&numbers) {
        let (name, value) = label.split_once('=').expect("a label");
        assert_eq!(after["Config"]["Labels"][name], json!(value));
    }
    assert_eq!(members(&s, "pod_project"), [format!("{web} running")]);
}
