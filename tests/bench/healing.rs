//! How long a service is down when the daemon, a unit of systemd, is killed -9 before and after each of its calls, or the host's power is cut there.
//!
//! A kill: against the bare sequence of the same calls, at most two seconds more; on the way to an image that exits at once and back, against twice that
//! sequence. A power cut: from the first answer of a container that nobody was
//! rotating to that of the one in rotation, at most two seconds. Run by `tests/bench/run`.

mod by_hand;
#[path = "../lab/mod.rs"]
mod lab;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use by_hand::{by_hand, down, measured, median, service};
use lab::{Action, Fault, FaultProxy, Host, Probe, Scratch, Unit, ask, wait_for};

const CONFIG: &str = "min_healthy = \"500ms\"\nkeep_old = \"0s\"\nschedule = \"0 0 1 1 *\"\n";
const BARE_ROUNDS: usize = 5;
const AT_MOST_MORE: Duration = Duration::from_secs(2);
/// For what takes a moment.
const SOON: Duration = Duration::from_secs(60);
/// On the host's disk: it is there again after a boot.
const PROXY: &str = "/var/lib/rotate-bench.sock";

fn main() {
    let s = Scratch::alone(Host::shared(), "healing");
    let address = service(&s, "always");
    let mut page = Page('a');
    let bare = median((0..BARE_ROUNDS).map(|_| bare(&s, &address, &mut page)).collect());
    println!("the bare sequence of calls: {} ms", bare.as_millis());
    let unit = Unit::install(&s, CONFIG);
    unit.systemctl(&["enable", "rotate"]);

    let kills = at_every_call("killed -9", |k, when| killed(&s, &unit, &address, &mut page, Way::There, k, when));
    let worst_kill = *kills.iter().max().expect("there are calls");
    println!("killed: median {} ms, worst {} ms down; bare {} ms", median(kills).as_millis(), worst_kill.as_millis(), bare.as_millis());

    let (both, kills) = (2 * bare, at_every_call("and back", |k, when| killed(&s, &unit, &address, &mut page, Way::AndBack, k, when)));
    let worst_back = *kills.iter().max().expect("there are calls");
    println!(
        "killed, and back: median {} ms, worst {} ms down; bare {} ms",
        median(kills).as_millis(),
        worst_back.as_millis(),
        both.as_millis()
    );

    s.push("control", "nohealth:c");
    s.run("control", &["--restart", "always", "-p", "80"]);
    let control = format!("{}:{}", s.host.ip(), s.port("control"));
    s.host.docker(&["rm", "-f", &s.name("control")]);
    s.run("control", &["--restart", "always", "-p", &format!("{}:80", control.rsplit_once(':').expect("a port").1)]);
    let cuts = at_every_call("power cut", |k, when| power_cut(&s, &unit, [&address, &control], &mut page, k, when));
    let worst_cut = *cuts.iter().max().expect("there are calls");
    println!("power cut: median {} ms, worst {} ms later than a container at rest", median(cuts).as_millis(), worst_cut.as_millis());

    assert!(worst_kill <= bare + AT_MOST_MORE, "killed: down for {} ms", worst_kill.as_millis());
    assert!(worst_back <= both + AT_MOST_MORE, "killed on the way to a bad image and back: down for {} ms", worst_back.as_millis());
    assert!(worst_cut <= AT_MOST_MORE, "power cut: {} ms later", worst_cut.as_millis());
}

/// Which image the service is to have: each rotation goes to the other one.
struct Page(char);

impl Page {
    fn text(&self) -> String {
        self.0.to_string()
    }

    /// Pushes the other one.
    fn turn(&mut self, s: &Scratch) {
        self.0 = if self.0 == 'a' { 'b' } else { 'a' };
        s.push("web", &format!("nohealth:{}", self.0));
    }
}

/// Where a rotation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    /// To an image that exits at once, and back.
    AndBack,
}

fn bare(s: &Scratch, address: &str, page: &mut Page) -> Duration {
    page.turn(s);
    measured(address, &page.text(), || by_hand(s).unwrap_or_else(|why| panic!("the bare sequence: {why}")))
}

/// Before and after call 1, 2, …, until a rotation has no such call. All times.
fn at_every_call(what: &str, mut case: impl FnMut(usize, &'static str) -> Option<(Duration, String)>) -> Vec<Duration> {
    println!("{what:<10} {:>9} {:>9}", "before", "after");
    let mut all = Vec::new();
    for k in 1.. {
        let (Some((before, call)), Some((after, _))) = (case(k, "before"), case(k, "after")) else { break };
        println!("at call {k:>2} {:>6} ms {:>6} ms   {call}", before.as_millis(), after.as_millis());
        all.extend([before, after]);
    }
    all
}

/// A rotation that is killed at its k-th call; how long the service was down, and the call. None: there is no such call.
fn killed(s: &Scratch, unit: &Unit, address: &str, page: &mut Page, way: Way, k: usize, when: &str) -> Option<(Duration, String)> {
    let proxy = proxy(s, unit);
    match way {
        Way::There => page.turn(s),
        // Another one each time: what has failed here once is not tried again.
        Way::AndBack => drop(s.push_with("web", "crash", &format!(r#"{{"Labels": {{"case": "{when} {k}"}}}}"#))),
    }
    proxy.at(k, fault(when, Action::Kill));
    let probe = Probe::start(address);
    unit.ask(&["now", &s.name("web")]);
    at_rest(s, unit);
    let down = down(probe, || ask(address).is_some());
    let call = called(&proxy, k);
    // A preparation that was cut short is undone; the next run rotates.
    unit.ask(&["now", &s.name("web")]);
    assert_eq!(ask(address), Some(page.text()), "{}", unit.journal());
    (proxy.done() > 0).then_some((down, call))
}

/// A rotation whose host loses its power at its k-th call; how much later than the second address the first one answers after the boot.
fn power_cut(s: &Scratch, unit: &Unit, addresses: [&str; 2], page: &mut Page, k: usize, when: &str) -> Option<(Duration, String)> {
    let proxy = proxy(s, unit);
    page.turn(s);
    let host = s.host;
    let config = s.host.path("/etc/rotate/rotate.toml");
    let (tell, told) = mpsc::channel();
    let cut = move || {
        // The proxy knows the engine of this boot only.
        std::fs::write(config, CONFIG).expect("the host's disk takes a file");
        host.cut_power();
        let _ = tell.send(());
    };
    proxy.at(k, fault(when, Action::Run(Box::new(cut))));
    unit.ask(&["now", &s.name("web")]);
    let call = called(&proxy, k);
    if proxy.done() == 0 {
        return None;
    }
    told.recv_timeout(SOON).expect("the power is cut");
    drop(proxy);
    let [service, control] = thread::scope(|scope| {
        let answers = addresses.map(|address| scope.spawn(move || first_answer(address)));
        host.boot();
        answers.map(|answer| answer.join().expect("it answers"))
    });
    at_rest(s, unit);
    unit.ask(&["now", &s.name("web")]);
    assert_eq!(ask(addresses[0]), Some(page.text()), "{}", unit.journal());
    Some((service.saturating_duration_since(control), call))
}

fn first_answer(address: &str) -> Instant {
    wait_for("it answers", Duration::from_secs(180), || ask(address).map(|_| Instant::now()))
}

fn called(proxy: &FaultProxy, k: usize) -> String {
    let call = proxy.calls().into_iter().nth(k - 1).unwrap_or_default();
    call.split('?').next().unwrap_or_default().to_owned()
}

fn fault(when: &str, action: Action) -> Fault {
    if when == "before" { Fault::Before(action) } else { Fault::After(action) }
}

/// Between the daemon, which is started anew, and the engine.
fn proxy(s: &Scratch, unit: &Unit) -> FaultProxy {
    unit.configure(&format!("engine = \"unix://{PROXY}\"\n{CONFIG}"));
    let proxy = FaultProxy::start_at(&s.host.path(PROXY), &s.host.socket());
    unit.start();
    at_rest(s, unit);
    proxy
}

/// The daemon has nothing left to do, and of the service there is one container, which runs.
fn at_rest(s: &Scratch, unit: &Unit) {
    let (web, ours) = (s.name("web"), format!("name=^/?{}", s.name("web")));
    wait_for("it is at rest", SOON, || {
        let status: serde_json::Value = serde_json::from_str(&unit.ask(&["status", "--json"])).ok()?;
        let running = s.host.docker(&["ps", "-a", "--filter", &ours, "--format", "{{.Names}} {{.State}}"]);
        (status["daemon"]["is_busy"] == false && running == format!("{web} running")).then_some(())
    });
}
