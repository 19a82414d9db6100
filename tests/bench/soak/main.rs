//! A thousand rotations on one engine, under the daemon as a unit of systemd, with a random fault every few: nothing is lost, nothing is left over, and
//! the daemon does not grow. Seeded; a round that fails is printed with its seed and its calls. Run by `tests/soak`.

mod fault;
#[path = "../../lab/mod.rs"]
mod lab;
mod measure;
mod service;

use std::time::{Duration, Instant};

use fastrand::Rng;
use fault::{Fault, Tally};
use lab::{FaultProxy, Host, Scratch, Unit};
use measure::Held;
use service::Services;

const CONFIG: &str =
    "min_healthy = \"300ms\"\ndeadline = \"20s\"\nkeep_old = \"2s\"\non_failure = \"continue\"\nschedule = \"0 0 1 1 *\"\n";
/// On the host's disk, where host and machine both see it.
const PROXY: &str = "/var/lib/rotate-soak.sock";
const AT_MOST: Duration = Duration::from_secs(2 * 3600);
/// Own memory of the last daemon over the last quarter of all rotations.
const MOST_GROWTH_KIB: u64 = 512;
/// One fault in so many rotations at least, or nothing is shown of faults; a thousand with seed 1 had one in eight.
const FAULT_IN: usize = 20;
const MOST_MORE_FILES: usize = 4;
/// Fifty records of each container, and the log of the writes since the last one was closed.
const MOST_STORE_KIB: u64 = 4096;

struct Wanted {
    rotations: usize,
    seed: u64,
}

fn main() {
    let Wanted { rotations, seed } = wanted();
    println!("soak: {rotations} rotations; the same again: tests/soak --rotations {rotations} --seed {seed}");
    let s = Scratch::alone(Host::shared(), "soak");
    let mut rng = Rng::with_seed(seed);
    let unit = Unit::install(&s, &format!("engine = \"unix://{PROXY}\"\n{CONFIG}"));
    let proxy = FaultProxy::start_at(&s.host.path(PROXY), &s.host.socket());
    let services = Services::start(&s);
    let before = measure::engine(&s);
    unit.start();

    let began = Instant::now();
    let (mut done, mut tally) = (0, Tally::default());
    let mut first = None;
    let mut told = 0;
    while done < rotations {
        assert!(began.elapsed() < AT_MOST, "only {done} rotations in two hours");
        // The last third has one daemon: that its memory stays as it is can be seen in one process only.
        let may_kill = done * 3 < rotations * 2;
        let round = services.begin_round(&mut rng);
        let fault = Fault::choose(&mut rng, may_kill);
        let calls_before = proxy.count();
        let names = round.names();
        let stopped = fault.arm(&proxy, &s, &names, &mut rng);
        let command: Vec<&str> = ["now", "--retry", "--json"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let said = unit.ask(&command);
        tally.count(&fault, proxy.forget());
        let calls = || proxy.calls().split_off(calls_before).join("\n");
        let context = || format!("seed {seed}, after {done} rotations, {fault}\n{}\n{}\n{said}", calls(), round);
        service::rest(&s, &unit, &context);
        let outcome = services.check_round(&unit, &round, stopped.as_deref(), &context);
        done += outcome.rotated + outcome.turned_back;
        tally.sick += outcome.turned_back;
        // By then it has what it needs: one that was just started has not.
        if first.is_none() && done * 4 >= rotations * 3 {
            first = Some(Held::of(&s, &unit));
        }
        if done * 20 / rotations > told {
            told = done * 20 / rotations;
            println!("{done:>5} rotations, {:>5} s: {}; {tally}", began.elapsed().as_secs(), Held::of(&s, &unit));
        }
    }

    services.finish(&unit);
    let last = Held::of(&s, &unit);
    let first = first.expect("the last quarter has begun");
    let after = measure::engine(&s);
    println!("{done} rotations in {} s, {} sick images among them; nothing lost", began.elapsed().as_secs(), tally.sick);
    println!("faults: {tally}");
    println!("the daemon of the last third: at three quarters {first}; at the end {last}");
    println!("on the engine: at first {before}; at the end {after}");
    assert_eq!(before, after, "something is left over, or gone: {}{}", s.host.docker(&["images", "-a", "--digests"]), unit.journal());
    assert!(tally.faults() >= rotations / FAULT_IN, "too few faults for {rotations} rotations: {tally}");
    assert_eq!(first.pid, last.pid, "nobody killed this daemon");
    assert!(last.own_kib <= first.own_kib + MOST_GROWTH_KIB, "its memory grows");
    assert!(last.files <= first.files + MOST_MORE_FILES, "its files stay open");
    assert!(last.store_kib <= MOST_STORE_KIB, "the store grows");
}

/// `--rotations N`, `--seed N`. What cargo passes on its own account is passed over.
fn wanted() -> Wanted {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        let text = args.get(at + 1).unwrap_or_else(|| panic!("{name} wants a number"));
        Some(text.parse::<u64>().unwrap_or_else(|why| panic!("{name} {text}: {why}")))
    };
    let rotations = number("--rotations").map_or(1000, |number| usize::try_from(number).expect("a number that can be counted to"));
    Wanted { rotations, seed: number("--seed").unwrap_or_else(|| Rng::new().u64(..1_000_000)) }
}
