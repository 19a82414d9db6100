//! How long a service is down while it is rotated, against the bare sequence of the same API calls by hand: a ratio, in one run.
//!
//! Both alternate on one host with the same two images; a probe asks every 5 ms, a connection each. Run by `tests/bench/run`.

mod by_hand;
#[path = "../lab/mod.rs"]
mod lab;
mod rounds;

use by_hand::{by_hand, measured, service};
use lab::{Host, Scratch};

fn main() {
    let s = Scratch::alone(Host::shared(), "bench");
    let address = service(&s, "always");

    let rotated = rounds::compare(1.10, "the bare sequence", |_| {
        s.push("web", "nohealth:b");
        let by_rotate = measured(&address, "b", || {
            s.agent().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n").run(&["now", &s.name("web"), "-q"]).exits(0);
        });
        s.push("web", "nohealth:a");
        (by_rotate, measured(&address, "a", || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}"))))
    });
    rounds::reached([rotated]);
}
