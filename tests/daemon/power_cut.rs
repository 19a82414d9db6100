//! The host's power cut under the unit: after the boot nobody does anything, and the rotation ends.

use std::time::{Duration, Instant};

use super::{SOON, id, is_new, names};
use crate::lab::{Host, ROOTS_ENGINE, Scratch, Unit, lacks, policy, policy_of, wait_for};

/// Stops only when it is killed, after its grace.
const SLOW: &str = r#"{"Cmd": ["trap '' TERM; /bin/busybox httpd -f -p 80 -h /www & while :; do wait; done"], "StopTimeout": 4}"#;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    /// While the old container is asked to stop.
    Stop,
    /// Once it has given its name away: neither has it, or neither runs.
    Switch,
    /// While the new one has to prove itself.
    Gate,
}

#[test]
fn a_rotation_over_a_power_cut_is_ended_by_the_unit_after_the_boot() {
    for cut in [Cut::Stop, Cut::Switch, Cut::Gate] {
        if lacks(&ROOTS_ENGINE) {
            return;
        }
        let s = Scratch::alone(Host::shared(), &format!("power cut: {cut:?}"));
        case(&s, cut);
    }
}

fn case(s: &Scratch, cut: Cut) {
    let web = s.name("web");
    let gate = if cut == Cut::Gate { "10s" } else { "500ms" };
    let unit = Unit::install(s, &format!("min_healthy = \"{gate}\"\nschedule = \"0 0 1 1 *\"\n"));
    unit.systemctl(&["enable", "rotate"]);
    s.push_with("web", "nohealth:v1", if cut == Cut::Stop { SLOW } else { "{}" });
    let old = s.run("web", &["--restart", policy("always"), "-p", "80"]);
    s.push("web", "nohealth:v2");
    unit.start();
    let mut client = s.host.command(&[&unit.program, "now", &web]).spawn().expect("a client");
    wait_for("the moment of the cut", SOON, || {
        let is_here = match cut {
            Cut::Stop => names(s, false).iter().any(|name| name.contains(".rotate-next-")) && is_asked_to_stop(&unit),
            Cut::Switch => names(s, false).iter().any(|name| name.contains(".rotate-old-")),
            Cut::Gate => is_new(s, &old),
        };
        is_here.then_some(())
    });
    s.host.cut_power();
    let _ = client.wait();
    s.host.boot();
    let booted = Instant::now();
    wait_for("the service answers", SOON, || answers(s));
    println!("power cut, {cut:?}: the service answers {:.1} s after its engine", booted.elapsed().as_secs_f64());
    let history = wait_for("the rotation is ended", Duration::from_secs(120), || {
        Some(unit.ask(&["history", &web, "--json"])).filter(|history| history.contains("\"rotated\""))
    });
    assert!(is_new(s, &old), "{cut:?}: {history}");
    assert_eq!(history.matches("\"verdict\"").count(), 1, "{cut:?}: once: {history}");
    assert_eq!(names(s, true), [web.as_str()], "{cut:?}: one runs");
    let kept: Vec<String> = names(s, false).into_iter().filter(|name| *name != web).collect();
    assert!(kept.len() == 1 && kept[0].contains(".rotate-old-"), "{cut:?}: only the kept one beside it: {kept:?}");
    assert_eq!(policy_of(&s.host.inspect(&id(s))), policy("always"), "{cut:?}: the next boot starts it, too");
    assert_eq!(unit.systemctl(&["is-active", "rotate"]), "active");
}

/// What the service says, if it has a name and a port already.
fn answers(s: &Scratch) -> Option<String> {
    let document = s.host.try_inspect(&s.name("web"))?;
    let port = document["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str()?.parse().ok()?;
    s.served(port)
}

fn is_asked_to_stop(unit: &Unit) -> bool {
    unit.journal().contains("ROTATE_STEP=stop_old")
}
