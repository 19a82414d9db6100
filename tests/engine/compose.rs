//! The real compose before, after and in the middle of a rotation: it finds what it made, recreates nothing and starts nothing twice.

use serde_json::Value;

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch};

/// A compose project on the host, its file included; goes with the scratch.
struct Project {
    host: &'static Host,
    name: String,
    file: String,
}

impl Project {
    /// Two services: `web` with an anonymous volume, which waits for `db` with a named one and an alias.
    fn of_two(s: &Scratch) -> Project {
        s.push("web", "volume:v1");
        s.push("db", "ok:d1");
        Project::up(
            s,
            &format!(
                r#"
services:
  web: {{image: "{}", restart: always, ports: ["80"], depends_on: {{db: {{condition: service_healthy}}}}}}
  db:
    image: "{}"
    restart: unless-stopped
    volumes: ["data:/named"]
    networks: {{default: {{aliases: [store]}}}}
    healthcheck: {{test: "test -d /named", interval: 1s}}
volumes: {{data: {{}}}}
"#,
                s.image("web"),
                s.image("db")
            ),
        )
    }

    /// One service, `web`, with data in an anonymous volume; a newer image is in the registry.
    fn stale(s: &Scratch, variant: &str) -> Project {
        s.push("web", "volume:v1");
        let project = Project::up(s, &one(s, ""));
        project.compose(&["exec", "-T", "web", "touch", "/data/mine"]);
        s.push("web", variant);
        project
    }

    fn up(s: &Scratch, text: &str) -> Project {
        let project = Project { host: s.host, name: s.name("p"), file: format!("/run/{}.yaml", s.name("p")) };
        project.write(text);
        project.compose(&["up", "-d", "--pull", "always", "--wait"]);
        project
    }

    fn write(&self, text: &str) {
        assert!(self.host.exec(&["sh", "-c", r#"printf %s "$2" >"$1""#, "_", &self.file, text]).status.success());
    }

    #[track_caller]
    fn compose(&self, args: &[&str]) -> String {
        self.try_compose(args).unwrap_or_else(|why| panic!("compose {}: {why}", args.join(" ")))
    }

    fn try_compose(&self, args: &[&str]) -> Result<String, String> {
        let all = self.command(args);
        self.host.try_docker(&all.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn command(&self, args: &[&str]) -> Vec<String> {
        let options = ["compose", "--progress", "quiet", "-f", &self.file, "-p", &self.name];
        options.iter().chain(args).map(|&word| word.to_owned()).collect()
    }

    /// Runs compose as another hand at a call of the agent's; whether it succeeds is compose's affair.
    fn later(&self, args: &[&str]) -> Action {
        let (host, all) = (self.host, self.command(args));
        Action::Run(Box::new(move || drop(host.try_docker(&all.iter().map(String::as_str).collect::<Vec<_>>()))))
    }

    /// Full name of a container: `web-1`.
    fn container(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Names, ids and states of all containers that have the project's label, by name.
    fn all(&self) -> Vec<(String, String, String)> {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let format = "{{.Names}} {{.ID}} {{.State}}";
        let lines = self.host.docker(&["ps", "-a", "--no-trunc", "--format", format, "--filter", &filter]);
        let mut all: Vec<_> = lines.lines().filter_map(|line| Some(words(line.split_once(' ')?))).collect();
        all.sort();
        all
    }

    fn networks(&self) -> String {
        self.host.docker(&["network", "ls", "-q", "--filter", &format!("label=com.docker.compose.project={}", self.name)])
    }

    /// The one container of `web`: running under its name, with its data, and compose has nothing to do.
    #[track_caller]
    fn is_whole(&self, s: &Scratch, case: &str) -> String {
        let all = self.all();
        let [(name, id, state)] = &all[..] else { panic!("{case}: not one container of the service: {all:?}") };
        assert_eq!((name.as_str(), state.as_str()), (self.container("web-1").as_str(), "running"), "{case}");
        self.compose(&["exec", "-T", "web", "test", "-e", "/data/mine"]);
        self.compose(&["up", "-d"]);
        assert_eq!(self.all(), all, "{case}: compose has nothing to do");
        let status = s.rotate(&["status", "--json"]).exits(0).json();
        let web = status["containers"].as_array().into_iter().flatten().find(|c| c["name"] == name.as_str()).cloned();
        assert_eq!(web.map(|web| web["is_open"].clone()), Some(Value::Bool(false)), "{case}: the record is closed");
        id.clone()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.host.exec(&["rm", "-f", &self.file]);
    }
}

/// None on Docker 20.10: Debian bookworm has no `docker compose`.
fn scratch_with_compose(test: &str) -> Option<Scratch> {
    let has_compose = Host::shared().engine() != "docker-20.10";
    if !has_compose {
        eprintln!("{test}: there is no `docker compose` beside {}", Host::shared().engine());
    }
    has_compose.then(|| scratch(test))
}

fn words((name, rest): (&str, &str)) -> (String, String, String) {
    let (id, state) = rest.split_once(' ').unwrap_or((rest, ""));
    (name.to_owned(), id.to_owned(), state.to_owned())
}

/// A file with one service, and what else is to be set for it.
fn one(s: &Scratch, more: &str) -> String {
    format!("services:\n  web: {{image: \"{}\", restart: always{more}}}\n", s.image("web"))
}

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
    s.agent().config(FAST).run(&["now", &names[0], &names[1]]).exits(0);

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
    s.agent().config(FAST).run(&["now", &names[0], &names[1]]).exits(0);

    project.compose(&["down"]);
    assert_eq!((project.all(), project.networks()), (vec![], String::new()));
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn replicas_of_compose_keep_their_names_and_numbers() {
    let Some(s) = scratch_with_compose("compose-replicas") else { return };
    let project = Project::stale(&s, "volume:v2");
    let names = ["web-1", "web-2", "web-3"].map(|name| project.container(name));
    s.agent().config(FAST).run(&["now", &names[0]]).exits(0);
    let first = look(&s, &names[0]).id;
    project.compose(&["up", "-d", "--scale", "web=3", "--wait"]);
    let all = project.all();
    assert_eq!(all.iter().map(|c| &c.0).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(all[0].1, first, "the rotated one stays");

    s.push("web", "volume:v3");
    s.agent().config(FAST).run(&["now", &names[1]]).exits(0);
    let second = look(&s, &names[1]).id;
    assert_ne!(second, all[1].1);
    s.agent().config(FAST).run(&["now", &names[0], &names[2]]).exits(0);
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
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    s.agent().config(FAST).run(&["rollback", &web]).exits(0);
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
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    let rotated = look(&s, &web);
    let digest = s.push("web", "volume:v3");
    project.compose(&["pull", "-q"]);
    project.compose(&["up", "-d"]);
    assert_ne!(look(&s, &web).id, rotated.id);
    project.is_whole(&s, "pulled");
    assert_eq!(entry(&s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0), &web)["reason"], "up_to_date");

    let pinned = one(&s, "").replace(":latest", &format!("@{digest}"));
    project.write(&pinned);
    project.compose(&["up", "-d"]);
    let id = project.is_whole(&s, "pinned");
    s.push("web", "volume:v4");
    assert_eq!(entry(&s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0), &web)["reason"], "pinned_by_digest");
    assert_eq!(project.is_whole(&s, "held"), id);
}

/// `compose up -d` at one call of the rotation: afterwards one container of the new image runs under its name, and nothing is lost.
#[track_caller]
fn heals(call: &str, nth: usize, when: fn(Action) -> Fault, command: &[&str]) {
    let case = format!("{} at {call} {nth}", command.join(" "));
    let Some(s) = scratch_with_compose("compose-up") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at_path(call, nth, when(project.later(command)));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web]).exits(0);
    assert_eq!(proxy.done(), 1, "{case}: {outcome}");
    let id = project.is_whole(&s, &case);
    assert_eq!(look(&s, &web).image, tagged(&s, "web"), "{case}");
    assert_eq!(project.compose(&["exec", "-T", "web", "cat", "/www/index.html"]), "v2", "{case}");
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    assert_eq!(project.is_whole(&s, &case), id, "{case}: the next run has nothing to do");
    assert_eq!(leftovers(&s), Vec::<String>::new(), "{case}");
}

#[test]
fn compose_up_before_the_switch_is_gone_on_with() {
    heals("/containers/create", 1, Fault::Before, &["up", "-d"]);
    heals("/stop", 1, Fault::Before, &["up", "-d"]);
}

#[test]
fn compose_up_in_the_switch_is_healed() {
    heals("/update", 1, Fault::Before, &["up", "-d"]);
    heals("/rename", 2, Fault::Before, &["up", "-d"]);
    heals("/start", 1, Fault::Before, &["up", "-d"]);
}

#[test]
fn compose_up_in_the_gate_and_at_its_end_is_healed() {
    heals("/start", 1, Fault::After, &["up", "-d"]);
    heals("DELETE /containers", 1, Fault::Before, &["up", "-d"]);
    heals("/start", 1, Fault::After, &["up", "-d", "--force-recreate"]);
}

#[test]
fn compose_start_and_restart_in_the_gate_leave_one_running() {
    heals("/start", 1, Fault::After, &["start"]);
    heals("/start", 1, Fault::After, &["restart"]);
}

#[test]
fn compose_up_while_a_sick_image_is_tried_ends_with_the_old_one() {
    for (call, when) in [("/start", Fault::After as fn(Action) -> Fault), ("/rename", Fault::Before)] {
        let Some(s) = scratch_with_compose("compose-sick") else { return };
        let project = Project::stale(&s, "sick:v2");
        let web = project.container("web-1");
        let old = look(&s, &web).image;
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at_path(call, 1, when(project.later(&["up", "-d"])));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web, "--json"]).exits(1);
        assert_eq!((proxy.done(), &entry(&outcome, &web)["verdict"]), (1, &"rolled_back".into()), "{call}: {outcome}");
        project.is_whole(&s, call);
        assert_eq!((look(&s, &web).image, tagged(&s, "web")), (old.clone(), old), "{call}");
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn compose_up_of_a_changed_file_in_the_middle_is_what_stays() {
    for (call, when) in [("/containers/create", Fault::Before as fn(Action) -> Fault), ("/stop", Fault::Before), ("/start", Fault::Before)]
    {
        let Some(s) = scratch_with_compose("compose-changed") else { return };
        let project = Project::stale(&s, "volume:v2");
        let web = project.container("web-1");
        project.write(&one(&s, ", environment: {MINE: \"1\"}"));
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at_path(call, 1, when(project.later(&["up", "-d"])));
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web]).exits(0);
        assert_eq!(project.compose(&["exec", "-T", "web", "sh", "-c", "echo $MINE"]), "1", "{call}");
        s.agent().config(FAST).run(&["now", &web]).exits(0);
        project.is_whole(&s, call);
        assert_eq!(leftovers(&s), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn compose_down_in_the_gate_leaves_nothing() {
    let Some(s) = scratch_with_compose("compose-down") else { return };
    let project = Project::stale(&s, "volume:v2");
    let web = project.container("web-1");
    let proxy = FaultProxy::start(&s.host.socket());
    proxy.at_path("/start", 1, Fault::After(project.later(&["down"])));
    let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &web)["reason"], "container_taken_away", "{outcome}");
    assert_eq!((project.all(), project.networks()), (vec![], String::new()));
    assert_eq!(leftovers(&s), Vec::<String>::new());
    project.compose(&["up", "-d"]);
    assert_eq!(look(&s, &web).image, tagged(&s, "web"));
}
