//! Podman's numbers, on one host in one run: a plain container's down time against the bare sequence of the same verbs; how soon the old one serves
//! again after the first unhealthy answer of a sick one, against a bare restart; and what the daemon holds that watches three engines,
//! whose services it lets sleep.
//!
//! A probe asks every 5 ms, a connection each. Both images of the way back have a HEALTHCHECK, whose timer comes and goes with a start. `quadlet` has the number of units. Run by `tests/bench/run podman-5.4`.

mod by_hand;
#[allow(dead_code)]
#[path = "../podman/clients.rs"]
mod clients;
#[path = "../lab/mod.rs"]
mod lab;
mod rounds;
mod way_back;

use std::time::Duration;

use by_hand::{by_hand, measured, service};
use lab::{Host, Scratch, wait_for};
use rounds::Goal;
use way_back::way_back;

/// What `clients.rs` configures with.
const FAST: &str = "min_healthy = \"1s\"\ndeadline = \"30s\"\n";
const MOST_MEMORY_KIB: u64 = 10 * 1024;
/// For so long nobody asks anything.
const IDLE: Duration = Duration::from_secs(120);

fn main() {
    let s = Scratch::alone(Host::shared(), "podman");
    assert!(s.host.has_podman(), "tests/bench/run podman-5.4");
    let agent = || s.agent().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n");
    let rotated = |at_most: f64, address: &str| {
        rounds::compare(at_most, "the bare sequence", |_| {
            s.push("web", "nohealth:b");
            let by_rotate = measured(address, "b", || drop(agent().run(&["now", &s.name("web"), "-q"]).exits(0)));
            s.push("web", "nohealth:a");
            (by_rotate, measured(address, "a", || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}"))))
        })
    };

    println!("a plain container, against stop, rename, rename, start");
    let plain = rotated(1.10, &service(&s, "no"));
    s.host.docker(&["rm", "-f", &s.name("web")]);
    println!("one with a restart policy, against the same and its two changes of policy");
    let address = service(&s, "always");
    let with_policy = rotated(1.15, &address);

    println!("back from a sick image, from its first unhealthy answer, against a bare restart");
    s.push("web", "ok:a");
    agent().run(&["now", &s.name("web"), "-q"]).exits(0);
    let back = rounds::compare(1.50, "a bare restart", |round| {
        let back = way_back(&s, &address, "a", round, || agent().spawn(&["now", &s.name("web"), "-q"]));
        (back, measured(&address, "a", || drop(s.host.docker(&["restart", &s.name("web")]))))
    });

    rounds::reached([plain, with_policy, back, at_rest(&s)]);
}

/// The unit as it is shipped, over the host's Podman, a user's, and Docker, after a run over all of them.
fn at_rest(s: &Scratch) -> Goal {
    let user = clients::Client::of_user(s);
    clients::works(s, clients::LINGER);
    clients::works(s, clients::TURN_ON);
    let docker = clients::Client::of_docker(s);
    s.push("idle", "nohealth:v1");
    for client in [&user, &docker] {
        client.run("idle", clients::ENABLED);
    }
    s.run("idle", clients::ENABLED);
    let engines = "[\"podman\", \"podman:op\", \"docker\"]";
    let unit = clients::unit(s, engines);
    // What is kept is looked after once a minute.
    unit.configure(&format!("{}keep_old = \"0s\"\n", clients::config(engines)));
    unit.start();
    let said = clients::json(&unit, &["now"]);
    assert_eq!(clients::entries(&said, "containers", &s.name("idle")).len(), 3, "{said}");
    let managers = ["systemctl", "systemctl --user --machine=op@"];
    let services = |property: &str| {
        managers.map(|manager| {
            let shown = s.host.exec(&["sh", "-c", &format!("{manager} show -p {property} --value podman.service")]);
            String::from_utf8_lossy(&shown.stdout).trim().to_owned()
        })
    };
    // Its own time without a caller is five seconds.
    let is_off = || services("ActiveState").iter().all(|state| state == "inactive").then_some(());
    wait_for("the services of Podman end", Duration::from_secs(60), is_off);
    // Each start has an id of its own: whoever asks now and then is seen, too. Nobody looks meanwhile.
    let last = services("InvocationID");
    assert!(last.iter().all(|id| !id.is_empty()), "both have run: {last:?}");
    std::thread::sleep(IDLE);
    assert_eq!(services("InvocationID"), last, "a service of Podman was started, by us: nobody else is there");
    let pid = unit.systemctl(&["show", "-p", "MainPID", "--value", "rotate"]);
    let status = String::from_utf8_lossy(&s.host.exec(&["cat", &format!("/proc/{pid}/status")]).stdout).into_owned();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel tells it");
    let memory: u64 = memory.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("memory: {memory} KiB resident (less than {MOST_MEMORY_KIB}) over three engines; both services of Podman stay off");
    if memory < MOST_MEMORY_KIB { Ok(()) } else { Err(format!("{memory} KiB resident")) }
}
