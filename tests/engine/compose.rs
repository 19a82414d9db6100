//! The real compose before and after a rotation: it finds what it made and recreates nothing.

use super::compose_project::{Project, agent, one, scratch_with_compose};
use super::{entry, leftovers, look, tagged};

#[test]
fn after_a_rotation_compose_finds_its_containers_and_recreates_nothing() {
    let Some(s) = scratch_with_compose("compose-after") else { return };
    let project = Project::of_two(&s);
    let names = [project.container("db-1"), project.container("web-1")];
    project.compose(&["exec", "-T", "web", "touch", "/data/mine"]);
    project.compose(&["exec", "-T", "db", "touch", "/named/mine"]);
    let before = project.all();
    s.push("web", "volume:v2");
    s.push("db", "ok:d2");
    agent(&s).run(&["now", &names[0], &names[1]]).exits(0);

    let after = project.all();
    let running: Vec<_> = after.iter().map(|(name, _, state)| (name.as_str(), state.as_str())).collect();
    assert_eq!(running, [(names[0].as_str(), "running"), (names[1].as_str(), "running")], "nothing is kept beside them");
    assert!(before.iter().zip(&after).all(|(old, new)| old.1 != new.1), "both were rotated");
    let label = &s.host.inspect(&names[1])["Config"]["Labels"]["com.docker.compose.image"];
    assert_eq!(*label, tagged(&s, "web").as_str(), "compose's note of the image");

    let commands: [&[&str]; 7] =
        [&["up", "-d"], &["start"], &["restart"], &["stop"], &["start"], &["up", "-d", "--wait"], &["up", "-d", "--no-recreate"]];
    for command in commands {
        project.compose(command);
        let ids = |all: &[(String, String, String)]| all.iter().map(|c| (c.0.clone(), c.1.clone())).collect::<Vec<_>>();
        assert_eq!(ids(&project.all()), ids(&after), "{command:?}");
        let is_stopped = command == ["stop"];
        assert!(project.all().iter().all(|c| (c.2 == "exited") == is_stopped), "{command:?}: {:?}", project.all());
    }
    let mut listed: Vec<String> = project.compose(&["ps", "-a", "--format", "{{.Name}}"]).lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed, names);
    assert_eq!(project.compose(&["exec", "-T", "web", "cat", "/www/index.html"]), "v2");
    project.compose(&["exec", "-T", "web", "wget", "-q", "-O", "-", "http://store"]);
    project.compose(&["logs", "web"]);

    project.compose(&["up", "-d", "--force-recreate", "--wait"]);
    assert!(project.all().iter().zip(&after).all(|(new, old)| new.0 == old.0 && new.1 != old.1 && new.2 == "running"));
    project.compose(&["exec", "-T", "web", "test", "-e", "/data/mine"]);
    project.compose(&["exec", "-T", "db", "test", "-e", "/named/mine"]);
    agent(&s).run(&["now", &names[0], &names[1]]).exits(0);

    project.compose(&["down"]);
    assert_eq!((project.all(), project.networks()), (vec![], String::new()));
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn replicas_of_compose_keep_their_names_and_numbers() {
    let Some(s) = scratch_with_compose("compose-replicas") else { return };
    let project = Project::stale(&s, "volume:v2");
    let names = ["web-1", "web-2", "web-3"].map(|name| project.container(name));
    agent(&s).run(&["now", &names[0]]).exits(0);
    let first = look(&s, &names[0]).id;
    project.compose(&["up", "-d", "--scale", "web=3", "--wait"]);
    let all = project.all();
    assert_eq!(all.iter().map(|c| &c.0).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(all[0].1, first, "the rotated one stays");

    s.push("web", "volume:v3");
    agent(&s).run(&["now", &names[1]]).exits(0);
    let second = look(&s, &names[1]).id;
    assert_ne!(second, all[1].1);
    agent(&s).run(&["now", &names[0], &names[2]]).exits(0);
    let rotated = project.all();
    assert_eq!(rotated[1].1, second);
    project.compose(&["up", "-d", "--scale", "web=3"]);
    assert_eq!(project.all(), rotated, "nothing is recreated");
    project.compose(&["up", "-d", "--scale", "web=1"]);
    assert_eq!(project.all(), rotated[..1]);
    project.compose(&["exec", "-T", "web", "test", "-e", "/data/mine"]);
}

#[test]
fn a_service_that_was_rolled_back_is_compose_s_own_again() {
    let Some(s) = scratch_with_compose("compose-rollback") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    let old = look(&s, &web);
    agent(&s).run(&["now", &web]).exits(0);
    agent(&s).run(&["rollback", &web]).exits(0);
    let back = project.is_whole(&s, "rolled back");
    assert_eq!((look(&s, &web).image, tagged(&s, "web")), (old.image.clone(), old.image));
    project.compose(&["restart", "web"]);
    assert_eq!(project.is_whole(&s, "restart"), back);
    project.compose(&["stop", "web"]);
    project.compose(&["start", "web"]);
    assert_eq!(project.is_whole(&s, "stop and start"), back);
    project.compose(&["down"]);
    assert_eq!((project.all(), project.networks()), (vec![], String::new()));
}

#[test]
fn what_a_person_pulls_or_pins_after_a_rotation_is_compose_s_to_do() {
    let Some(s) = scratch_with_compose("compose-pull") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    agent(&s).run(&["now", &web]).exits(0);
    let rotated = look(&s, &web);
    let digest = s.push("web", "volume:v3");
    project.compose(&["pull", "-q"]);
    project.compose(&["up", "-d"]);
    assert_ne!(look(&s, &web).id, rotated.id);
    project.is_whole(&s, "pulled");
    assert_eq!(entry(&agent(&s).run(&["now", &web, "--json"]).exits(0), &web)["reason"], "up_to_date");

    let pinned = one(&s, "").replace(":latest", &format!("@{digest}"));
    project.write(&pinned);
    if s.host.has_podman() {
        // An image that has a tag gets it for a name from Podman's API, whatever compose has asked for.
        s.host.docker(&["untag", &s.image("web")]);
    }
    project.compose(&["up", "-d"]);
    let id = project.is_whole(&s, "pinned");
    s.push("web", "volume:v4");
    assert_eq!(entry(&agent(&s).run(&["now", &web, "--json"]).exits(0), &web)["reason"], "pinned_by_digest");
    assert_eq!(project.is_whole(&s, "held"), id);
}
