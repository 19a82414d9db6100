//! Probes of the operator's, on the engine's own host: each kind passes and fails a gate, wherever the container lives.

use super::{FAST, entry, leftovers, look, scratch, tagged};
use crate::lab::{A_USERS_ENGINE, Host, Outcome, Scratch, lacks};

/// Probes often. Gate and probe have time enough on a busy host, so that what a probe says is the container's doing.
const QUICK: &str = "min_healthy = \"500ms\"\ndeadline = \"60s\"\n[health]\ninterval = \"300ms\"\ntimeout = \"20s\"\n";

/// The same for gates that fail, and so wait for their deadline: it must be longer than a busy host needs for a start and one probe.
fn short() -> String {
    QUICK.replace("60s", "15s")
}

fn label(name: &str, value: &str) -> String {
    format!("--label=rotate.health.{name}={value}")
}

/// A container of a good image with these options, and a newer image of this variant in the registry.
fn stale(s: &Scratch, name: &str, options: &[&str], variant: &str) {
    s.push(name, "nohealth:v1");
    s.run(name, options);
    s.push(name, variant);
}

fn now(s: &Scratch, name: &str, config: &str) -> Outcome {
    s.agent().on_host().config(config).run(&["now", &s.name(name), "--json"])
}

/// The new image passes with these options.
#[track_caller]
fn passes(s: &Scratch, name: &str, options: &[&str], variant: &str) {
    stale(s, name, options, variant);
    let outcome = now(s, name, QUICK).exits(0);
    assert_eq!(look(s, &s.name(name)).image, tagged(s, name), "{outcome}");
}

/// The old container serves again; the message says why.
#[track_caller]
fn fails(s: &Scratch, name: &str, options: &[&str], why: &str) {
    fails_with(s, name, options, &short(), why);
}

#[track_caller]
fn fails_with(s: &Scratch, name: &str, options: &[&str], config: &str, why: &str) {
    stale(s, name, options, "nohealth:v2");
    let old = look(s, &s.name(name));
    let outcome = now(s, name, config).exits(1);
    let message = entry(&outcome, &s.name(name))["message"].to_string();
    assert!(message.contains(why), "expected «{why}»: {message}");
    assert_eq!(look(s, &s.name(name)), old, "{outcome}");
    assert!(leftovers(s).iter().all(|other| !other.starts_with(&s.name(name))), "{outcome}");
}

#[test]
fn an_http_probe_looks_at_status_and_text_and_beats_the_healthcheck() {
    let s = scratch("http");
    passes(&s, "text", &[&label("http", ":80/"), &label("text", "v")], "nohealth:v2");
    passes(&s, "sick", &[&label("http", ":80/index.html")], "sick:v2");
    passes(&s, "wanted", &[&label("http", ":80/missing"), &label("status", "404")], "nohealth:v2");
    fails(&s, "status", &[&label("http", ":80/missing")], "not healthy within 15 s (last probe: status 404)");
    fails(&s, "body", &[&label("http", ":80/"), &label("text", "v1")], "last probe: status 200, and its body does not hold the text");
    fails(&s, "refused", &[&label("http", ":81/")], "last probe: connection refused");
}

#[test]
fn a_tcp_probe_wants_a_connection() {
    let s = scratch("tcp");
    passes(&s, "open", &[&label("tcp", ":80")], "nohealth:v2");
    fails(&s, "closed", &[&label("tcp", ":81")], "last probe: connection refused");
}

#[test]
fn a_probe_reaches_a_container_in_any_network() {
    let s = scratch("networks");
    let network = |name: &str, options: &[&str]| {
        let full = s.name(name);
        s.host.docker(&[&["network", "create"], options, &[full.as_str()]].concat());
        full
    };
    let own = network("own", &[]);
    let internal = network("internal", &["--internal"]);
    let probe = label("http", ":80/");
    for (name, mode) in [("bridge", "bridge"), ("own", &own), ("internal", &internal), ("none", "none"), ("host", "host")] {
        passes(&s, name, &[&probe, "--network", mode], "nohealth:v2");
        s.host.docker(&["rm", "-f", &s.name(name)]);
    }
}

#[test]
fn a_command_in_the_container_proves_it_with_or_without_a_shell() {
    let s = scratch("exec");
    passes(&s, "shell", &[&label("exec", "test -f /www/index.html && exit 0")], "nohealth:v2");
    passes(&s, "list", &[&label("exec", r#"["/bin/busybox", "test", "-f", "/www/index.html"]"#)], "sick:v2");
    fails(&s, "code", &[&label("exec", "echo not ready; exit 2")], "last probe: exit code 2, «not ready»");
    fails(&s, "missing", &[&label("exec", r#"["/no/such/program"]"#)], "last probe: ");
}

#[test]
fn so_many_failures_in_a_row_fail_a_container_that_was_well() {
    let s = scratch("retries");
    let once = label("exec", "test $APP_VERSION = v1 && exit 0; test -e /tmp/asked && exit 2; touch /tmp/asked");
    let patient = QUICK.replace("500ms", "10s");
    fails_with(&s, "web", &[&once], &patient, "failed its probe 3 times in a row (last probe: exit code 2)");
}

#[test]
fn a_command_on_the_host_knows_the_container_and_is_killed_with_its_group_at_the_deadline() {
    let s = scratch("command");
    let told = format!("{}/told", s.host_dir());
    let check =
        s.host_file("check", &format!("#!/bin/sh\necho $ROTATE_CONTAINER $ROTATE_CONTAINER_ID $ROTATE_CONTAINER_ADDRESS >{told}\n"));
    let sad = s.host_file("sad", "#!/bin/sh\necho no luck >&2; exit 3\n");
    let slow = s.host_file("slow", "#!/bin/sh\nsh -c 'sleep 1000; :' \"$0\" & wait\n");
    let commands = format!("commands = {{ check = [\"{check}\"], sad = [\"{sad}\", \"--now\"], slow = [\"{slow}\"] }}\n");
    let config = format!("{}{commands}", short());

    stale(&s, "web", &[&label("command", "check")], "sick:v2");
    now(&s, "web", &config).exits(0);
    let container = s.host.inspect(&s.name("web"));
    // Its one network: `bridge`, on Podman `podman`.
    let networks = container["NetworkSettings"]["Networks"].as_object().expect("networks");
    let address = networks.values().find_map(|endpoint| endpoint["IPAddress"].as_str()).unwrap_or_default();
    let said = std::fs::read_to_string(s.host.path(&told)).expect("the command ran");
    let told = format!("{} {} {address}", s.name("web"), container["Id"].as_str().unwrap_or_default());
    assert_eq!(said.trim(), told.trim());

    fails_with(&s, "sad", &[&label("command", "sad")], &config, "last probe: exit code 3, «no luck»");
    fails_with(&s, "slow", &[&label("command", "slow"), &label("timeout", "1s")], &config, "last probe: no answer within 1 s");
    let listed = s.host.exec(&["pgrep", "-f", &slow]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "", "nothing of it is left");
}

#[test]
fn an_exit_is_seen_within_a_second_while_a_probe_hangs() {
    let s = scratch("hangs");
    s.push("web", "nohealth:v1");
    s.run("web", &[&label("exec", "sleep 60"), &label("timeout", "40s")]);
    s.push("web", "late:4");
    let outcome = now(&s, "web", "").exits(1);
    let entry = entry(&outcome, &s.name("web"));
    assert!(entry["message"].to_string().contains("exited with code 1"), "{outcome}");
    let down = entry["down_time_seconds"].as_f64().unwrap_or_default();
    assert!(
        (4.0..25.0).contains(&down),
        "4 s until it exits, and the way back on a busy host, but not the 40 s that the probe may take: {entry}"
    );
}

#[test]
fn a_probe_that_cannot_be_made_from_here_holds_the_container_before_anything_is_touched() {
    let s = scratch("impossible");
    stale(&s, "web", &["--network", "none", &label("tcp", ":80")], "nohealth:v2");
    let old = look(&s, &s.name("web"));
    // From another machine's point of view: the engine's process ids are not this one's.
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["reason"], "probe_not_made", "{outcome}");
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(leftovers(&s), Vec::<String>::new());

    stale(&s, "gone", &[&label("command", "gone")], "nohealth:v2");
    let config = format!("{QUICK}commands = {{ gone = [\"/no/such/program\"] }}\n");
    let outcome = now(&s, "gone", &config).exits(1);
    let message = entry(&outcome, &s.name("gone"))["message"].to_string();
    assert!(message.contains("cannot run /no/such/program: no such file or directory"), "{message}");
}

/// A rootless engine's containers all live in a network namespace that the host does not reach.
#[test]
fn without_root_a_probe_that_must_enter_a_network_holds_its_container_and_one_by_exec_does_not() {
    // Root's Podman has a socket that is root's alone.
    if Host::shared().has_podman() && lacks(&A_USERS_ENGINE) {
        return;
    }
    let s = scratch("rootless");
    let now = |name: &str| s.agent().on_host_without_root().config(QUICK).run(&["now", &s.name(name), "--json"]);
    let is_rootless = s.host.engine().ends_with("-rootless");
    for (name, network, probe) in [("none", "none", label("tcp", ":80")), ("bridge", "bridge", label("http", ":80/"))] {
        stale(&s, name, &["--network", network, &probe], "nohealth:v2");
        let old = look(&s, &s.name(name));
        let told = entry(&now(name), &s.name(name));
        if network == "bridge" && !is_rootless {
            assert_eq!(told["verdict"], "rotated", "{told}");
            continue;
        }
        assert_eq!(told["reason"], "probe_not_made", "{told}");
        let says = |key: &str, part: &str| assert!(told[key].as_str().is_some_and(|text| text.contains(part)), "{part}: {told}");
        says("message", "its network namespace cannot be entered: ");
        says("help", "`rotate.health.exec` runs in the container");
        assert_eq!(look(&s, &s.name(name)), old);
        assert!(leftovers(&s).iter().all(|other| !other.starts_with(&s.name(name))));
    }
    stale(&s, "exec", &["--network", "none", &label("exec", "test -f /www/index.html")], "nohealth:v2");
    assert_eq!(entry(&now("exec"), &s.name("exec"))["verdict"], "rotated");
    assert_eq!(look(&s, &s.name("exec")).image, tagged(&s, "exec"));
}
