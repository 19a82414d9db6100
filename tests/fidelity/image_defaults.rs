//! What an image says for itself: the new one's comes through in every field, and what the user set stays.

use serde_json::{Value, json};

use crate::lab::Scratch;
use crate::scratch;
use crate::settings::settings;
use crate::walk::rotate;

/// The config of an image that says something in each field that an image can say; `n` makes each value another.
fn config(n: u8) -> String {
    let loop_forever = "trap 'exit 0' TERM INT USR1 QUIT; while :; do sleep 0.1; done";
    let stop_signal = ["SIGINT", "SIGUSR1", "SIGUSR2"][usize::from(n) % 3];
    let (label, volume, port) = (format!("only.{n}"), format!("/only{n}"), format!("{}/tcp", 9000 + u16::from(n)));
    json!({
        "User": format!("{n}:{n}"),
        "WorkingDir": format!("/www/{n}"),
        "StopSignal": stop_signal,
        "Env": ["PATH=/bin", format!("BOTH={n}"), format!("ONLY_{n}=1")],
        "Labels": { "both": n.to_string(), (label): "1" },
        "Volumes": { "/both": {}, (volume): {} },
        "ExposedPorts": { "80/tcp": {}, (port): {} },
        "Healthcheck": { "Test": ["CMD-SHELL", format!("test {n} = {n}")], "Interval": 500_000_000 + u32::from(n), "Timeout": 5_000_000_000_u64, "Retries": 2 + n },
        "Entrypoint": ["/bin/busybox", "sh", "-c", format!("echo {n}; eval \"$0\"")],
        "Cmd": [format!("{loop_forever} # {n}")],
        "Shell": ["/bin/busybox", "sh", "-c", n.to_string()],
    })
    .to_string()
}

/// An image that says nothing but what to run.
const SILENT: &str = r#"{"User": null, "WorkingDir": null, "ExposedPorts": null, "Labels": null, "Env": null,
    "Cmd": null, "Entrypoint": ["/bin/busybox", "sh", "-c", "trap 'exit 0' TERM; while :; do /bin/busybox sleep 0.1; done"]}"#;

const FIELDS: [&str; 10] =
    ["Env", "Cmd", "Entrypoint", "Healthcheck", "StopSignal", "User", "WorkingDir", "Labels", "Volumes", "ExposedPorts"];

fn config_of(s: &Scratch, name: &str) -> Value {
    settings(&s.host.inspect(&s.name(name)))["Config"].clone()
}

/// The config of a container that is made of the newest image, without an option.
fn fresh(s: &Scratch, name: &str) -> Value {
    s.host.docker(&["pull", "-q", &s.image("web")]);
    s.host.docker(&["create", "--name", &s.name(name), &s.image("web")]);
    config_of(s, name)
}

#[test]
fn a_container_without_options_becomes_what_a_fresh_one_of_the_new_image_is() {
    let s = scratch("defaults");
    s.push_with("web", "nohealth:v1", &config(1));
    s.run("web", &[]);
    let mut before = config_of(&s, "web");
    for (name, next) in [("fresh2", config(2)), ("fresh3", config(3)), ("silent", SILENT.to_owned()), ("fresh4", config(4))] {
        s.push_with("web", "nohealth:v1", &next);
        rotate(&s, &["web"]);
        let (after, fresh) = (config_of(&s, "web"), fresh(&s, name));
        for field in FIELDS {
            assert_eq!(after[field], fresh[field], "{name}: {field}");
            assert_ne!(after[field], before[field], "{name}: {field}");
        }
        assert_eq!(after.get("Shell"), fresh.get("Shell"), "{name}");
        before = after;
    }
}

#[test]
fn what_the_user_set_in_each_field_of_an_image_stays() {
    let s = scratch("overrides");
    s.push_with("web", "nohealth:v1", &config(1));
    let forever = "trap 'exit 0' QUIT; while :; do sleep 0.1; done";
    let (name, image, volume) = (s.name("web"), s.image("web"), format!("{}:/both", s.name("vol")));
    let options = "--user 0:7 --workdir /tmp --stop-signal SIGQUIT --env BOTH=mine --label both=mine --expose 82 --health-cmd true --health-retries 20";
    s.host.docker(&["pull", "-q", &image]);
    let mut create = vec!["run", "-d", "--name", &name, "-v", &volume, "--entrypoint", "/bin/busybox"];
    create.extend(options.split(' '));
    create.extend([image.as_str(), "sh", "-c", forever]);
    s.host.docker(&create);
    let first = config_of(&s, "web");
    for n in [2, 3] {
        s.push_with("web", "nohealth:v1", &config(n));
        rotate(&s, &["web"]);
        let now = config_of(&s, "web");
        for pointer in [
            "User",
            "WorkingDir",
            "StopSignal",
            "Entrypoint",
            "Cmd",
            "Env/BOTH",
            "Labels/both",
            "ExposedPorts/82~1tcp",
            "Healthcheck/Test",
            "Healthcheck/Retries",
        ] {
            assert_eq!(now.pointer(&format!("/{pointer}")), first.pointer(&format!("/{pointer}")), "{n}: {pointer}");
        }
        // Beside them, what the image says.
        assert_eq!(now["Env"][format!("ONLY_{n}")], "1");
        assert_eq!(now["Env"].get(format!("ONLY_{}", n - 1)), None);
        assert_eq!(now["Labels"][format!("only.{n}")], "1");
        assert_eq!(now["Labels"].get(format!("only.{}", n - 1)), None);
        assert_eq!(now["Healthcheck"]["Interval"], 500_000_000 + u32::from(n));
        let document = s.host.inspect(&name);
        assert_eq!(settings(&document)["Mounts"]["/both"]["Name"], s.name("vol"), "the user's volume");
        assert!(settings(&document)["Mounts"][format!("/only{n}")].is_object(), "the image's");
    }
}

/// Nothing tells the two apart: the engine keeps one merged value.
#[test]
fn a_setting_equal_to_the_old_images_default_is_taken_for_the_images() {
    let s = scratch("equal");
    s.push_with("web", "nohealth:v1", &config(1));
    s.run("web", &["--env", "BOTH=1", "--label", "both=1", "--user", "1:1"]);
    s.push_with("web", "nohealth:v1", &config(2));
    rotate(&s, &["web"]);
    let now = config_of(&s, "web");
    assert_eq!((&now["Env"]["BOTH"], &now["Labels"]["both"], &now["User"]), (&json!("2"), &json!("2"), &json!("2:2")));
}
