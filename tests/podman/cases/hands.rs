//! Other hands at the engine, and the places that `rotate` is run from.

use std::fs;
use std::path::Path;

use super::super::quadlet::LONG;
use super::super::wants::policy;
use super::super::{FAST, described, scratch};
use super::{answered, entry, now, told};
use crate::lab::{Action, Answer, FakeRegistry, Fault, FaultProxy, Host, Scratch, wait_for};

#[test]
fn from_a_timer_all_is_updated_as_by_hand_and_lives_on_when_the_service_is_done() {
    let s = Scratch::alone(Host::shared(), "timer");
    s.push("web", "ok:v1");
    s.push("sick", "ok:v1");
    let policy = policy("always");
    let id = s.run("web", &["--label", "io.containers.autoupdate=registry", "--restart", policy]);
    let sick = s.run("sick", &["--label", "rotate.enable=true"]);
    s.push("web", "ok:v2");
    s.push("sick", "sick:v2");
    let program = s.host.install(Path::new(env!("CARGO_BIN_EXE_rotate")));
    let config = s.host_file("rotate.toml", &format!("{FAST}on_failure = \"continue\"\n"));
    s.host.exec(&["chmod", "777", &s.host_dir()]);
    let (said, state) = (format!("{}/said", s.host_dir()), format!("{}/state", s.host_dir()));
    let command = format!("{program} --config {config} --state-dir {state} now --json >{said}; echo $? >{said}.code");
    let (unit, code) = (format!("--unit={}", s.name("run")), format!("{said}.code"));
    let timer = [&unit, "--on-active=1s", "--service-type=oneshot", "--collect", "sh", "-c", &command];
    let begun = s.host.exec(&[&s.host.manager("systemd-run")[..], &timer].concat());
    assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));

    let code = wait_for("the service is done", LONG, || fs::read_to_string(s.host.path(&code)).ok().filter(|code| !code.is_empty()));
    let service = format!("{}.service", s.name("run"));
    wait_for("and gone", LONG, || (s.host.systemctl(&["show", &service, "-p", "ActiveState", "--value"]) == "inactive").then_some(()));
    let text = fs::read_to_string(s.host.path(&said)).expect("it said something");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
    assert_eq!((code.trim(), told(&s, &document, "web").as_str()), ("1", "rotated"), "{document}");
    assert_eq!(entry(&s, &document, "sick")["verdict"], "rolled_back", "{document}");

    let web = described(&s, "web");
    assert_ne!(web["Id"], id.as_str());
    let shown = web["HostConfig"]["RestartPolicy"]["Name"].as_str();
    // 4.3 calls it so or nothing at all.
    assert_eq!((&web["State"]["Running"], shown.map(|name| if name.is_empty() { "no" } else { name })), (&true.into(), Some(policy)));
    // Podman writes there in which unit its client ran.
    assert_eq!(web["Config"]["Labels"]["PODMAN_SYSTEMD_UNIT"], serde_json::Value::Null, "{web}");
    assert_eq!(described(&s, "sick")["Id"], sick.as_str());
}

#[test]
fn containers_and_their_rotation_survive_the_end_of_the_engine_s_service() {
    let s = Scratch::alone(Host::shared(), "service");
    s.push("web", "nohealth:v1");
    let id = s.run("web", &["-p", "80"]);
    let port = s.port("web");
    let other = s.host.docker(&["run", "-d", "--name", &s.name("other"), &s.image("web")]);
    let started = described(&s, "other")["State"]["StartedAt"].clone();
    s.push("web", "nohealth:v2");
    let agent = s.agent().on_host_as_owner().config("min_healthy = \"6s\"\n").spawn(&["now", &s.name("web"), "--json"]);
    wait_for("the new one runs", LONG, || {
        s.host.try_inspect(&s.name("web")).filter(|found| found["Id"] != id.as_str() && found["State"]["Running"] == true)
    });
    for command in [&["stop", "podman.service"][..], &["kill", "-s", "KILL", "--kill-whom=main", "podman.service"]] {
        let _ = s.host.try_systemctl(command);
    }
    let outcome = agent.wait(LONG).exits(0);
    assert_eq!(told(&s, &outcome.json(), "web"), "rotated", "{outcome}");
    assert_eq!(s.served(port).as_deref(), Some("v2"));
    assert_eq!((described(&s, "other")["Id"].as_str(), &described(&s, "other")["State"]["StartedAt"]), (Some(other.as_str()), &started));
}

#[test]
fn a_container_with_a_session_in_it_is_rotated_and_one_that_was_only_created_is_not() {
    let s = scratch("session");
    s.push("web", "nohealth:v1");
    let id = s.run("web", &[]);
    s.host.docker(&["exec", "-d", &s.name("web"), "sleep", "1000"]);
    s.host.docker(&["create", "--name", &s.name("made"), &s.image("web")]);
    s.push("web", "nohealth:v2");
    let outcome = now(&s, &["web", "made"]).exits(0);
    assert_eq!(told(&s, &outcome.json(), "web"), "rotated", "{outcome}");
    assert_eq!(told(&s, &outcome.json(), "made"), "not_running", "{outcome}");
    let kept = s.host.docker(&["ps", "-aq", "--no-trunc", "--filter", &format!("name={}.rotate-old-", s.name("web"))]);
    assert_eq!(kept, id, "renamed with the session's remains");
}

#[test]
fn names_of_every_character_that_podman_takes_are_rotated_and_beside_what_is_no_name_nothing_is() {
    let s = scratch("oddnames");
    let every: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("_.-".chars()).collect();
    let names = [every.as_str(), "0.", "-_.", "a--b..c__d", "web.rotate-old"];
    let full = names.map(|name| s.name(name));
    s.push("image", "nohealth:v1");
    s.host.docker(&["pull", "-q", &s.image("image")]);
    for name in &full {
        s.host.docker(&["run", "-d", "--name", name, &s.image("image")]);
    }
    let ids = || full.each_ref().map(|name| s.host.inspect(name)["Id"].clone());
    let old = ids();
    s.push("image", "nohealth:v2");
    for bad in ["no such name", "../../images", "w\u{e9}b"] {
        let outcome = answered(|| s.agent().config(FAST).run(&["now", &full[0], bad])).exits(2);
        assert_eq!(ids(), old, "{outcome}");
    }
    let outcome = now(&s, &names).exits(0);
    for (name, (new, old)) in names.iter().zip(ids().iter().zip(&old)) {
        assert_eq!(told(&s, &outcome.json(), name), "rotated", "{outcome}");
        assert_ne!(new, old, "{name}");
    }
    s.agent().config(FAST).run(&["rollback", &full[0]]).exits(0);
    assert_eq!(s.host.inspect(&full[0])["Id"], old[0]);
}

#[test]
fn a_container_that_is_removed_while_another_is_rotated_is_skipped_and_no_error() {
    let s = scratch("removed");
    for name in ["first", "gone"] {
        s.push(name, "nohealth:v1");
        s.run(name, &[]);
        s.push(name, "nohealth:v2");
    }
    let proxy = FaultProxy::start(&s.host.socket());
    let (host, gone) = (s.host, s.name("gone"));
    proxy.at_path("/start", 1, Fault::Before(Action::Run(Box::new(move || drop(host.docker(&["rm", "-f", "-t", "0", &gone]))))));
    let names = [s.name("first"), s.name("gone")];
    let run = || s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &names[0], &names[1], "--json"]);
    let outcome = answered(run).exits(0);
    assert_eq!(told(&s, &outcome.json(), "first"), "rotated", "{outcome}");
    assert_eq!(told(&s, &outcome.json(), "gone"), "container_gone", "{outcome}");
    assert!(s.host.try_inspect(&s.name("gone")).is_none());
}

#[test]
fn a_container_made_from_an_archive_follows_the_reference_that_the_archive_names() {
    let s = scratch("archive");
    s.push("web", "nohealth:v1");
    let (web, image, file) = (s.name("web"), s.image("web"), format!("{}/web.tar", s.host_dir()));
    s.host.docker(&["pull", "-q", &image]);
    s.host.exec(&["chmod", "777", &s.host_dir()]);
    s.host.docker(&["save", "-q", "-o", &file, &image]);
    s.host.docker(&["rmi", &image]);
    let refused = s.host.try_docker(&["run", "-d", "--label", "io.containers.autoupdate=registry", &format!("docker-archive:{file}")]);
    assert!(refused.is_err_and(|why| why.contains("docker-archive")), "Podman's own rule");
    s.host.docker(&["run", "-d", "--name", &web, "--label", "rotate.enable=true", &format!("docker-archive:{file}")]);
    s.push("web", "nohealth:v2");
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    assert!(described(&s, "web")["Config"]["Env"].to_string().contains("APP_VERSION=v2"));
}

#[test]
fn a_registry_that_wants_a_password_is_opened_by_podman_s_own_file() {
    const BASIC: &str = "YWxpY2U6c2VjcmV0"; // alice:secret
    let s = scratch("auth");
    s.push("web", "nohealth:v1");
    let registry = FakeRegistry::in_front_of(s.host);
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    let web = s.name("web");
    let id = s.host.docker(&["run", "-d", "--pull", "always", "--name", &web, &image]);
    s.push("web", "nohealth:v2");
    registry.script(|head| {
        let is_known = head.header("authorization") == Some(&format!("Basic {BASIC}"));
        (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"lab\""))
    });
    let agent = || s.agent().config(FAST);
    let outcome = agent().run(&["now", &web, "--json"]).exits(1);
    let held = entry(&s, &outcome.json(), "web");
    assert!(held["message"].as_str().is_some_and(|text| text.contains("does not let anybody without credentials see")), "{held}");
    assert_eq!(described(&s, "web")["Id"], id.as_str());

    let auth = serde_json::json!({ "auths": { registry.address(): { "auth": BASIC } } });
    let file = s.file("auth.json", &auth.to_string());
    let outcome = agent().env("REGISTRY_AUTH_FILE", &file.display().to_string()).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(told(&s, &outcome.json(), "web"), "rotated", "{outcome}");
}

#[test]
fn a_file_of_credentials_that_a_label_names_counts_alone_and_holds_its_container_where_it_cannot_be_read() {
    const BASIC: &str = "YWxpY2U6c2VjcmV0"; // alice:secret
    const LABEL: &str = "io.containers.autoupdate.authfile";
    let s = scratch("authfile");
    let registry = FakeRegistry::in_front_of(s.host);
    let file = s.dir().join("mine.json").display().to_string();
    let auth = |basic: &str| serde_json::json!({ "auths": { registry.address(): { "auth": basic } } }).to_string();
    s.push("web", "nohealth:v1");
    let (web, image) = (s.name("web"), format!("{}/{}:latest", registry.address(), s.name("web")));
    let id = s.host.docker(&["run", "-d", "--pull", "always", "--name", &web, "--label", &format!("{LABEL}={file}"), &image]);
    s.push("web", "nohealth:v2");
    registry.script(|head| {
        let is_known = head.header("authorization") == Some(&format!("Basic {BASIC}"));
        (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"lab\""))
    });
    let usual = s.file("auth.json", &auth(BASIC));
    let now = || s.agent().config(FAST).env("REGISTRY_AUTH_FILE", &usual.display().to_string()).run(&["now", &web, "--json"]);
    // The usual one would open it.
    for text in [None, Some("{".to_owned())] {
        if let Some(text) = &text {
            s.file("mine.json", text);
        }
        let outcome = now().exits(1);
        let message = entry(&s, &outcome.json(), "web")["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(&format!("`{web}` in {file}")) && message.contains(LABEL), "{text:?}: {outcome}");
        assert_eq!(described(&s, "web")["Id"], id.as_str());
    }
    s.file("mine.json", &auth(BASIC));
    s.file("auth.json", &auth("b3RoZXI6b3RoZXI="));
    let outcome = now().exits(0);
    assert_eq!(told(&s, &outcome.json(), "web"), "rotated", "{outcome}");
}
