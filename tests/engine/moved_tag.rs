//! A container whose tag has moved on here before it was rotated: some engines then forget by which digest its image was pulled.

use super::{FAST, entry, look, now, scratch, tagged};
use crate::lab::{Action, Answer, FakeRegistry, Fault, FaultProxy};

#[test]
fn a_container_is_rotated_although_another_hand_pulled_its_tag_before() {
    let s = scratch("pulled-by-hand");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    s.host.docker(&["pull", &s.image("web")]);

    let outcome = now(&s, &["web"], &["--json"]).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated", "{outcome}");
    let new = look(&s, &s.name("web"));
    assert_ne!(new.id, old.id);
    assert_eq!(new.image, tagged(&s, "web"));
    assert!(new.is_running);
    assert_eq!(entry(&now(&s, &["web"], &["--json"]).exits(0), &s.name("web"))["reason"], "up_to_date");
}

#[test]
fn two_containers_of_one_tag_are_rotated_one_after_the_other() {
    let s = scratch("two-of-one");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    s.host.docker(&["run", "-d", "--name", &s.name("b"), &s.image("web")]);
    s.push("web", "ok:v2");
    let old = look(&s, &s.name("web")).image;
    let run = |name: &str| {
        let outcome = s.agent().config(&format!("{FAST}keep_old = \"0s\"\n")).run(&["now", &s.name(name), "--json"]).exits(0);
        entry(&outcome, &s.name(name))
    };
    assert_eq!(run("web")["verdict"], "rotated");
    assert_eq!(run("web")["reason"], "up_to_date");
    assert_eq!(run("b")["verdict"], "rotated");
    assert_eq!(look(&s, &s.name("b")).image, tagged(&s, "web"));
    assert_eq!(run("b")["reason"], "up_to_date");
    // Other tests pin images of theirs on the same host.
    let tags = s.host.docker(&["images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "--no-trunc"]);
    let new = tagged(&s, "web");
    let left: Vec<&str> = tags.lines().filter(|line| line.starts_with("localhost/rotate/keep:")).collect();
    assert!(!left.iter().any(|pin| pin.ends_with(&old) || pin.ends_with(&new)), "no pin is left over: {left:?}");
}

#[test]
fn a_container_whose_image_was_dropped_is_taken_back_when_its_gate_fails() {
    let s = scratch("dropped-back");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "sick:v2");
    s.host.docker(&["pull", &s.image("web")]);
    let outcome = now(&s, &["web"], &["--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rolled_back", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old);
}

/// Docker 26.1 with containerd's store drops the image; other engines show it by its id, and ask for nothing.
#[test]
fn a_container_whose_image_is_dropped_here_and_gone_from_its_registry_is_held_with_that_reason() {
    let s = scratch("dropped-gone");
    let registry = FakeRegistry::in_front_of(s.host);
    let first = s.push("web", "ok:v1");
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    s.host.docker(&["run", "-d", "--pull", "always", "--name", &s.name("web"), &image]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    s.host.docker(&["pull", &image]);
    registry.script(move |head| head.target.ends_with(&first).then(|| Answer::status(404)));

    let plan = s.rotate(&["plan", &s.name("web"), "--json"]).exits(0).json()["skipped"].clone();
    let is_dropped = s.host.engine() == "docker-26.1-containerd";
    let said = entry(&now(&s, &["web"], &["--json"]).exits(i32::from(is_dropped)), &s.name("web"));
    if is_dropped {
        assert_eq!((&plan[0]["reason"], &said["reason"]), (&"image_gone".into(), &"image_gone".into()), "{said}");
        assert!(said["message"].as_str().is_some_and(|text| text.contains("cannot be pulled again")), "{said}");
        assert_eq!(look(&s, &s.name("web")), old);
    } else {
        assert_eq!(said["verdict"], "rotated", "{said}");
    }
}

#[test]
fn a_container_whose_image_lost_its_name_in_the_middle_of_a_rotation_is_rotated_by_the_next_run() {
    let s = scratch("name-taken-away");
    s.push("web", "ok:v1");
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "ok:v2");
    let digest = s.host.docker(&["image", "inspect", "-f", "{{index .RepoDigests 0}}", &old.image]);
    let proxy = FaultProxy::start(&s.host.socket());
    // What `docker image prune -a` does to images of which one runs and has our pin for another name.
    let (host, image) = (s.host, s.image("web"));
    let prune = move || {
        host.docker(&["rmi", &image]);
        host.try_docker(&["rmi", &digest]).ok(); // containerd's store has no such name
    };
    proxy.at_path("/tag?", 2, Fault::After(Action::Run(Box::new(prune))));
    proxy.at_path("/containers/create", 1, Fault::Before(Action::Status(500, "not now".to_owned())));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("web"), "--json"]);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "failed", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old, "{outcome}");
    assert_eq!(tagged(&s, "web"), old.image, "{outcome}");

    let outcome = now(&s, &["web"], &["--json"]).exits(0);
    assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated", "{outcome}");
    assert_eq!(look(&s, &s.name("web")).image, tagged(&s, "web"));
}
