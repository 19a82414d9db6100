//! A port that somebody else takes while a unit is restarted, which is no fault of the image.

use serde_json::Value;

use super::FAST;
use super::quadlet::Quadlet;
use super::scratch;
use super::wants::{UNITS, lacks};

/// No other test publishes it.
const PORT: u16 = 18_090;

#[test]
fn a_port_that_is_taken_while_a_unit_is_restarted_is_not_held_against_the_image() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("port");
    let thief = s.name("thief");
    s.host.write_unit(&format!("{}/{thief}.socket", s.host.units()), &format!("[Socket]\nListenStream={PORT}\n"));
    s.host.write_unit(&format!("{}/{thief}.service", s.host.units()), "[Service]\nExecStart=/bin/true\n");
    // Once it has stopped it is there, and gone when the start has failed.
    let systemctl = if s.host.is_rootless() { "systemctl --user" } else { "systemctl" };
    let steals = format!(
        "ExecStopPost=/bin/sh -c 'if mkdir %t/{thief}-1; then {systemctl} start {thief}.socket; \
         elif mkdir %t/{thief}-2; then {systemctl} stop {thief}.socket; fi'"
    );
    s.push("web", "ok:v1");
    // Whoever starts it again by itself would cure it before anybody looks: what `podman generate systemd` writes does.
    let web = Quadlet::start(&s, "web", &format!("PublishPort={PORT}:80"), &format!("Restart=no\n{steals}"));
    let old = web.image();
    s.push("web", "ok:v2");
    let agent = || s.agent().on_host().config(FAST);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(1);
    let entry = |said: &Value| said["containers"][0].clone();
    let told = entry(&outcome.json());
    assert_eq!((&told["verdict"], &told["reason"]), (&"rolled_back".into(), &"start_refused".into()), "{outcome}");
    assert!(told["message"].to_string().contains(&PORT.to_string()), "{outcome}");
    web.is_up_with(&old);
    let outcome = agent().run(&["now", &web.name, "--json"]).exits(0);
    assert_eq!(entry(&outcome.json())["verdict"], "rotated", "it was not refused: {outcome}");
}
