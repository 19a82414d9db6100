//! A successor of a successor is the first container with a new image, as Podman itself describes them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::arguments::seen_during;
use super::groups::{self, Group};
use super::wants::{LIMITS, lacks, policy};
use super::{FAST, described, scratch};
use crate::lab::{Agent, Scratch};

fn set(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(Value::to_string).collect()
}

/// What must be the same after any number of rotations. What Podman makes of the container's own id is replaced.
pub fn stays(s: &Scratch, name: &str) -> Value {
    let document = described(s, name);
    let id = document["Id"].as_str().unwrap_or_default().to_owned();
    let (told, asked) = (told(s, &document), asked(s, name));
    let text = document.to_string().replace(&id, "ID").replace(id.get(..12).unwrap_or("?"), "SHORT");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let config = |field: &str| document["Config"][field].clone();
    // The image's version, and what systemd takes for its machine: half of the id.
    let is_own = |variable: &str| ["APP_VERSION", "container_uuid"].iter().any(|own| variable.contains(own));
    let env: BTreeSet<String> = set(&config("Env")).into_iter().filter(|variable| !is_own(variable)).collect();
    let mine = config("Labels")["mine"].clone();
    let mounts = document["Mounts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mount| json!([mount["Destination"], mount["Name"], mount["Source"], mount["RW"], set(&mount["Options"])]).to_string());
    let networks = document["NetworkSettings"]["Networks"].as_object().into_iter().flatten().filter(|(name, _)| *name != "podman");
    // Addresses that nobody asked for are others at each start; which were, is known as a rule.
    let address = |n: &Value, kind: &str| if asked.is_null() { n[kind].clone() } else { Value::Null };
    let networks: Vec<Value> =
        networks.map(|(name, n)| json!([name, address(n, "IPAddress"), address(n, "MacAddress"), set(&n["Aliases"])])).collect();
    let mut annotations = config("Annotations");
    annotations.as_object_mut().and_then(|all| all.remove("io.kubernetes.cri-o.Created")); // on 4.3, each one's own
    let mut host = document["HostConfig"].clone();
    host["Binds"] = json!(set(&host["Binds"]).len());
    if host["RestartPolicy"]["Name"] == "no" {
        host["RestartPolicy"]["Name"] = json!(""); // as 4.3 shows what nobody asked for
    }
    json!({
        "env": env, "hostname": config("Hostname"), "user": config("User"), "dir": config("WorkingDir"), "cmd": config("Cmd"),
        "entrypoint": config("Entrypoint"), "signal": config("StopSignal"), "timeout": config("StopTimeout"), "check": config("Healthcheck"),
        "on_failure": config("HealthcheckOnFailureAction"), "annotations": annotations, "tty": config("Tty"), "secrets": config("Secrets"),
        "umask": config("Umask"), "labels": mine, "tz": config("Timezone"),
        "host": host, "mounts": mounts.collect::<BTreeSet<_>>(), "networks": networks, "ports": document["NetworkSettings"]["Ports"],
        "caps": document["EffectiveCaps"], "image": document["ImageName"], "systemd": config("SystemdMode"),
        "startup": config("StartupHealthCheck"), "notify": config("sdNotifyMode"), "chroots": config("ChrootDirs"),
        "told": told, "asked": asked,
    })
}

/// What the runtime was told: `inspect` does not show all of it.
fn told(s: &Scratch, document: &Value) -> Value {
    let output = s.host.exec(&["cat", document["OCIConfigPath"].as_str().unwrap_or_default()]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("what runs has a description for its runtime");
    let (process, linux) = (&told["process"], &told["linux"]);
    let mounts = told["mounts"].as_array().into_iter().flatten();
    let mounts: BTreeSet<String> = mounts.map(|m| json!([m["destination"], m["type"], set(&m["options"])]).to_string()).collect();
    json!({
        "user": process["user"], "limits": set(&process["rlimits"]), "privileges": process["noNewPrivileges"], "oom": process["oomScoreAdj"],
        "sysctl": linux["sysctl"], "devices": set(&linux["resources"]["devices"]), "masked": set(&linux["maskedPaths"]),
        "personality": linux["personality"], "mounts": mounts,
    })
}

/// How networks were asked for: a static address looks like any other. Null where `podman generate spec` fails.
fn asked(s: &Scratch, name: &str) -> Value {
    let Ok(said) = s.host.try_docker(&["generate", "spec", "--compact", "--name=false", &s.name(name)]) else { return Value::Null };
    let spec: Value = serde_json::from_str(&said).expect("JSON");
    let networks = spec["Networks"].as_object().into_iter().flatten();
    networks.map(|(name, n)| json!([name, n["static_ips"], n["static_mac"], n["interface_name"]])).collect()
}

/// What was made by a command is rotated from anywhere, what was made through the API on the host only.
fn agent<'a>(s: &'a Scratch, name: &str) -> Agent<'a> {
    let is_made_by_a_command = described(s, name)["Config"]["CreateCommand"].is_array();
    if is_made_by_a_command { s.agent() } else { s.agent().on_host_as_owner() }
}

#[track_caller]
pub fn is_the_same_after_two_rotations(s: &Scratch, marks: &[&str]) {
    let web = s.name("web");
    for mark in marks {
        s.host.docker(&["exec", &web, "sh", "-c", &format!("echo mine > {mark}")]);
    }
    let (first, id) = (stays(s, "web"), described(s, "web")["Id"].clone());
    for version in ["v2", "v3"] {
        s.push("web", &format!("volume:{version}"));
        agent(s, "web").config(FAST).run(&["now", &web]).exits(0);
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

/// Puts what is this test's own in its place.
fn own(s: &Scratch, text: &str) -> String {
    let names = ["net", "data", "secret"].iter().fold(text.to_owned(), |text, name| text.replace(&format!("{{{name}}}"), &s.name(name)));
    if names.contains("{dir}") { names.replace("{dir}", &s.host_dir()) } else { names }
}

/// Makes the group's container, with these options more, and rotates it twice.
#[track_caller]
fn plays(s: &Scratch, group: &Group, more: &[&str]) {
    for command in group.before {
        let command: Vec<String> = command.iter().map(|word| own(s, word)).collect();
        s.host.docker(&command.iter().map(String::as_str).collect::<Vec<_>>());
    }
    s.push("web", "volume:v1");
    let (web, image, options) = (s.name("web"), s.image("web"), group.options.iter().map(|word| own(s, word)).collect::<Vec<_>>());
    let mut run = vec!["run", "-d", "--pull=always", "--name", &web];
    run.extend(options.iter().map(String::as_str).chain(more.iter().copied()));
    run.push(&image);
    run.extend(group.command);
    s.host.docker(&run);
    let shows = || {
        for (line, part) in group.inside {
            let said = s.host.docker(&["exec", &web, "/bin/busybox", "sh", "-c", line]);
            assert!(said.contains(part), "`{line}` in {web} does not say `{part}` but: {said}");
        }
    };
    shows();
    is_the_same_after_two_rotations(s, group.marks);
    shows();
}

#[track_caller]
fn play(test: &str, group: &Group) {
    if group.wants.is_none_or(|want| !lacks(want)) {
        plays(&scratch(test), group, &[]);
    }
}

#[test]
fn a_container_of_many_options_is_the_same_after_two_rotations() {
    let s = scratch("options");
    let secret = s.name("secret");
    s.host.exec(&["sh", "-c", &format!("echo s3cret | podman secret create {secret} -")]);
    plays(&s, &groups::MANY, &["--restart", policy("on-failure:3")]);
    s.host.docker(&["secret", "rm", &secret]);
}

#[test]
fn a_container_in_the_hosts_namespaces_is_the_same_after_two_rotations() {
    play("host", &groups::HOST);
}

#[test]
fn a_container_with_numbers_of_its_own_is_the_same_after_two_rotations() {
    play("numbers", &groups::NUMBERS);
}

#[test]
fn a_privileged_container_is_the_same_after_two_rotations() {
    play("privileged", &groups::PRIVILEGED);
}

#[test]
fn a_container_in_which_nothing_lasts_is_the_same_after_two_rotations() {
    play("sealed", &groups::SEALED);
}

#[test]
fn a_container_with_a_command_variables_and_a_check_of_its_own_is_the_same_after_two_rotations() {
    play("entry", &groups::ENTRY);
}

#[test]
fn a_container_of_another_user_and_fewer_rights_is_the_same_after_two_rotations() {
    play("identity", &groups::IDENTITY);
}

#[test]
fn a_container_with_an_address_and_names_of_its_own_is_the_same_after_two_rotations() {
    play("network", &groups::NETWORK);
}

#[test]
fn a_container_with_its_own_init_log_and_files_is_the_same_after_two_rotations() {
    play("around", &groups::AROUND);
}

#[test]
fn a_container_below_another_cgroup_is_the_same_after_two_rotations() {
    play("cgroups", &groups::CGROUPS);
}

#[test]
fn a_container_with_options_of_newer_podmans_is_the_same_after_two_rotations() {
    play("newer", &groups::NEWER);
}

#[test]
fn a_container_with_a_limit_of_every_kind_is_the_same_after_two_rotations() {
    play("limited", &groups::LIMITED);
}

/// From a folder that is gone by now for all that anybody knows: the path that it was is what counts. A user's client runs in `/home/op`.
#[test]
fn a_path_that_was_named_from_a_working_directory_is_the_same_after_two_rotations() {
    let s = scratch("relative");
    s.push("web", "volume:v1");
    s.host.exec(&["chmod", "777", &s.host_dir()]);
    let volume = format!("../..{}:/mine", s.host_dir());
    let run = ["env", "--chdir=/var/tmp", "podman", "run", "-d", "--pull=always", "--name", &s.name("web"), "-v", &volume, &s.image("web")];
    let output = s.host.exec(&run);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    is_the_same_after_two_rotations(&s, &["/mine/mark", "/data/mark"]);
}

#[test]
fn limits_of_memory_and_processors_are_the_same_after_two_rotations() {
    if lacks(&LIMITS) {
        return;
    }
    let s = scratch("limits");
    s.push("web", "volume:v1");
    s.run("web", &["--memory", "64m", "--memory-reservation", "32m", "--cpus", "0.5", "--cpu-shares", "512"]);
    let host = described(&s, "web")["HostConfig"].clone();
    let limits = ["Memory", "MemoryReservation", "NanoCpus", "CpuShares"].map(|limit| host[limit].as_u64());
    assert_eq!(limits, [64 << 20, 32 << 20, 500_000_000, 512].map(Some), "{host}");
    is_the_same_after_two_rotations(&s, &["/data/mark"]);
}

#[test]
fn an_image_that_declares_one_more_volume_gets_it_and_the_others_keep_their_data() {
    let s = scratch("declares");
    s.push("web", "volume:v1");
    s.run("web", &[]);
    let web = s.name("web");
    let mounted = |at: &str| {
        let mounts = described(&s, "web")["Mounts"].as_array().cloned().unwrap_or_default();
        mounts.iter().find(|mount| mount["Destination"] == at).map(|mount| mount["Name"].as_str().unwrap_or_default().to_owned())
    };
    s.host.docker(&["exec", &web, "touch", "/data/mine"]);
    let data = mounted("/data");
    let more = r#"{"Volumes": {"/data": {}, "/more": {}}}"#;
    for (variant, code) in [("sick:v2", 1), ("volume:v3", 0)] {
        s.push_with("web", variant, more);
        s.agent().config(FAST).run(&["now", &web]).exits(code);
        assert_eq!((mounted("/data"), mounted("/more").is_some()), (data.clone(), code == 0), "{variant}");
    }
    let more_data = mounted("/more");
    s.host.docker(&["exec", &web, "touch", "/more/mine"]);
    s.push_with("web", "volume:v4", more);
    s.agent().config(FAST).run(&["now", &web]).exits(0);
    assert_eq!((mounted("/data"), mounted("/more")), (data, more_data));
    s.host.docker(&["exec", &web, "ls", "/data/mine", "/more/mine"]);
}

#[test]
fn a_variable_of_the_shell_keeps_its_value_which_no_process_list_shows() {
    let s = scratch("shell");
    s.push("web", "volume:v1");
    let (web, image) = (s.name("web"), s.image("web"));
    // No other test's, whose processes are on the list, too.
    let secret = format!("secret-of-{web}");
    // The last ones begin as what the client heeds.
    let secrets = ["PASSWORD", "GOTIFY_DEFAULTUSER_PASS", "DOCKER_INFLUXDB_INIT_PASSWORD"].map(|name| (name, format!("{name}={secret}")));
    let mut command = vec!["env"];
    command.extend(secrets.iter().map(|(_, variable)| variable.as_str()));
    command.extend(["podman", "run", "-d", "--name", &web, "-e", "ABSENT"]);
    command.extend(secrets.iter().flat_map(|(name, _)| ["-e", name]));
    command.push(&image);
    assert!(s.host.exec(&command).status.success());

    let seen = seen_during(|| is_the_same_after_two_rotations(&s, &["/data/mark"]));

    let created = format!("create --name {web}.rotate-next");
    assert!(seen.iter().any(|arguments| arguments.contains(&created)), "none of {} processes creates a successor", seen.len());
    let telling: Vec<&String> = seen.iter().filter(|arguments| arguments.contains(&secret)).collect();
    assert_eq!(telling, Vec::<&String>::new());
    let document = described(&s, "web");
    for (_, variable) in &secrets {
        assert!(document["Config"]["Env"].to_string().contains(variable), "{document}");
    }
    assert!(!document["Config"]["CreateCommand"].to_string().contains(&secret), "{document}");
}
