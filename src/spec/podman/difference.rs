//! Where libpod's description of a container that was created differs from that of one that runs, or from what the images say, and means the same.

use std::collections::BTreeSet;

use serde_json::Value;

use super::command::has_secret;
use super::generator::is_default_field;
use super::numbers::{are_as_many, are_chosen_alike};
use super::search_path;
use super::ulimits::is_given_at_start;
use crate::model::{NOTES, StopSignal};
use crate::spec::difference::Rule;
use crate::spec::document::{Container, text, texts};
use crate::spec::explain::Explainer;
use crate::spec::volumes::is_born_by;

/// What is of this instance only: its place on the host, its lock.
const OPERATIONAL: [&str; 7] = ["StaticDir", "OCIConfigPath", "ConmonPidFile", "PidFile", "lockNumber", "KubeExitCodePropagation", NOTES];
/// Annotations that Podman gives at each start (seen on 5.4).
const GIVEN_AT_START: [&str; 2] = ["io.container.manager", "org.opencontainers.image.stopSignal"];
/// When it was created, given at each start (seen on 4.3).
const CREATED: &str = "io.kubernetes.cri-o.Created";
const GIVEN_TO_SYSTEMD: &str = "org.systemd.property.";

/// True if the path is of this instance only.
pub fn is_operational(path: &[&str]) -> bool {
    path.first().is_some_and(|first| OPERATIONAL.contains(first))
}

/// The rule that allows this difference, or none.
pub fn explains(path: &[&str], old: &Value, new: &Value, of: Explainer<'_>) -> Option<Rule> {
    let Explainer { predecessor, successor, images } = of;
    let was_started = text(&successor.0["State"]["StartedAt"]) > "0002";
    match path {
        // Podman lists them in no order.
        ["Dependencies"] => (set(texts(old)) == set(texts(new))).then_some(Rule::SameMeaning),
        ["ImageDigest"] => (*old == images.old["Digest"] && *new == images.new["Digest"]).then_some(Rule::NewImage),
        // It holds the name, and is the successor's own; what follows from it is compared.
        ["Config", "CreateCommand"] => Some(Rule::OwnName),
        ["Config" | "HostConfig", "Annotations", CREATED] => (!old.is_null()).then_some(Rule::SameMeaning),
        ["Config" | "HostConfig", "Annotations", name] => {
            let is_given = GIVEN_AT_START.contains(name) || name.starts_with(GIVEN_TO_SYSTEMD);
            // 4.3 gives a container those of its image's manifest; 5.4 does not.
            let is_of_images = *old == images.old["Annotations"][name] && *new == images.new["Annotations"][name];
            (is_given && new.is_null() && !was_started).then_some(Rule::SameMeaning).or_else(|| is_of_images.then_some(Rule::ImageDefault))
        }
        // `podman-restart.service` starts what has `always`, also what was never started: the successor has `no` until it is switched to.
        ["HostConfig", "RestartPolicy", "Name"] => (new == "no" && !was_started).then_some(Rule::AtSwitch),
        ["HostConfig", "RestartPolicy", "MaximumRetryCount"] => (new == 0 && !was_started).then_some(Rule::AtSwitch),
        ["HostConfig", "Ulimits", limit, _] => {
            (new.is_null() && !was_started && is_given_at_start(predecessor, limit)).then_some(Rule::SameMeaning)
        }
        ["HostConfig", "IDMappings", "UidMap" | "GidMap"] => {
            (are_as_many(old, new) && are_chosen_alike(predecessor, successor)).then_some(Rule::OwnNumbers)
        }
        // Said once its numbers are in force, at the first start (seen on 5.4).
        ["HostConfig", "UsernsMode"] => {
            (old == "private" && new == "" && !was_started && are_chosen_alike(predecessor, successor)).then_some(Rule::SameMeaning)
        }
        ["Mounts", _] => (old.is_null() && is_born(new, predecessor, images.new)).then_some(Rule::DeclaredVolume),
        ["HostConfig", "Binds", destination] if old.is_null() => {
            let mount = successor.mount_at(destination).filter(|mount| is_born(mount, predecessor, images.new))?;
            let volume = format!("{}:{destination}:", text(&mount["Name"]));
            let options = set(text(new).strip_prefix(&volume)?.split(','));
            let due = texts(&mount["Options"]).chain(["rw", text(&mount["Propagation"])]);
            (options == set(due)).then_some(Rule::DeclaredVolume)
        }
        // A user's engine cannot go below what it has itself, which is seen at the start (5.4).
        ["HostConfig", "OomScoreAdj"] => (old.as_i64() > new.as_i64() && !was_started).then_some(Rule::SameMeaning),
        // Of a volume that an image declares they are written in another order than of the same that an option mounts.
        ["Mounts", _, "Options"] => (set(texts(old)) == set(texts(new))).then_some(Rule::SameMeaning),
        ["HostConfig", "Binds", _] => {
            let is_due = |option: &&str| was_started || !["z", "Z"].contains(option);
            let parts = |bind| text(bind).rsplit_once(':').map(|(volume, options)| (volume, set(options.split(',').filter(is_due))));
            (parts(old) == parts(new)).then_some(Rule::SameMeaning)
        }
        // Gone once it is done, at the first start (seen on 5.4).
        ["Mounts", _, "Mode"] => (old == "" && (new == "z" || new == "Z") && !was_started).then_some(Rule::SameMeaning),
        // Found out at the start, from the user's home, the host name, and for systemd in it the id.
        ["Config", "Env", "HOME" | "HOSTNAME" | "container_uuid"] => (new.is_null() && !was_started).then_some(Rule::SameMeaning),
        ["Config", "Env", "PATH"] if search_path::is_given(predecessor, images, old, new) => Some(Rule::ImageDefault),
        // A secret, which the command asks for by its name: given at the start, and shown without its value, but for 4.3.
        ["Config", "Env", variable] => {
            let is_one = || {
                text(old).ends_with("=*******") || has_secret(&texts(&predecessor.config()["CreateCommand"]).collect::<Vec<_>>(), variable)
            };
            (new.is_null() && !was_started && is_one()).then_some(Rule::SameMeaning)
        }
        // A user's network, which is the container's own, is listed only while the container does not run (seen on 5.4).
        ["NetworkSettings", "Networks", network @ ("pasta" | "slirp4netns")] => {
            let is_its_mode = text(&successor.0["HostConfig"]["NetworkMode"]).split(':').next() == Some(*network);
            (is_its_mode && (old.is_null() || new.is_null())).then_some(Rule::SameMeaning)
        }
        ["NetworkSettings", "Networks", _, "MacAddress"] => (new == "" && !was_started).then_some(Rule::MacAddress),
        ["HostConfig", "LogConfig", "Path"] => (*new == text(old).replace(&id_in(old), text(&successor.0["Id"]))).then_some(Rule::OwnId),
        ["Path" | "Args"] => is_command_line(successor).then_some(Rule::CommandLine),
        ["Config", "StopSignal" | "WorkingDir" | "Entrypoint"] => {
            (is_default(images.old, path[1], old) && is_default(images.new, path[1], new)).then_some(Rule::ImageDefault)
        }
        ["Config", "Healthcheck", field] => {
            (is_default_field(images.old, field, old) && is_default_field(images.new, field, new)).then_some(Rule::ImageDefault)
        }
        _ => None,
    }
}

/// Before 5.0 the entrypoint is shown as one text (seen on 4.3). It is compared, as the command is, under `Config`.
fn is_command_line(successor: Container<'_>) -> bool {
    let (config, words) = (successor.config(), |words: Vec<&str>| words.join(" "));
    let Some(entrypoint) = config["Entrypoint"].as_str() else { return false };
    let due = Some(entrypoint).filter(|line| !line.is_empty()).into_iter().chain(texts(&config["Cmd"]));
    words(due.collect()) == words(std::iter::once(text(&successor.0["Path"])).chain(texts(&successor.0["Args"])).collect())
}

/// True if the mount is what Podman makes of a `VOLUME` that only the new image declares.
fn is_born(mount: &Value, predecessor: Container<'_>, image: &Value) -> bool {
    is_born_by(image, mount, predecessor) && mount["RW"] == true && mount["Driver"] == "local"
}

fn set<'a>(options: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    options.collect()
}

/// The id in the path of a log file, which stands there between slashes.
fn id_in(path: &Value) -> String {
    let is_id = |part: &&str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text(path).split('/').find(is_id).unwrap_or("/").to_owned()
}

/// True if the value is what Podman makes of an image's setting: a name of a number, and something where the image says nothing.
pub fn is_default(image: &Value, field: &str, value: &Value) -> bool {
    let says = text(&image["Config"][field]);
    let number = value.as_u64().map(|number| number.to_string());
    // Before 5.0 a signal is shown as a number, and an entrypoint as one text (seen on 4.3).
    let value = number.as_deref().unwrap_or_else(|| text(value));
    match field {
        "Entrypoint" => !value.is_empty() && value == texts(&image["Config"][field]).collect::<Vec<_>>().join(" "),
        "WorkingDir" => value == if says.is_empty() { "/" } else { says },
        "StopSignal" => signal(value) == signal(if says.is_empty() { "SIGTERM" } else { says }),
        _ => false,
    }
}

/// A signal by its number, where it has one that all Linux machines share.
fn signal(text: &str) -> Option<String> {
    let signal: StopSignal = text.parse().ok()?;
    let number = match signal.as_str() {
        "SIGHUP" => "1",
        "SIGINT" => "2",
        "SIGQUIT" => "3",
        "SIGABRT" => "6",
        "SIGKILL" => "9",
        "SIGUSR1" => "10",
        "SIGUSR2" => "12",
        "SIGALRM" => "14",
        "SIGTERM" => "15",
        "SIGWINCH" => "28",
        "SIGPWR" => "30",
        other => other,
    };
    Some(number.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::document::Images;

    #[test]
    fn the_command_line_of_an_entrypoint_that_is_shown_as_one_text_follows_from_it_and_the_command() {
        let line = |entrypoint: &str, command: Value, args: Value| {
            let document = json!({ "Path": "/bin/sh", "Args": args, "Config": { "Entrypoint": entrypoint, "Cmd": command } });
            is_command_line(Container(&document))
        };
        assert!(line("/bin/sh -c", json!(["echo boom; exit 1"]), json!(["-c", "echo boom; exit 1"])));
        assert!(line("", json!(["/bin/sh", "-c"]), json!(["-c"])));
        assert!(!line("/bin/sh -c", json!(["echo boom"]), json!(["-c", "echo other"])));
        assert!(!line("/bin/sh -c", Value::Null, json!(["-c", "left"])));
    }

    #[test]
    fn an_annotation_of_the_images_own_follows_them_and_one_that_somebody_asked_for_does_not() {
        let (before, after) =
            (json!({ "Annotations": { "base": "a", "gone": "x" } }), json!({ "Annotations": { "base": "b", "come": "y" } }));
        let (document, images) = (json!({ "State": { "StartedAt": "2026-01-01T10:00:00Z" } }), Images { old: &before, new: &after });
        let explainer = Explainer { predecessor: Container(&document), successor: Container(&document), images };
        let explained = |name: &str, old: Value, new: Value| explains(&["Config", "Annotations", name], &old, &new, explainer);
        assert_eq!(explained("base", json!("a"), json!("b")), Some(Rule::ImageDefault));
        assert_eq!(explained("gone", json!("x"), Value::Null), Some(Rule::ImageDefault));
        assert_eq!(explained("come", Value::Null, json!("y")), Some(Rule::ImageDefault));
        assert_eq!(explained("base", json!("asked for"), json!("b")), None);
        assert_eq!(explained("gone", json!("x"), json!("x")), None);
        assert_eq!(explained("else", json!("asked for"), Value::Null), None);
    }

    #[test]
    fn a_limit_that_was_asked_for_is_missed_before_the_first_start_and_one_that_is_given_then_only_after_it() {
        let explained = |command: Value, started_at: &str| {
            let limit = |name: &str| json!({ "Name": name, "Soft": 100, "Hard": 200 });
            let old = json!({ "Config": { "CreateCommand": command }, "HostConfig": { "Ulimits": [limit("RLIMIT_NOFILE"), limit("RLIMIT_NPROC")] } });
            let new =
                json!({ "Config": { "CreateCommand": command }, "HostConfig": { "Ulimits": [] }, "State": { "StartedAt": started_at } });
            let images = Images { old: &Value::Null, new: &Value::Null };
            let explainer = Explainer { predecessor: Container(&old), successor: Container(&new), images };
            let missed = |name: &str| {
                ["Name", "Soft", "Hard"]
                    .map(|field| explains(&["HostConfig", "Ulimits", name, field], &json!(100), &Value::Null, explainer))
            };
            ["RLIMIT_NOFILE", "RLIMIT_NPROC"].map(|name| missed(name).iter().all(Option::is_some))
        };
        let (never, once) = ("0001-01-01T00:00:00Z", "2026-01-01T10:00:00Z");
        let asked = json!(["podman", "run", "--ulimit", "nofile=100:200", "web"]);
        assert_eq!(explained(asked, never), [false, true]);
        assert_eq!(explained(json!(["podman", "run", "web"]), never), [true, true]);
        assert_eq!(explained(json!(["podman", "run", "web"]), once), [false, false]);
        assert_eq!(explained(Value::Null, never), [false, false], "all that a container of the API has is asked for again");
    }

    #[test]
    fn a_signal_as_a_number_and_an_entrypoint_as_one_text_are_the_images() {
        let image = |signal: &str, entrypoint: Value| json!({"Config": {"StopSignal": signal, "Entrypoint": entrypoint}});
        let (old, new) = (image("", json!(["/bin/a", "-c"])), image("SIGINT", json!(["/bin/b"])));
        let (document, images) = (json!({}), Images { old: &old, new: &new });
        let explainer = Explainer { predecessor: Container(&document), successor: Container(&document), images };
        let explained = |field: &str, old: Value, new: Value| explains(&["Config", field], &old, &new, explainer).is_some();
        assert!(explained("StopSignal", json!(15), json!(2)) && explained("Entrypoint", json!("/bin/a -c"), json!("/bin/b")));
        assert!(!explained("StopSignal", json!(2), json!(15)) && !explained("Entrypoint", json!("/bin/c"), json!("/bin/b")));
    }

    #[test]
    fn whom_it_requires_is_the_same_in_any_order() {
        let (document, images) = (json!({}), Images { old: &Value::Null, new: &Value::Null });
        let explainer = Explainer { predecessor: Container(&document), successor: Container(&document), images };
        let explained = |old: Value, new: Value| explains(&["Dependencies"], &old, &new, explainer).is_some();
        assert!(explained(json!(["db", "cache"]), json!(["cache", "db"])));
        assert!(!explained(json!(["db", "cache"]), json!(["db"])) && !explained(json!(["db"]), json!(["other"])));
    }

    /// So that it is known for a successor where the record of it is lost: the old one is stopped then, and the new one runs.
    #[test]
    fn a_users_network_is_no_difference_whichever_of_the_two_runs() {
        let explained = |mode: &str, old: Value, new: Value| {
            let document = json!({ "HostConfig": { "NetworkMode": mode }, "State": { "StartedAt": "2026-01-01T10:00:00Z" } });
            let (one, images) = (Container(&document), Images { old: &Value::Null, new: &Value::Null });
            let explainer = Explainer { predecessor: one, successor: one, images };
            explains(&["NetworkSettings", "Networks", "pasta"], &old, &new, explainer).is_some()
        };
        assert!(explained("pasta", json!({ "NetworkID": "" }), Value::Null) && explained("pasta:--mtu,1400", Value::Null, json!({})));
        assert!(!explained("bridge", json!({ "NetworkID": "" }), Value::Null), "a network that it had");
    }
}
