//! The unit file as it is shipped, under the host's systemd, and the drop-ins beside it.

use serde_json::json;

use super::{CONFIG, SOON, id, is_new, scratch, stale};
use crate::lab::{A_USERS_ENGINE, Answer, DOCKER, FakeRegistry, ROOTS_ENGINE, Unit, lacks, policy, wait_for};

#[test]
fn the_unit_starts_is_confined_heals_reloads_and_stops() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("unit");
    let unit = Unit::install(&s, CONFIG);
    let old = stale(&s, &["--restart", policy("always")]);
    unit.start();
    let web = s.name("web");
    let socket = "/run/rotate/rotate.sock";
    let status = s.host.exec(&["stat", "-c", "%U %G %a", socket]);
    assert_eq!(String::from_utf8_lossy(&status.stdout).trim(), "rotate rotate 660");

    // Killed in the middle of a switch: systemd starts it, and it goes on.
    let mut client = s.host.command(&[&unit.program, "now", &web]).spawn().expect("a client");
    let filter = format!("name=^/?{web}.rotate-old-");
    wait_for("it switches", SOON, || (!s.host.docker(&["ps", "-aq", "--filter", &filter]).is_empty()).then_some(()));
    unit.systemctl(&["kill", "--signal=KILL", "rotate"]);
    wait_for("the successor serves", SOON, || is_new(&s, &old).then_some(()));
    client.wait().expect("the client ends");
    wait_for("it is proved", SOON, || unit.ask(&["history", &web, "--json"]).contains("\"rotated\"").then_some(()));
    let new = id(&s);

    // A command that means another engine than the daemon's does not ask the daemon.
    let elsewhere = s.host.exec(&["env", "DOCKER_HOST=unix:///run/nowhere.sock", &unit.program, "plan", &web]);
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(elsewhere.status.code() == Some(69) && said.contains("/run/nowhere.sock"), "{said}");

    let journal = unit.journal();
    assert!(journal.contains(&format!("ROTATE_CONTAINER={web}")) && journal.contains("ROTATE_STEP="), "{journal}");

    // A bad configuration is refused, and does not end it.
    unit.configure("schedule = \"never\"\n");
    unit.systemctl(&["reload", "rotate"]);
    wait_for("it is refused", SOON, || unit.ask(&["status"]).contains("refused").then_some(()));
    assert_eq!(unit.systemctl(&["is-active", "rotate"]), "active");

    // Started with it, it ends and is not started again and again.
    unit.systemctl(&["restart", "rotate"]);
    wait_for("it has failed", SOON, || (unit.systemctl(&["is-active", "rotate"]) == "failed").then_some(()));
    assert_eq!(unit.systemctl(&["show", "-P", "ExecMainStatus", "rotate"]), "78");
    unit.configure(CONFIG);
    unit.start();

    let verified = s.host.exec(&["systemd-analyze", "verify", "rotate.service"]);
    let verified = String::from_utf8_lossy(&verified.stderr).into_owned();
    // The man pages are not installed on this host (the words of systemd 252 and 257, and of 258).
    let is_about_man = |line: &str| ["Command 'man ", "Can't show rotate"].iter().any(|words| line.contains(words));
    let faults = verified.lines().filter(|line| line.contains("rotate.service") && !is_about_man(line));
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<&str>::new());
    let security = s.host.exec(&["systemd-analyze", "security", "--no-pager", "rotate.service"]);
    let security = String::from_utf8_lossy(&security.stdout).into_owned();
    let level = security.lines().last().and_then(|line| line.split_whitespace().find_map(|word| word.parse::<f64>().ok()));
    assert!(level.is_some_and(|level| level <= 2.5), "{security}");

    assert!(s.host.exec(&["timeout", "60", "systemctl", "stop", "rotate"]).status.success());
    assert_eq!(id(&s), new);
}

#[test]
fn with_its_drop_in_the_daemon_asks_a_container_that_the_host_cannot_reach() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("inside");
    let unit = Unit::install(&s, CONFIG);
    let old = stale(&s, &["--network", "none", "--label", "rotate.health.tcp=:80"]);
    unit.start();
    let held = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(held.contains("\"probe_not_made\"") && !is_new(&s, &old), "{held}");
    unit.drop_in(include_str!("../../systemd/drop-ins/container-networks.conf"));
    unit.start();
    let rotated = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(is_new(&s, &old), "{rotated}{}", unit.journal());
}

#[test]
fn with_its_drop_ins_the_daemon_serves_the_engine_of_a_user() {
    // Podman's own suite has users' engines.
    if lacks(&A_USERS_ENGINE) || lacks(&DOCKER) {
        return;
    }
    let s = scratch("user");
    let unit = Unit::install(&s, CONFIG);
    unit.configure(&format!("{CONFIG}engine = \"unix:///run/user/1000/docker.sock\"\n"));
    let drop_ins =
        concat!(include_str!("../../systemd/drop-ins/user-engine.conf"), include_str!("../../systemd/drop-ins/container-networks.conf"));
    unit.drop_in(drop_ins);
    let old = stale(&s, &["--label", "rotate.health.http=:80/"]);
    unit.start();
    let rotated = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(is_new(&s, &old), "{rotated}{}", unit.journal());
}

#[test]
fn with_its_drop_in_a_command_on_the_host_may_do_more_than_read_and_connect() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("commands");
    let unit = Unit::install(&s, &format!("{CONFIG}deadline = \"20s\"\n[health]\ncommands = {{ links = [\"/usr/sbin/ip\", \"link\"] }}\n"));
    let old = stale(&s, &["--label", "rotate.health.command=links"]);
    unit.start();
    let refused = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(refused.contains("\"rolled_back\"") && refused.contains("last probe: exit code"), "{refused}");
    assert_eq!(id(&s), old);
    unit.drop_in(include_str!("../../systemd/drop-ins/host-commands.conf"));
    unit.start();
    let rotated = unit.ask(&["now", "--retry", &s.name("web"), "--json"]);
    assert!(is_new(&s, &old), "{rotated}{}", unit.journal());
}

#[test]
fn a_credential_that_systemd_hands_over_opens_a_registry_for_the_daemon() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = scratch("loaded");
    let unit = Unit::install(&s, CONFIG);
    s.push("web", "nohealth:v1");
    let registry = FakeRegistry::in_front_of(s.host);
    let image = format!("{}/{}:latest", registry.address(), s.name("web"));
    s.host.docker(&["run", "-d", "--pull", "always", "--name", &s.name("web"), &image]);
    let old = id(&s);
    s.push("web", "nohealth:v2");
    // «alice:secret»
    let basic = "YWxpY2U6c2VjcmV0";
    registry.script(move |head| {
        let is_known = head.header("authorization") == Some(&format!("Basic {basic}"));
        (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"lab\""))
    });
    let file = s.host_file("config.json", &json!({ "auths": { registry.address(): { "auth": basic } } }).to_string());
    s.host.exec(&["chmod", "600", &file]);
    unit.drop_in(&format!("[Service]\nLoadCredential=config.json:{file}\n"));
    unit.start();
    let rotated = unit.ask(&["now", &s.name("web"), "--json"]);
    assert!(is_new(&s, &old), "{rotated}{}", unit.journal());
    assert!(!unit.journal().contains(basic), "no secret is logged");
}
