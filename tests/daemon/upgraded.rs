//! An engine that is upgraded under the daemon: what was spoken with the old one, the new one does not take any more.

use std::fs;
use std::path::PathBuf;

use super::{CONFIG, SOON, ask, begun, id, is_new, scratch, socket, stale, state, text};
use crate::lab::{Action, Api, Fault, FaultProxy, Host, Running, Scratch, wait_for};

/// The oldest that rotate speaks: what an engine of old would be spoken with.
const OLD: Api = Api { lowest: 24, newest: 41 };

/// The host's engine with a higher oldest API, as Docker 29 has it. The engine's own setting (from Docker 25 on; older ones and the rootless one do
/// not see it, and go on taking what is old). Given back at the end.
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
        move || {
            fs::write(file, "DOCKER_MIN_API_VERSION=1.44\n").expect("the host's disk takes a file");
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
    let s = scratch("passes");
    stale(&s, &[]);
    let proxy = FaultProxy::speaking(&s.host.socket(), OLD);
    let running = daemon_behind(&s, &proxy);
    ask(&s, &["now", &s.name("web")]).exits(0);
    assert!(proxy.versions().iter().flatten().all(|version| *version == 41), "{:?}", proxy.versions());
    proxy.unmask()();
    let before = proxy.versions().len();
    s.push("web", "nohealth:v3");
    ask(&s, &["now", &s.name("web")]).exits(0);
    let newest = s.host.api("GET", "/version").1["ApiVersion"].as_str().and_then(|version| version.strip_prefix("1.")?.parse().ok());
    let spoken: Vec<u32> = proxy.versions().into_iter().skip(before).flatten().collect();
    assert!(!spoken.is_empty() && spoken.iter().all(|version| Some(*version) == newest), "{newest:?}: {spoken:?}\n{}", running.said());
}

/// Upgraded before the stop, between stop and start, before the start, and at the gate: it goes on in the same pass.
#[test]
fn in_the_middle_of_a_rotation_the_new_one_is_spoken_with_as_it_wants() {
    for at in ["/stop", "/rename", "/start"] {
        let s = Scratch::alone(Host::shared(), &format!("upgraded before {at}"));
        let old = stale(&s, &["--restart", "always"]);
        let raised = Raised::new(s.host);
        let proxy = FaultProxy::speaking(&s.host.socket(), OLD);
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
        assert!(is_new(&s, &old), "{context}");
        let history = ask(&s, &["history", &s.name("web"), "--json"]).json();
        assert_eq!(history["rotations"][0]["verdict"], "rotated", "{history} {context}");
        let web = s.host.inspect(&id(&s));
        assert_eq!(web["HostConfig"]["RestartPolicy"]["Name"], "always", "{context}");
        let down = history["rotations"][0]["down_time_seconds"].as_f64();
        assert!(down.is_some_and(|seconds| seconds < 60.0), "nobody waited for patience to end: {down:?} {context}");
        wait_for("the daemon is at rest", SOON, || (state(&s)["is_busy"] == false).then_some(()));
    }
}
