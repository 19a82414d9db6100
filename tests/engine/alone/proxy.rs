//! An engine behind a proxy that wants a name and a password: what is new is asked through it, and the pull goes through it, too.

use std::fs;
use std::time::Duration;

use crate::lab::{Answer, FakeRegistry, Host, policy, wait_for};
use crate::{FAST, entry, look, scratch};

/// Where the unit of the lab's Docker has its environment, as Debian's.
const ENVIRONMENT: &str = "/etc/default/docker";
/// Beside the unit of Podman.
const DROP_IN: &str = "podman.service.d/proxy.conf";
/// `op:s3cret`, as it is sent.
const CREDENTIALS: &str = "Basic b3A6czNjcmV0";

/// The engine has this proxy for as long as this lives.
struct Behind {
    host: &'static Host,
    before: String,
}

impl Behind {
    fn set(host: &'static Host, proxy: &str) -> Self {
        if host.has_podman() {
            let behind = Self { host, before: String::new() };
            host.write_unit(&format!("{}/{DROP_IN}", host.units()), &format!("[Service]\nEnvironment=HTTP_PROXY={proxy}\n"));
            behind.begin_anew();
            return behind;
        }
        let behind = Self { host, before: fs::read_to_string(host.path(ENVIRONMENT)).unwrap_or_default() };
        behind.restart(&format!("{}\nHTTP_PROXY={proxy}\n", behind.before));
        behind
    }

    /// Podman's service, which the next call starts.
    fn begin_anew(&self) {
        for command in [&["daemon-reload"][..], &["stop", "podman.service"]] {
            self.host.try_systemctl(command).ok();
        }
    }

    fn restart(&self, environment: &str) {
        fs::write(self.host.path(ENVIRONMENT), environment).expect("the host's disk takes a file");
        self.host.exec(&["sh", "-c", "systemctl reset-failed docker; systemctl restart docker"]);
        wait_for("the engine answers", Duration::from_secs(60), || self.host.try_docker(&["version"]).ok());
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        if self.host.has_podman() {
            let _ = fs::remove_file(self.host.path(&format!("{}/{DROP_IN}", self.host.units())));
            return self.begin_anew();
        }
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
    s.run("web", &["--restart", policy("always")]);
    let old = look(&s, &web);
    s.push("web", "nohealth:v2");
    let address = format!("http://op:s3cret@{}", proxy.address());
    let _behind = Behind::set(s.host, &address);
    wait_for("it runs again", Duration::from_secs(60), || look(&s, &web).is_running.then_some(()));

    // Docker says that it has one, and not its password; of Podman's nobody is told.
    if !s.host.has_podman() {
        let refused = s.agent().config(FAST).run(&["now", &web]).exits(1);
        assert!(refused.stdout.contains("407") || refused.stderr.contains("407"), "without the password: {refused}");
        assert_eq!(look(&s, &web).id, old.id);
    }

    let before = proxy.requests().len();
    let outcome = s.agent().config(FAST).env("HTTP_PROXY", &address).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(entry(&outcome, &web)["verdict"], "rotated", "{outcome}");
    assert_ne!(look(&s, &web).image, old.image);
    let requests = proxy.requests().split_off(before);
    assert!(requests[0].starts_with("HEAD http://"), "the agent's own: {requests:?}");
    assert!(requests.iter().any(|request| request.starts_with("GET http://") && request.contains("/blobs/")), "the engine's: {requests:?}");
    assert!(!format!("{outcome}").contains("s3cret"));
    let env = s.host.inspect(&web)["Config"]["Env"].to_string();
    assert!(!env.contains("PROXY"), "the service's own is none of the container's: {env}");
    s.host.docker(&["rm", "-f", &web]);
}
