//! `rotate explain`: everything that decides about one container.

use serde_json::{Value, json};

use super::{FAST, look, now, scratch};
use crate::lab::Scratch;

#[track_caller]
fn explain(s: &Scratch, config: &str) -> Value {
    s.agent().config(config).run(&["explain", &s.name("web"), "--json"]).exits(0).json()["explanation"].clone()
}

fn setting(explanation: &Value, key: &str) -> Value {
    let all = explanation["settings"].as_array().expect("a list");
    all.iter().find(|setting| setting["key"] == key).cloned().unwrap_or_default()
}

#[test]
fn explain_tells_decision_policy_with_its_sources_gate_and_what_is_known() {
    let s = scratch("explain");
    let image = r#"{"Labels": {"rotate.deadline": "9m"}}"#;
    let first = s.push_with("web", "ok:v1", image);
    s.run("web", &["--label", "rotate.min_age=3d", "--label", "com.centurylinklabs.watchtower.scope=x"]);
    let (web, old) = (s.name("web"), look(&s, &s.name("web")));
    let newer = s.push("web", "ok:v2");
    let before = explain(&s, "keep_old = \"48h\"\n");
    assert_eq!(before["decision"]["reason"], "not_selected");
    assert_eq!(before["selected"], json!({ "is_selected": false, "by": "select = \"labelled\", and no label" }));
    assert_eq!(before["registry"]["digest"], newer.as_str(), "asked all the same");
    assert_eq!(before["registry"]["first_seen_at"], Value::Null);
    assert_eq!(before["runs"]["digests"], json!([first]));
    let label = json!({ "kind": "label", "label": "rotate.min_age" });
    assert_eq!(setting(&before, "min_age"), json!({ "key": "min_age", "value": "3d", "from": label }));
    let keep_old = setting(&before, "keep_old");
    assert_eq!((&keep_old["value"], &keep_old["from"]["kind"]), (&json!("2d"), &json!("file")));
    assert!(keep_old["from"]["at"].as_str().is_some_and(|at| at.ends_with("rotate.toml:1")), "{keep_old}");
    assert_eq!(setting(&before, "deadline")["from"], json!({ "kind": "default", "key": "deadline" }), "the image's label is no policy");
    assert_eq!(setting(&before, "oneshot")["from"], json!({ "kind": "default" }), "only a label says it");
    assert_eq!(before["labels_ignored"], json!(["rotate.deadline"]));
    assert_eq!(before["labels_not_followed"], json!(["com.centurylinklabs.watchtower.scope"]));
    assert_eq!(before["gate"]["by"], "HEALTHCHECK");
    assert_eq!((&before["strategy"], &before["differences"]), (&json!("stop-first"), &Value::Null));
    assert!(!s.state_dir().join("rotate.db").exists(), "it reads only");

    let all = "select = \"all\"\n";
    let waits = explain(&s, all);
    assert_eq!((&waits["decision"]["reason"], &waits["selected"]["is_selected"]), (&json!("min_age"), &json!(true)));
    s.rotate(&["now", &web]).exits(0);
    let seen = explain(&s, all);
    assert!(seen["registry"]["first_seen_at"].is_string() && seen["registry"]["usable_from"].is_string(), "{seen}");
    s.rotate(&["hold", &web, "--reason", "because"]).exits(0);
    let held = explain(&s, all);
    assert_eq!((&held["decision"]["reason"], &held["status"]["hold"]["reason"]), (&json!("on_hold"), &json!("because")));
    let text = s.rotate(&["explain", &web]).exits(0).stdout;
    for line in ["decision  on hold: because\n", "min_age  3d (label rotate.min_age)\n", "gate  HEALTHCHECK: well for 2 s, within "] {
        assert!(text.contains(line), "no «{line}» in {text}");
    }
    assert_eq!(look(&s, &web), old);
    let outcome = s.rotate(&["explain", "no-such-container"]).exits(2);
    assert!(outcome.stderr.contains("there is no container named `no-such-container`"), "{outcome}");
}

#[test]
fn the_predicted_difference_is_what_a_rotation_then_finds() {
    let s = scratch("predict");
    s.push_with("web", "nohealth:v1", r#"{"Labels": {"flavour": "plain"}, "Volumes": null}"#);
    s.run("web", &["-e", "KEPT=1", "--label", "mine=1"]);
    let web = s.name("web");
    let newer = s.push_with("web", "nohealth:v2", r#"{"Labels": {"flavour": "sweet"}, "Env": ["ADDED=1"], "Volumes": {"/new": {}}}"#);
    assert_eq!(explain(&s, FAST)["differences"], Value::Null, "the new image is not here");
    s.host.docker(&["pull", "-q", &format!("{}@{newer}", s.image("web").trim_end_matches(":latest"))]);
    let explanation = explain(&s, FAST);
    let predicted: Vec<&str> =
        explanation["differences"].as_array().expect("a list").iter().filter_map(|difference| difference["path"].as_str()).collect();
    assert!(explanation["differences"].as_array().is_some_and(|all| all.iter().all(|d| d["explained_by"].is_string())), "{explanation}");
    let outcome = now(&s, &["web"], &["--dry-run", "--json"]).exits(0);
    let found = super::entry(&outcome, &web)["differences"].clone();
    let found: Vec<&str> = found.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(predicted.contains(&"Config.Labels.flavour") && predicted.contains(&"Config.Env.ADDED"), "{predicted:?}");
    for path in &predicted {
        assert!(found.iter().any(|line| line.starts_with(path)), "predicted {path}, not found in {found:?}");
    }
    let is_of_the_image = |line: &&&str| line.contains("(the new image") || line.contains("a volume that the new image declares");
    // Podman has the volume there as well, by a name that is not known before.
    let is_by_its_name = |line: &&&str| s.host.has_podman() && line.starts_with("HostConfig.Binds[/new]");
    for line in found.iter().filter(is_of_the_image).filter(|line| !is_by_its_name(line)) {
        assert!(predicted.iter().any(|path| line.starts_with(path)), "found {line}, not predicted in {predicted:?}");
    }
    let text = s.rotate(&["explain", &web]).exits(0).stdout;
    assert!(text.contains("would differ  Config.Labels.flavour: \"plain\" became \"sweet\" (the new image's default)"), "{text}");
}
