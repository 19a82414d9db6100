//! Containers of a user's `podman run` whose options mean something to that user's engine alone: whose numbers they have, which network, and what was read
//! where the command was run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::FAST;
use super::clients::{Client, ENABLED, LONG, alone, entries, works};
use super::users_quadlet::lingering;
use super::wants::{PASTA, ROOTS_ENGINE, lacks};
use crate::lab::{Agent, Scratch, wait_for};

/// Who it is in there, whose numbers it has, and what its networks are like.
const INSIDE: &str = "id -u; cat /proc/self/uid_map /sys/class/net/*/mtu";

/// By root, as the user whose engine it is.
fn agent(s: &Scratch) -> Agent<'_> {
    s.agent().on_host().config(&format!("engines = [\"podman:op\"]\n{FAST}"))
}

/// Runs one with these options and, after its image, with these words; returns its id.
#[track_caller]
fn made(s: &Scratch, user: &Client<'_>, name: &str, options: &[&str], words: &[&str]) -> String {
    let (full, image) = (s.name(name), s.image(name));
    let run = ["run", "-d", "-q", "--pull", "always", "--name", &full];
    user.ask_with("PASSWORD=s3cret", &[&run[..], ENABLED, options, &[image.as_str()], words].concat())
}

#[track_caller]
fn described(user: &Client<'_>, name: &str) -> Value {
    let all: Value = serde_json::from_str(&user.ask(&["container", "inspect", name])).expect("JSON");
    all[0].clone()
}

/// What must be the same of predecessor and successor, as Podman describes it and as it is seen from inside.
#[track_caller]
fn stays(user: &Client<'_>, name: &str) -> Value {
    let document = described(user, name);
    let (config, host) = (&document["Config"], &document["HostConfig"]);
    let is_own = |variable: &str| ["APP_VERSION=", "HOSTNAME="].iter().any(|own| variable.starts_with(own));
    let env = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|variable| !is_own(variable));
    let networks = document["NetworkSettings"]["Networks"].as_object().into_iter().flatten().map(|(network, _)| network.as_str());
    json!({
        "env": env.collect::<BTreeSet<_>>(), "user": config["User"], "tty": config["Tty"], "stdin": config["OpenStdin"],
        "namespace": host["UsernsMode"], "numbers": host["IDMappings"], "network": host["NetworkMode"], "networks": networks.collect::<Vec<_>>(),
        "ports": host["PortBindings"], "inside": user.ask(&["exec", name, "sh", "-c", INSIDE]),
    })
}

/// Waits until this is what its port 80 serves.
#[track_caller]
fn serves(s: &Scratch, user: &Client<'_>, name: &str, text: &str) {
    let published = user.ask(&["port", name, "80"]);
    let port = published.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_else(|| panic!("{name}: {published}"));
    wait_for(&format!("{name} serves {text} at port {port}"), LONG, || (s.served(port).as_deref() == Some(text)).then_some(()));
}

#[test]
fn a_successor_has_the_numbers_the_network_and_the_variables_that_its_users_command_asked_for() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("uoptions");
    let user = lingering(&s);
    let has_pasta = !lacks(&PASTA);
    let vars = s.host_file("vars", "FROM_FILE=of the file\n");
    works(&s, &format!("chown op: {vars} && chmod 600 {vars}"));
    // Who is not root in there cannot serve port 80.
    let sleep = "sleep 100000";
    // Beside the options the words after the image, and what shows that the options did something.
    let cases: [(&str, &[&str], &[&str], &str); 8] = [
        ("mine", &["--userns", "keep-id"], &[sleep], r#""inside":"1000\n"#),
        ("other", &["--userns", "keep-id:uid=200,gid=210"], &[sleep], r#""inside":"200\n"#),
        ("slirp", &["--network", "slirp4netns:mtu=1400", "-p", "80"], &[], "1400"),
        ("pasta", &["--network", "pasta:--mtu,1400", "-p", "80"], &[], "1400"),
        ("file", &["--env-file", &vars], &[], "FROM_FILE=of the file"),
        ("shell", &["-e", "PASSWORD", "-e", "ABSENT"], &[], "PASSWORD=s3cret"),
        // Names that no shell hands on.
        ("names", &["-e", "discovery.type=single-node", "-e", "UID=7"], &[], "discovery.type=single-node"),
        ("terminal", &["-it"], &[], r#""tty":true"#),
    ];
    let cases: Vec<_> = cases.into_iter().filter(|(name, ..)| *name != "pasta" || has_pasta).collect();
    for (name, options, words, _) in &cases {
        s.push(name, "nohealth:v1");
        made(&s, &user, name, options, words);
    }
    let before: Vec<(Value, Value)> =
        cases.iter().map(|(name, ..)| (stays(&user, &s.name(name)), described(&user, &s.name(name))["Image"].clone())).collect();
    for ((name, .., sign), (before, _)) in cases.iter().zip(&before) {
        assert!(before.to_string().contains(*sign), "{name}: {before}");
    }

    for (name, ..) in &cases {
        s.push(name, "nohealth:v2");
    }
    let outcome = agent(&s).run(&["now", "--json"]).exits(0);
    let document = outcome.json();
    for ((name, ..), (before, image)) in cases.iter().zip(&before) {
        let full = s.name(name);
        let rotated = entries(&document, "containers", &full);
        assert_eq!(rotated.first().map(|(_, entry)| &entry["verdict"]), Some(&json!("rotated")), "{name}: {outcome}");
        assert_ne!(described(&user, &full)["Image"], *image, "{name}");
        assert_eq!(stays(&user, &full), *before, "{name}");
    }
    for (name, ..) in cases.iter().filter(|(_, options, ..)| options.contains(&"-p")) {
        serves(&s, &user, &s.name(name), "v2");
    }
}

#[test]
fn what_a_users_command_read_or_wrote_where_it_was_run_is_held_or_compared_and_nothing_is_touched() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("ufiles");
    let user = lingering(&s);
    let write = |text: &str| s.host_file("vars", &format!("FROM_FILE={text}\n"));
    let vars = write("one");
    let folder = format!("{}/users", s.host_dir());
    works(&s, &format!("install -d -o op {folder}"));
    // The user's client runs in /home/op.
    let (cid, relative) = (format!("{folder}/cid"), format!("../..{vars}"));
    let cases: [(&str, &[&str]); 3] =
        [("watched", &["--cidfile", &cid]), ("relative", &["--env-file", &relative]), ("file", &["--env-file", &vars])];
    for (name, options) in cases {
        s.push(name, "nohealth:v1");
        made(&s, &user, name, options, &[]);
    }
    let all = || cases.map(|(name, _)| described(&user, &s.name(name))).map(|found| json!([found["Id"], found["State"]["StartedAt"]]));
    let (before, watched) = (all(), user.id("watched"));
    assert_eq!(before.len(), user.ask(&["ps", "-aq"]).lines().count());
    write("two-secret");
    for (name, _) in cases {
        s.push(name, "nohealth:v2");
    }

    let plan = agent(&s).run(&["plan", "--json"]).exits(0).json();
    for (name, option) in [("watched", "--cidfile"), ("relative", "--env-file")] {
        let skipped = entries(&plan, "skipped", &s.name(name));
        let held = skipped.first().unwrap_or_else(|| panic!("{name} is not held: {plan}")).1;
        assert_eq!(held["reason"], "not_repeatable", "{held}");
        assert!(held["message"].as_str().is_some_and(|message| message.contains(option)), "{held}");
    }
    let outcome = agent(&s).run(&["now", "--json"]).exits(3);
    let document = outcome.json();
    let file = entries(&document, "containers", &s.name("file"))[0].1;
    assert_eq!(file["reason"], "unexplained_difference", "{outcome}");
    assert!(file["message"].as_str().is_some_and(|message| message.contains("Config.Env.FROM_FILE")), "{outcome}");
    assert!(!outcome.to_string().contains("two-secret"), "a variable may be a secret: {outcome}");
    assert_eq!(all(), before, "{outcome}");
    assert_eq!(user.ask(&["ps", "-aq"]).lines().count(), before.len(), "nothing is left beside them: {outcome}");
    let written = std::fs::read_to_string(s.host.path(&cid)).unwrap_or_default();
    assert_eq!(written.trim(), watched, "whoever watches it finds the container that runs");

    write("one");
    let outcome = agent(&s).run(&["now", &s.name("file"), "--json"]).exits(0);
    assert_eq!(entries(&outcome.json(), "containers", &s.name("file"))[0].1["verdict"], "rotated", "{outcome}");
}
