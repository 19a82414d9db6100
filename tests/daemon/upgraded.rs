//! An engine that is upgraded under the daemon: what was spoken with the old one, the new one does not take any more.

use std::fs;
use std::path::PathBuf;

use super::{CONFIG, SOON, ask, begun, id, is_new, scratch, socket, stale, state, text};
use crate::lab::{Action, Api, DOCKERS_API, Fault, FaultProxy, Host, Running, Scratch, lacks, wait_for};

/// The versions of the engine, as it says, but for those that rotate does not speak.
fn own(host: &Host) -> Api {
    let says = host.api("GET", "/version").1;
    let minor = |key: &str| -> u32 { says[key].as_str().and_then(|version| version.strip_prefix("1.")?.parse().ok()).expect("a version") };
    Api { lowest: minor("MinAPIVersion"), newest: minor("ApiVersion").min(51) }
}

/// As an engine of old would appear: its newest is the oldest that both this one and rotate speak.
fn old(host: &Host) -> Api {
    let own = own(host);
    Api { newest: own.lowest.max(41), ..own }
}

/// The host's engine with its newest API alone, as Docker 29 has only newer ones. By the engine's own setting (from Docker 25 on; older ones and the
/// rootless one do not see it, and go on taking what is old). Given back at the end.
struct Raised {
    host: &'static Host,
    file: PathBuf,
    before: String,
}

impl Raised {
    fn new(host: &'static Host) -> Self {
        let file = host.path("/etc/default/docker");
        let before = fs::read_to_string(&file).unwrap_or_default();
        Self { host, file, before }
    }

    /// What an upgrade does: puts the new one there, and starts it in place of the old.
    fn upgrade(&self) -> impl FnOnce() + Send + 'static {
        let (host, file) = (self.host, self.file.clone());
        let only = format!("DOCKER_MIN_API_VERSION=1.{}\n", own(host).newest);
        move || {
            fs::write(file, only).expect("the host's disk takes a file");
            restart(host);
        }
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        if fs::write(&self.file, &self.before).is_ok() {
            restart(self.host);
        }
    }
}

/// Three restarts a minute are more than the unit allows.
fn restart(host: &Host) {
    host.exec(&["sh", "-c", "systemctl reset-failed docker; systemctl restart docker"]);
}

fn daemon_behind<'a>(s: &'a Scratch, proxy: &FaultProxy) -> Running<'a> {
    let agent = s.agent().engine(&proxy.socket()).config(CONFIG);
    begun(s, agent.spawn(&["daemon", "--socket", &text(&socket(s))]))
}

#[test]
fn from_one_pass_to_the_next_it_is_asked_anew_what_it_speaks() {
    if lacks(&DOCKERS_API) {
        return;
    }
    let s = scratch("passes");
    stale(&s, &[]);
    let old = old(s.host);
    let proxy = FaultProxy::speaking(&s.host.socket(), old);
    let running = daemon_behind(&s, &proxy);
    ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(proxy.versions().iter().flatten().all(|version| *version == old.newest), "{:?}", proxy.versions());
    proxy.unmask()();
    let before = proxy.versions().len();
    s.push("web", "nohealth:v3");
    ask(&s, &["now", &s.name("web")]).exits(0);
    let newest = own(s.host).newest;
    let spoken: Vec<u32> = proxy.versions().into_iter().skip(before).flatten().collect();
    assert!(!spoken.is_empty() && spoken.iter().all(|version| *version == newest), "{newest}: {spoken:?}\n{}", running.said());
}

/// Upgraded before the stop, between stop and start, before the start, and at the gate: it goes on in the same pass.
#[test]
fn in_the_middle_of_a_rotation_the_new_one_is_spoken_with_as_it_wants() {
    if lacks(&DOCKERS_API) {
        return;
    }
    for at in ["/stop", "/rename", "/start"] {
        let s = Scratch::alone(Host::shared(), &format!("upgraded before {at}"));
        let predecessor = stale(&s, &["--restart", "always"]);
        let raised = Raised::new(s.host);
        let proxy = FaultProxy::speaking(&s.host.socket(), old(s.host));
        let running = daemon_behind(&s, &proxy);
        let (unmask, upgrade) = (proxy.unmask(), raised.upgrade());
        let both = move || {
            unmask();
            upgrade();
        };
        proxy.at_path(at, 1, Fault::Before(Action::Run(Box::new(both))));
        ask(&s, &["now", &s.name("web")]).exits(0);
        assert_eq!(proxy.done(), 1, "{:?}", proxy.requests());
        let context = format!("upgraded before {at}: {}", running.said());
        assert!(is_new(&s, &predecessor), "{context}");
        let history = ask(&s, &["history", &s.name("web"), "--json"]).json();
        assert_eq!(history["rotations"][0]["verdict"], "rotated", "{history} {context}");
        let web = s.host.inspect(&id(&s));
        assert_eq!(web["HostConfig"]["RestartPolicy"]["Name"], "always", "{context}");
        let down = history["rotations"][0]["down_time_seconds"].as_f64();
        assert!(down.is_some_and(|seconds| seconds < 60.0), "nobody waited for patience to end: {down:?} {context}");
        wait_for("the daemon is at rest", SOON, || (state(&s)["is_busy"] == false).then_some(()));
    }
}
