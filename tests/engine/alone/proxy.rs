//! An engine behind a proxy that wants a name and a password: what is new is asked through it, and the pull goes through it, too.

use std::fs;
use std::time::Duration;

use crate::lab::{Answer, FakeRegistry, Host, wait_for};
use crate::{FAST, entry, look, scratch};

/// Where the unit of the lab's engine has its environment, as Debian's.
const ENVIRONMENT: &str = "/etc/default/docker";
/// `op:s3cret`, as it is sent.
const CREDENTIALS: &str = "Basic b3A6czNjcmV0";

/// The engine has this proxy for as long as this lives.
struct Behind {
    host: &'static Host,
    before: String,
}

impl Behind {
    fn set(host: &'static Host, proxy: &str) -> Self {
        let behind = Self { host, before: fs::read_to_string(host.path(ENVIRONMENT)).unwrap_or_default() };
        behind.restart(&format!("{}\nHTTP_PROXY={proxy}\n", behind.before));
        behind
    }

    fn restart(&self, environment: &str) {
        fs::write(self.host.path(ENVIRONMENT), environment).expect("the host's disk takes a file");
        self.host.exec(&["sh", "-c", "systemctl reset-failed docker; systemctl restart docker"]);
        wait_for("the engine answers", Duration::from_secs(60), || self.host.try_docker(&["version"]).ok());
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return self.restart(&self.before);
        }
        let _ = fs::write(self.host.path(ENVIRONMENT), &self.before);
        self.host.exec(&["systemctl", "restart", "docker"]);
    }
}

#[test]
fn behind_a_proxy_with_a_password_the_registry_is_asked_and_the_image_pulled_through_it() {
    let s = scratch("proxied");
    let proxy = FakeRegistry::in_front_of(s.host);
    // A client that is asked for it sends no password by itself: what came without one shows as such.
    proxy.script(|head| {
        let asked = Answer::status(407).header("Proxy-Authenticate", "Basic realm=\"lab\"");
        (head.header("proxy-authorization") != Some(CREDENTIALS)).then_some(asked)
    });
    let web = s.name("web");
    s.push("web", "nohealth:v1");
    s.run("web", &["--restart", "always"]);
    let old = look(&s, &web);
    s.push("web", "nohealth:v2");
    let address = format!("http://op:s3cret@{}", proxy.address());
    let _behind = Behind::set(s.host, &address);
    wait_for("it runs again", Duration::from_secs(60), || look(&s, &web).is_running.then_some(()));

    let refused = s.agent().config(FAST).run(&["now", &web]).exits(1);
    assert!(refused.stdout.contains("407") || refused.stderr.contains("407"), "without the password: {refused}");
    assert_eq!(look(&s, &web).id, old.id);

    let before = proxy.requests().len();
    let outcome = s.agent().config(FAST).env("HTTP_PROXY", &address).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &web)["verdict"], "rotated", "{outcome}");
    assert_ne!(look(&s, &web).image, old.image);
    let requests = proxy.requests().split_off(before);
    assert!(requests[0].starts_with("HEAD http://"), "the agent's own: {requests:?}");
    assert!(requests.iter().any(|request| request.starts_with("GET http://") && request.contains("/blobs/")), "the engine's: {requests:?}");
    assert!(!format!("{outcome}").contains("s3cret"));
    s.host.docker(&["rm", "-f", &web]);
}
