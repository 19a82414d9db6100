//! A rotate of one's own: the unit that is shipped for users, under the user's systemd, with nothing of root's.

use serde_json::Value;

use super::FAST;
use super::clients::{ENABLED, LONG, alone, entries, unit, works};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks, policy};
use crate::lab::{Scratch, wait_for};

const AS_OP: &str = "runuser -u op -- env --chdir=/home/op -u DOCKER_HOST HOME=/home/op XDG_RUNTIME_DIR=/run/user/1000";
const UNIT: &str = "/home/op/.config/systemd/user/rotate.service";

/// What the user installed goes with it.
struct Own<'a> {
    s: &'a Scratch,
    program: String,
}

impl<'a> Own<'a> {
    fn install(s: &'a Scratch) -> Self {
        let program = s.host.install(std::path::Path::new(env!("CARGO_BIN_EXE_rotate")));
        let own = Self { s, program };
        let shipped = include_str!("../../systemd/user/rotate.service").replace("/usr/bin/rotate", &own.program);
        works(s, &format!("{AS_OP} mkdir -p /home/op/.config/systemd/user /home/op/.config/rotate"));
        std::fs::write(s.host.path(UNIT), shipped).expect("the host's disk takes a file");
        own
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.s.host.path("/home/op/.config/rotate/rotate.toml"), text).expect("the host's disk takes a file");
    }

    fn systemctl(&self, args: &str) -> (bool, String) {
        let output = self.s.host.exec(&["sh", "-c", &format!("{AS_OP} systemctl --user {args}")]);
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    /// As the user types it.
    fn rotate(&self, args: &str) -> (Option<i32>, Value) {
        let output = self.s.host.exec(&["sh", "-c", &format!("{AS_OP} {} {args} --json", self.program)]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let document = serde_json::from_str(&said);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), document.unwrap_or_else(|why| panic!("{args}: {why}: {said}{complaint}")))
    }
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        self.systemctl("disable --now rotate");
        self.s.host.exec(&["rm", "-rf", UNIT, "/home/op/.config/rotate", "/home/op/.local/state/rotate"]);
    }
}

#[test]
fn a_users_own_daemon_rotates_that_users_containers_without_root_and_answers_the_user() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("own");
    let user = lingering(&s);
    s.push("web", "ok:v1");
    let old = user.run("web", &[ENABLED, &["--restart", policy("always")]].concat());
    s.push("other", "ok:v1");
    let hosts = s.run("other", ENABLED);
    s.push("other", "ok:v2");
    let own = Own::install(&s);
    own.systemctl("daemon-reload");
    let (works_without, said) = own.systemctl("start rotate");
    assert!(!works_without && said.contains("Assert"), "without the user's configuration it is not meant: {said}");

    own.configure(&format!("{FAST}schedule = \"0 0 1 1 *\"\n"));
    let (is_started, said) = own.systemctl("enable --now rotate");
    assert!(is_started, "{said}");
    s.push("web", "ok:v2");
    let (code, now) = own.rotate("now");
    let web = s.name("web");
    let rotated = entries(&now, "containers", &web);
    assert_eq!((code, rotated.len()), (Some(0), 1), "{now}");
    assert_eq!(rotated[0].1["verdict"], "rotated", "{now}");
    assert!(!user.id("web").is_empty() && user.id("web") != old, "{now}");
    assert_eq!(s.host.inspect(&s.name("other"))["Id"], hosts.as_str(), "the host's engine is not its");
    let status = own.systemctl("show -p StatusText --value rotate").1;
    assert!(status.contains("next run"), "it was the daemon: {status}");
    assert!(s.host.path("/home/op/.local/state/rotate").exists());

    // The host's leaves it alone.
    s.push("web", "ok:v3");
    let proved = user.id("web");
    for (engines, args, exits) in
        [("podman:op", &["now"][..], 0), ("podman:*", &["now"], 0), ("podman:op", &["now", "--on", "podman:op", &web], 69)]
    {
        let config = format!("{FAST}engines = [\"podman\", \"{engines}\"]\n");
        let outcome = s.agent().on_host().config(&config).run(args).exits(exits);
        assert!(outcome.to_string().contains("has a rotate of one's own"), "{outcome}");
        assert_eq!(user.id("web"), proved, "{outcome}");
    }

    // Nobody is to be alarmed by that. Of earlier daemons of this host the journal has it, too.
    let daemon = unit(&s, "[\"podman:op\"]");
    let times_told = || daemon.journal().matches("has a rotate of one's own").count();
    let before = times_told();
    daemon.start();
    wait_for("the host's daemon has seen it", LONG, || (times_told() > before).then_some(()));
    let metrics = daemon.ask_for("/metrics");
    assert!(metrics.contains("rotate_pass_failing{engine=\"podman:op\"} 0.0\n"), "{metrics}");
    drop(daemon);

    // Killed in the middle, it goes on by itself.
    s.push("web", "sick:v4");
    let busy = std::thread::scope(|scope| {
        let run = scope.spawn(|| s.host.exec(&["sh", "-c", &format!("{AS_OP} {} now", own.program)]));
        wait_for("the sick one runs", LONG, || (user.id("web") != proved && !user.id("web").is_empty()).then_some(()));
        own.systemctl("kill -s KILL rotate");
        run.join().expect("it ends")
    });
    assert!(!busy.status.success(), "its daemon was killed");
    wait_for("it was taken back", LONG, || {
        let (_, history) = own.rotate(&format!("history {web} --limit 1"));
        (history["rotations"][0]["verdict"] == "rolled_back").then_some(())
    });
    assert_eq!(user.id("web"), proved);
}
