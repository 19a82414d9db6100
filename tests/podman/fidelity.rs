//! A successor of a successor is the first container with a new image, as Podman itself describes them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{FAST, described, scratch};
use crate::lab::Scratch;

/// What must be the same after any number of rotations. What Podman makes of the container's own id is replaced.
fn stays(s: &Scratch, name: &str) -> Value {
    let document = described(s, name);
    let id = document["Id"].as_str().unwrap_or_default().to_owned();
    let text = document.to_string().replace(&id, "ID").replace(id.get(..12).unwrap_or("?"), "SHORT");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let set = |value: &Value| -> BTreeSet<String> { value.as_array().into_iter().flatten().map(Value::to_string).collect() };
    let config = |field: &str| document["Config"][field].clone();
    // The image's version is in both, and the default network gives addresses as they come.
    let env: BTreeSet<String> = set(&config("Env")).into_iter().filter(|variable| !variable.contains("APP_VERSION")).collect();
    let mine = config("Labels")["mine"].clone();
    let mounts = document["Mounts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mount| json!([mount["Destination"], mount["Name"], mount["Source"], mount["RW"], set(&mount["Options"])]).to_string());
    let networks = document["NetworkSettings"]["Networks"].as_object().into_iter().flatten().filter(|(name, _)| *name != "podman");
    let networks: Vec<Value> = networks.map(|(name, n)| json!([name, n["IPAddress"], n["MacAddress"], set(&n["Aliases"])])).collect();
    let mut host = document["HostConfig"].clone();
    host["Binds"] = json!(set(&host["Binds"]).len());
    json!({
        "env": env, "hostname": config("Hostname"), "user": config("User"), "dir": config("WorkingDir"), "cmd": config("Cmd"),
        "entrypoint": config("Entrypoint"), "signal": config("StopSignal"), "timeout": config("StopTimeout"), "check": config("Healthcheck"),
        "on_failure": config("HealthcheckOnFailureAction"), "annotations": config("Annotations"), "tty": config("Tty"), "secrets": config("Secrets"),
        "umask": config("Umask"), "labels": mine, "tz": config("Timezone"),
        "host": host, "mounts": mounts.collect::<BTreeSet<_>>(), "networks": networks, "ports": document["NetworkSettings"]["Ports"],
        "caps": document["EffectiveCaps"], "image": document["ImageName"],
    })
}

#[track_caller]
fn is_the_same_after_two_rotations(s: &Scratch, marks: &[&str]) {
    let web = s.name("web");
    for mark in marks {
        s.host.docker(&["exec", &web, "sh", "-c", &format!("echo mine > {mark}")]);
    }
    let (first, id) = (stays(s, "web"), described(s, "web")["Id"].clone());
    for version in ["v2", "v3"] {
        s.push("web", &format!("volume:{version}"));
        s.agent().config(FAST).run(&["now", &web]).exits(0);
    }
    let last = stays(s, "web");
    assert_ne!(described(s, "web")["Id"], id);
    let differing = |(key, value): (&String, &Value)| (last[key] != *value).then(|| format!("{key}: {value} became {}", last[key]));
    let differences: Vec<String> = first.as_object().into_iter().flatten().filter_map(differing).collect();
    assert_eq!(differences, Vec::<String>::new());
    for mark in marks {
        assert_eq!(s.host.docker(&["exec", &web, "cat", mark]), "mine", "{mark}");
    }
}

#[test]
fn a_container_of_many_options_is_the_same_after_two_rotations() {
    let s = scratch("options");
    let (net, volume, secret) = (s.name("net"), s.name("data"), s.name("secret"));
    s.push("web", "volume:v1");
    s.host.docker(&["network", "create", "--subnet", "10.91.7.0/24", &net]);
    s.host.exec(&["sh", "-c", &format!("echo s3cret | podman secret create {secret} -")]);
    let network = format!("{net}:ip=10.91.7.9,mac=02:00:00:00:07:09,alias=other");
    let (volume, mounted, secret_option) =
        (format!("{volume}:/named:ro"), format!("type=bind,src={},dst=/bound", s.host_dir()), format!("{secret},type=env,target=TOKEN"));
    let options = [
        "-e",
        "A=b c",
        "--network",
        &network,
        "-v",
        &volume,
        "-v",
        "/anon",
        "--mount",
        "type=volume,dst=/long",
        "--mount",
        &mounted,
        "--tmpfs",
        "/scratch:size=1m",
        "-p",
        "80",
        "-p",
        "127.0.0.1::81/udp",
        "--ulimit",
        "nofile=100:200",
        "--sysctl",
        "net.ipv4.ip_forward=1",
        "--cap-add",
        "NET_ADMIN",
        "--cap-drop=CHOWN",
        "--stop-signal",
        "USR1",
        "--stop-timeout=3",
        "--health-cmd",
        "true",
        "--health-interval=3s",
        "--health-on-failure=kill",
        "--add-host",
        "other.lan:1.2.3.4",
        "--dns",
        "9.9.9.9",
        "--hostname",
        "web.lan",
        "--restart=on-failure:3",
        "--log-driver",
        "k8s-file",
        "--annotation",
        "mine=yes",
        "--secret",
        &secret_option,
        "--shm-size",
        "2m",
        "--security-opt",
        "no-new-privileges",
        "--group-add",
        "7",
        "--device",
        "/dev/null:/dev/other",
        "--umask",
        "0027",
        "--init",
        "--label",
        "mine=too",
        "--user",
        "0:0",
        "-w",
        "/anon",
        "--oom-score-adj",
        "5",
    ];
    s.run("web", &options);
    is_the_same_after_two_rotations(&s, &["/anon/mark", "/long/mark", "/data/mark"]);
    s.host.docker(&["secret", "rm", &secret]);
}

#[test]
fn a_variable_of_the_shell_keeps_its_value_which_no_process_list_shows() {
    let s = scratch("shell");
    s.push("web", "volume:v1");
    let (web, image) = (s.name("web"), s.image("web"));
    let command = ["env", "PASSWORD=s3cret", "podman", "run", "-d", "--name", &web, "-e", "PASSWORD", "-e", "ABSENT", &image];
    assert!(s.host.exec(&command).status.success());
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
    let document = described(&s, "web");
    assert!(document["Config"]["Env"].to_string().contains("PASSWORD=s3cret"));
    assert!(!document["Config"]["CreateCommand"].to_string().contains("s3cret"), "{document}");
}
