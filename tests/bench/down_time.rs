//! How long a service is down while it is rotated, against the bare sequence of the same API calls by hand: a ratio, in one run.
//!
//! Both alternate on one host with the same two images; a probe asks every 5 ms, a connection each. Run by `tests/bench/run`.

mod by_hand;
#[path = "../lab/mod.rs"]
mod lab;

use by_hand::{by_hand, measured, median, service};
use lab::{Host, Scratch};

const ROUNDS: usize = 10;
const AT_MOST: f64 = 1.10;

fn main() {
    let s = Scratch::alone(Host::shared(), "bench");
    let address = service(&s);

    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    println!("round   rotate     bare");
    for round in 0..ROUNDS {
        s.push("web", "nohealth:b");
        let by_rotate = measured(&address, "b", || {
            s.agent().config("min_healthy = \"500ms\"\nkeep_old = \"0s\"\n").run(&["now", &s.name("web"), "-q"]).exits(0);
        });
        s.push("web", "nohealth:a");
        let by_hand = measured(&address, "a", || by_hand(&s).unwrap_or_else(|why| panic!("the bare sequence: {why}")));
        println!("{round:>5} {:>5} ms {:>5} ms", by_rotate.as_millis(), by_hand.as_millis());
        ours.push(by_rotate);
        bare.push(by_hand);
    }
    let (ours, bare) = (median(ours), median(bare));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("median {:>4} ms {:>5} ms   ratio {ratio:.2} (at most {AT_MOST:.2})", ours.as_millis(), bare.as_millis());
    assert!(ratio <= AT_MOST, "down for {ratio:.2} times the bare sequence");
}
