//! Podman's numbers, on one host in one run: a plain container's down time against the bare sequence of the same verbs; how soon the old one serves
//! again after the first unhealthy answer of a sick one, against a bare restart; and what the daemon holds that watches three engines.
//!
//! A probe asks every 5 ms, a connection each; for the way back, each 20 ms. `quadlet` has the number of units. Run by `tests/bench/run podman-5.4`.

mod by_hand;
#[allow(dead_code)]
#[path = "../podman/clients.rs"]
mod clients;
#[path = "../lab/mod.rs"]
mod lab;
mod rounds;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use by_hand::{by_hand, measured, service};
use lab::{Host, Scratch, wait_for};
use serde_json::Value;

/// What `clients.rs` configures with.
const FAST: &str = "min_healthy = \"1s\"\ndeadline = \"30s\"\n";
const MOST_MEMORY_KIB: u64 = 10 * 1024;

fn main() {
    let s = Scratch::alone(Host::shared(), "podman");
    assert!(s.host.has_podman(), "tests/bench/run podman-5.4");
    let address = service(&s);
    let agent = || s.agent().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n");

    println!("a plain container, against the bare sequence");
    rounds::compare(1.10, "the bare sequence", |_| {
        s.push("web", "nohealth:b");
        let by_rotate = measured(&address, "b", || drop(agent().run(&["now", &s.name("web"), "-q"]).exits(0)));
        s.push("web", "nohealth:a");
        (by_rotate, measured(&address, "a", || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}"))))
    });

    println!("back from a sick image, from its first unhealthy answer, against a bare restart");
    rounds::compare(1.50, "a bare restart", |round| {
        s.push_with("web", &format!("sick:{round}"), r#"{"Cmd": ["trap 'exit 0' TERM; sleep 3600 & wait"]}"#);
        let since = seconds(SystemTime::now()).to_string();
        let running = agent().spawn(&["now", &s.name("web"), "-q"]);
        wait_for("the old one is stopped", Duration::from_secs(60), || lab::ask(&address).is_none().then_some(()));
        let back =
            wait_for("the old one serves", Duration::from_secs(60), || (lab::ask(&address).as_deref() == Some("a")).then(SystemTime::now));
        running.wait(Duration::from_secs(60)).exits(1);
        let back = back.duration_since(UNIX_EPOCH).expect("it is later").saturating_sub(unhealthy(&s, &since));
        (back, measured(&address, "a", || drop(s.host.docker(&["restart", &s.name("web")]))))
    });

    at_rest(&s);
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// When the engine first told that a container is not healthy, since the beginning of time.
fn unhealthy(s: &Scratch, since: &str) -> Duration {
    let events = s.host.docker(&[
        "events",
        "--since",
        since,
        "--until",
        "0s",
        "--stream=false",
        "--filter",
        "event=health_status",
        "--format",
        "json",
    ]);
    let told = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut bad = told.filter(|event| event["health_status"] == "unhealthy").filter_map(|event| event["timeNano"].as_u64());
    Duration::from_nanos(bad.next().unwrap_or_else(|| panic!("no sick answer: {events}")))
}

/// The unit as it is shipped, over the host's Podman, a user's, and Docker, after a run over all of them.
fn at_rest(s: &Scratch) {
    let user = clients::Client::of_user(s);
    clients::works(s, clients::LINGER);
    clients::works(s, clients::TURN_ON);
    let docker = clients::Client::of_docker(s);
    s.push("idle", "nohealth:v1");
    for client in [&user, &docker] {
        client.run("idle", clients::ENABLED);
    }
    s.run("idle", clients::ENABLED);
    let unit = clients::unit(s, "[\"podman\", \"podman:op\", \"docker\"]");
    unit.start();
    let said = clients::json(&unit, &["now"]);
    assert_eq!(clients::entries(&said, "containers", &s.name("idle")).len(), 3, "{said}");
    let is_off = |manager: &str| {
        let shown = s.host.exec(&["sh", "-c", &format!("{manager} show -p ActiveState --value podman.service")]);
        String::from_utf8_lossy(&shown.stdout).trim() == "inactive"
    };
    // Its own time without a caller is five seconds.
    wait_for("nobody keeps the services of Podman up", Duration::from_secs(60), || {
        (is_off("systemctl") && is_off("systemctl --user --machine=op@")).then_some(())
    });
    let pid = unit.systemctl(&["show", "-p", "MainPID", "--value", "rotate"]);
    let status = String::from_utf8_lossy(&s.host.exec(&["cat", &format!("/proc/{pid}/status")]).stdout).into_owned();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel tells it");
    let memory: u64 = memory.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("memory: {memory} KiB resident (less than {MOST_MEMORY_KIB}) over three engines; both services of Podman are off");
    assert!(memory < MOST_MEMORY_KIB);
}
