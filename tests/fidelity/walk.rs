//! The walk: a container with a group's options is made, rotated twice, and compared with what it was.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::case::{Group, Proof};
use crate::help;
use crate::lab::{Scratch, within};
use crate::settings::settings;

/// Gates that take half a second.
const FAST: &str = "min_healthy = \"500ms\"\n";

/// A container with all options of the group that the host's client has. Rotated twice, it is what it was; and it was not what a container without options is.
#[track_caller]
pub fn walk(s: &Scratch, group: &Group) {
    let offered = &help::usable(s.host);
    prepare(s, group);
    s.push("web", &format!("{}:v1", group.variant));
    make(s, group, offered);
    let first = Look::at(s, group);
    first.has_options(s, group, offered);
    for version in ["v2", "v3"] {
        s.push("web", &format!("{}:{version}", group.variant));
        rotate(s, &["web"]);
        let next = Look::at(s, group);
        assert_eq!(next.version, version, "the new image's");
        first.is_the_same_as(s, &next, group, version);
    }
}

/// `rotate now` of these containers; each is rotated.
#[track_caller]
pub fn rotate(s: &Scratch, names: &[&str]) {
    let (full, before): (Vec<String>, Vec<Value>) =
        names.iter().map(|name| (s.name(name), s.host.inspect(&s.name(name))["Id"].clone())).unzip();
    let mut args = vec!["now"];
    args.extend(full.iter().map(String::as_str));
    let outcome = s.agent().config(FAST).run(&args).exits(0);
    for (name, before) in full.iter().zip(before) {
        assert_ne!(s.host.inspect(name)["Id"], before, "{name} was not rotated: {outcome}");
    }
}

/// What a group's lines need: `{other}`, a web service, and what its own lines make.
fn prepare(s: &Scratch, group: &Group) {
    let uses_other = group.before.iter().any(|line| line.contains("{other}"));
    if uses_other {
        s.push("other", "nohealth:other");
        s.host.docker(&["pull", "-q", &s.image("other")]);
    }
    for line in group.before {
        let line = own(s, line);
        let output = s.host.exec(&["sh", "-ec", &line]);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// As a user would: created, connected to further networks, started.
fn make(s: &Scratch, group: &Group, offered: &BTreeSet<String>) {
    let name = s.name("web");
    let of = |is_endpoint: bool| {
        let cases = group
            .cases
            .iter()
            .filter(move |case| offered.contains(case.option) && case.option.starts_with("network connect") == is_endpoint);
        let args = cases.filter_map(|case| match case.proof {
            Proof::Rotated { args, .. } => Some(args),
            _ => None,
        });
        args.flatten().map(|word| own(s, word)).collect::<Vec<String>>()
    };
    s.host.docker(&["pull", "-q", &s.image("web")]);
    let (mut create, image) = (strings(&["create", "--name", &name]), s.image("web"));
    create.extend(of(false));
    create.push(image.clone());
    create.extend(strings(group.command));
    docker(s, &create);
    let mut connect = strings(&["network", "connect"]);
    connect.extend(of(true));
    if connect.len() > 2 {
        connect.extend([s.name("second"), name.clone()]);
        docker(s, &connect);
    }
    s.host.docker(&["start", &name]);
    s.host.docker(&["create", "--name", &s.name("plain"), &image]);
}

fn docker(s: &Scratch, args: &[String]) {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    s.host.docker(&args);
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Puts the test's own names for `{x}`.
pub fn own(s: &Scratch, text: &str) -> String {
    let mut parts = text.split('{');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some(("image", rest)) => all += &(s.image("other") + rest),
            Some((name, rest)) if name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty() => all += &(s.name(name) + rest),
            _ => all += &format!("{{{part}"),
        }
    }
    all
}

/// What a container is at a moment: what the engine says, and what it sees itself.
#[derive(Debug)]
struct Look {
    settings: Value,
    version: String,
    inside: Vec<String>,
}

impl Look {
    #[track_caller]
    fn at(s: &Scratch, group: &Group) -> Look {
        let document = s.host.inspect(&s.name("web"));
        assert_eq!(document["State"]["Running"], true, "{document}");
        let version = document["Config"]["Labels"]["org.opencontainers.image.version"].as_str().unwrap_or_default().to_owned();
        Look { settings: settings(&document), version, inside: lines(s, group).map(|line| inside(s, line)).collect() }
    }

    /// Each option changed what the engine says.
    #[track_caller]
    fn has_options(&self, s: &Scratch, group: &Group, offered: &BTreeSet<String>) {
        let plain = settings(&s.host.inspect(&s.name("plain")));
        for case in group.cases.iter().filter(|case| offered.contains(case.option)) {
            let Proof::Rotated { shown, .. } = case.proof else { continue };
            for pointer in shown {
                let pointer = own(s, pointer);
                let value = self.settings.pointer(&pointer);
                assert!(value.is_some(), "{}: the container has no {pointer}: {:#}", case.option, self.settings);
                assert_ne!(value, plain.pointer(&pointer), "{}: {pointer} is its default", case.option);
            }
        }
    }

    #[track_caller]
    fn is_the_same_as(&self, s: &Scratch, next: &Look, group: &Group, version: &str) {
        let differing: Vec<&&str> = ["Name", "Config", "HostConfig", "Mounts", "Networks"]
            .iter()
            .filter(|part| self.settings[**part] != next.settings[**part])
            .collect();
        let of = |look: &Look| differing.iter().map(|part| format!("{part}: {}", look.settings[**part])).collect::<Vec<_>>().join("\n");
        assert!(differing.is_empty(), "{version} is another container.\nbefore: {}\nafter:  {}", of(self), of(next));
        for ((line, _), (before, after)) in lines(s, group).zip(self.inside.iter().zip(&next.inside)) {
            assert_eq!(before, after, "{version}: `{line}` in the container");
        }
    }
}

/// The lines about what the container can have here.
fn lines<'a>(s: &Scratch, group: &'a Group) -> impl Iterator<Item = &'a (&'static str, &'static str)> {
    let is_rootless = s.host.engine().ends_with("-rootless");
    let lacks = move |line: &str| is_rootless && help::ROOTLESS_LACKS.iter().any(|(_, word)| line.contains(word));
    group.inside.iter().filter(move |(line, _)| !lacks(line))
}

/// What a shell line prints in the container, once it has this in it: a service may need a moment.
#[track_caller]
fn inside(s: &Scratch, (line, expected): &(&str, &str)) -> String {
    let (name, line, expected) = (s.name("web"), own(s, line), own(s, expected));
    let mut said = String::new();
    let has_it = within(Duration::from_secs(10), || {
        said = s.host.try_docker(&["exec", &name, "/bin/busybox", "sh", "-c", &line]).unwrap_or_else(|why| why);
        said.contains(&expected).then_some(())
    });
    assert!(has_it.is_some(), "`{line}` in {name} does not say `{expected}` but: {said}");
    said
}
