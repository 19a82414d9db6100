//! What a unit says of its container is true after an update, too, and what a person wrote is as it was written.

use std::fs;
use std::path::PathBuf;

use super::super::fidelity::stays;
use super::super::quadlet::{LONG, Quadlet};
use super::super::wants::{QUADLET, UNITS, lacks};
use super::super::{described, scratch};
use super::{entry, now, told};
use crate::lab::{Scratch, wait_for};

#[test]
fn labels_variables_secrets_users_and_mounts_of_a_unit_s_container_survive() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("keeps");
    s.push("web", "ok:v1");
    let (secret, named) = (s.name("secret"), s.name("data"));
    s.host.exec(&["sh", "-c", &format!("echo s3cret | podman secret create {secret} -")]);
    let text = format!(
        "Label=mine=too\nEnvironment=A=b \"C=d e\"\nSecret={secret},type=env,target=TOKEN\nSecret={secret},type=mount,target=/etc/mine,mode=0400\n\
         UserNS=host\nTmpfs=/scratch:size=1m\nSecurityLabelDisable=true\nNoNewPrivileges=true\nReadOnly=true\nVolume={named}:/named\nUser=0:0\n\
         HostName=web.lan\nDropCapability=CHOWN\nAddCapability=NET_ADMIN\nSysctl=net.ipv4.ip_forward=1\nUlimit=nofile=100:200\nAnnotation=mine=yes\n\
         RunInit=true\nTimezone=local\nMask=/proc/cpuinfo\nStopSignal=INT\nGroupAdd=7\nDNS=9.9.9.9\nShmSize=2m\nLogDriver=k8s-file"
    );
    let web = Quadlet::start(&s, "web", &text, "Restart=always");
    web.is_up_with(&web.image());
    s.host.docker(&["exec", &web.name, "sh", "-c", "echo mine >/named/mark"]);
    // What the host has no kernel for (SELinux) is in the command all the same. Quadlet writes some of its options in another order each time.
    let command = || {
        let made_by = described(&s, "web")["Config"]["CreateCommand"].clone();
        let mut words: Vec<String> = serde_json::from_value(made_by).expect("a command is a list of words");
        words.sort();
        words
    };
    let looks = || (stays(&s, "web"), command());
    let before = looks();
    assert!(before.1.iter().any(|word| word == "label=disable"), "{:?}", before.1);
    s.push("web", "ok:v2");
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    assert_eq!(looks(), before);
    let inside = s.host.docker(&["exec", &web.name, "sh", "-c", "echo $TOKEN; cat /etc/mine /named/mark"]);
    assert_eq!(inside.lines().collect::<Vec<_>>(), ["s3cret", "s3cret", "mine"]);
    assert!(web.is_untouched());
    s.host.docker(&["secret", "rm", &secret]);
}

/// Files of units of the host; dropped, they are gone and what they made is stopped.
struct Files<'a> {
    s: &'a Scratch,
    paths: Vec<PathBuf>,
    units: Vec<String>,
}

impl Files<'_> {
    #[track_caller]
    fn systemctl(&self, args: &[&str]) {
        self.s.host.systemctl(args);
    }
}

impl Drop for Files<'_> {
    fn drop(&mut self) {
        for unit in &self.units {
            let _ = self.s.host.try_systemctl(&["stop", unit]);
        }
        self.paths.iter().for_each(|path| drop(fs::remove_file(path)));
        let _ = self.s.host.try_systemctl(&["daemon-reload"]);
    }
}

#[test]
fn an_instance_of_a_template_is_updated_and_goes_back_and_its_sister_is_not_touched() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("template");
    s.push("web", "ok:v1");
    let (web, image) = (s.name("web"), s.image("web"));
    let text = format!("[Container]\nContainerName={web}-%i\nImage={image}\nEnvironment=MINE=%i\n[Service]\nRestart=always\n");
    let path = s.host.write_unit(&format!("{}/{web}@.container", s.host.quadlets()), &text);
    let units = ["one", "two"].map(|instance| format!("{web}@{instance}.service"));
    let files = Files { s: &s, paths: vec![path], units: units.to_vec() };
    files.systemctl(&["daemon-reload"]);
    for unit in &units {
        files.systemctl(&["start", unit]);
    }
    let up = |name: &str| wait_for("it runs", LONG, || s.host.try_inspect(&s.name(name)).filter(|found| found["State"]["Running"] == true));
    let (old, sister) = (up("web-one"), up("web-two"));
    for (variant, code, verdict) in [("sick:v2", 1, "rolled_back"), ("ok:v3", 0, "rotated")] {
        s.push("web", variant);
        let outcome = now(&s, &["web-one"]).exits(code);
        assert_eq!(entry(&s, &outcome.json(), "web-one")["verdict"], verdict, "{outcome}");
        assert_eq!(up("web-one")["Image"] == old["Image"], code == 1, "{outcome}");
        assert_eq!(up("web-two")["Id"], sister["Id"]);
    }
    assert!(up("web-one")["Config"]["Env"].to_string().contains("MINE=one"));
}

#[test]
fn a_drop_in_of_the_user_s_counts_and_stays_beside_ours() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("dropin");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=always");
    let mine = web.write_drop_in("10-mine.conf", "[Container]\nEnvironment=MINE=yes\n");
    web.systemctl(&["daemon-reload"]);
    web.systemctl(&["restart", &web.unit()]);
    let old = web.image();
    for (variant, code) in [("sick:v2", 1), ("ok:v3", 0)] {
        s.push("web", variant);
        let outcome = now(&s, &["web"]).exits(code);
        assert_eq!(web.drop_in().is_some(), code == 1, "{outcome}");
        assert!(s.host.inspect(&web.name)["Config"]["Env"].to_string().contains("MINE=yes"), "{outcome}");
        assert_eq!(fs::read_to_string(&mine).expect("it is there"), "[Container]\nEnvironment=MINE=yes\n");
    }
    assert_ne!(web.image(), old);
    web.is_up_with(&web.image());
}

#[test]
fn a_drop_in_of_the_user_s_that_counts_after_ours_and_pulls_ends_the_rotation_before_anything_is_touched() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("dropin-last");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", "Restart=always");
    let text = "[Container]\nPull=newer\n";
    let mine = web.write_drop_in("99-mine.conf", text);
    web.systemctl(&["daemon-reload"]);
    web.systemctl(&["restart", &web.unit()]);
    let before = (web.id(), web.image(), web.tagged());
    s.push("web", "ok:v2");
    let outcome = now(&s, &["web"]).exits(1);
    let said = entry(&s, &outcome.json(), "web");
    assert_eq!((&said["verdict"], &said["down_time_seconds"]), (&"failed".into(), &serde_json::Value::Null), "{outcome}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains("its unit pulls all the same")), "{outcome}");
    assert_eq!((web.id(), web.image(), web.tagged()), before, "{outcome}");
    assert!(web.drop_in().is_none() && web.is_untouched(), "{outcome}");
    assert_eq!(fs::read_to_string(&mine).ok().as_deref(), Some(text));

    fs::remove_file(&mine).expect("it was there");
    web.systemctl(&["daemon-reload"]);
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
}

#[test]
fn the_exit_code_of_a_unit_s_container_is_the_unit_s_after_an_update_as_before() {
    if lacks(&UNITS) {
        return;
    }
    let s = scratch("exitcode");
    let command = serde_json::json!({ "Cmd": ["trap 'exit 0' TERM; while ! test -e /end; do sleep 0.2; done; exit 7"] }).to_string();
    s.push_with("web", "nohealth:v1", &command);
    let web = Quadlet::start(&s, "web", "", "Restart=no");
    let ends = || {
        s.host.docker(&["exec", &web.name, "touch", "/end"]);
        wait_for("the unit has failed", LONG, || (web.property("ActiveState") == "failed").then_some(()));
        (web.property("Result"), web.property("ExecMainStatus"))
    };
    let before = ends();
    assert_eq!(before, ("exit-code".to_owned(), "7".to_owned()));
    web.systemctl(&["start", &web.unit()]);
    let old = web.image();
    s.push_with("web", "nohealth:v2", &command);
    assert_eq!(told(&s, &now(&s, &["web"]).exits(0).json(), "web"), "rotated");
    assert_ne!(web.image(), old);
    assert_eq!(ends(), before);
}
