//! How long a service of Quadlet's is down while it is rotated, and how soon the old one serves again after the first unhealthy answer of a sick one,
//! both against `systemctl restart` of the same unit: ratios, in one run.
//!
//! Both alternate on one host; a probe asks every 5 ms, a connection each. On a host with Podman only: `tests/bench/run podman-5.4`.

#[allow(dead_code)] // of these two the half
mod by_hand;
#[path = "../lab/mod.rs"]
mod lab;
#[allow(dead_code)]
#[path = "../podman/quadlet.rs"]
mod quadlet;
mod rounds;
#[allow(dead_code)]
#[path = "../podman/wants.rs"]
mod wants;
mod way_back;

use by_hand::measured;
use lab::{Host, Scratch};
use quadlet::Quadlet;
use way_back::way_back;

/// A fixed one stays the same over all rotations.
const PORT: u16 = 18_080;

fn main() {
    let s = Scratch::alone(Host::shared(), "quadlet");
    assert!(s.host.has_podman(), "there is no Quadlet without Podman: tests/bench/run podman-5.4");
    s.push("web", "nohealth:a");
    let web = Quadlet::start(&s, "web", &format!("PublishPort={PORT}:80"), "Restart=always");
    let address = format!("{}:{PORT}", s.host.ip());

    let agent = || s.agent().on_host().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n");
    let restarted = |page: &str| measured(&address, page, || drop(web.systemctl(&["restart", &web.unit()])));

    println!("a rotation, against a restart of the unit");
    let rotated = rounds::compare(1.05, "a restart of the unit", |round| {
        let page = if round % 2 == 0 { "b" } else { "a" };
        s.push("web", &format!("nohealth:{page}"));
        let by_rotate = measured(&address, page, || drop(agent().run(&["now", &web.name, "-q"]).exits(0)));
        (by_rotate, restarted(page))
    });

    println!("back from a sick image, from its first unhealthy answer, against a restart of the unit");
    // As the sick one it has a HEALTHCHECK, whose timer comes and goes with a start.
    s.push("web", "ok:a");
    agent().run(&["now", &web.name, "-q"]).exits(0);
    let page = s.served(PORT).expect("it serves");
    let back = rounds::compare(1.50, "a restart of the unit", |round| {
        (way_back(&s, &address, &page, round, || agent().spawn(&["now", &web.name, "-q"])), restarted(&page))
    });
    rounds::reached([rotated, back]);
}
