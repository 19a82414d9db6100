//! How long a run takes that finds nothing new: over 50 running containers of 20 references, and over 1,000 of the same references.
//!
//! The 1,000 are the 50, shown 20 times each by a proxy that asks the engine anew for each document. Run by `tests/bench/run`.

#[path = "../lab/mod.rs"]
mod lab;

use std::path::Path;
use std::time::{Duration, Instant};

use lab::{FakeRegistry, Host, ManyTimes, Scratch, crowd};

const REFERENCES: usize = 20;
const CONTAINERS: usize = 50;
const TIMES: usize = 20;
const ROUNDS: usize = 5;

fn main() {
    let s = Scratch::alone(Host::shared(), "fresh");
    let registry = FakeRegistry::in_front_of(s.host);
    crowd(&s, registry.address(), REFERENCES, CONTAINERS);
    let many = ManyTimes::start(&s.host.socket(), TIMES);
    println!("containers   median   at most   requests to the registry");
    let cases = [(CONTAINERS, s.host.socket(), Duration::from_secs(2)), (CONTAINERS * TIMES, many.socket(), Duration::from_secs(4))];
    let slow: Vec<String> = cases.iter().filter_map(|(count, socket, most)| measured(&s, &registry, socket, *count, *most)).collect();
    let writes: Vec<String> = many.requests().into_iter().filter(|request| !request.starts_with("GET ")).collect();
    assert_eq!(writes, Vec::<String>::new(), "nothing is written to the engine");
    assert_eq!(slow, Vec::<String>::new());
}

/// Prints a line; another one, if it took too long.
fn measured(s: &Scratch, registry: &FakeRegistry, socket: &Path, count: usize, most: Duration) -> Option<String> {
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        let (before, began) = (registry.requests().len(), Instant::now());
        let outcome = s.agent().engine(socket).config("select = \"all\"\n").run(&["now", "--json"]).exits(0);
        all.push(began.elapsed());
        let fresh =
            outcome.json()["containers"].as_array().map_or(0, |all| all.iter().filter(|entry| entry["reason"] == "up_to_date").count());
        assert_eq!(fresh, count, "{outcome}");
        let asked = registry.requests().split_off(before);
        assert!(asked.len() == REFERENCES && asked.iter().all(|request| request.starts_with("HEAD ")), "{asked:#?}");
    }
    all.sort();
    let median = all[all.len() / 2];
    println!("{count:>10} {:>5} ms {:>6} ms   {REFERENCES} HEADs", median.as_millis(), most.as_millis());
    (median > most).then(|| format!("{count} containers took {median:?}"))
}
