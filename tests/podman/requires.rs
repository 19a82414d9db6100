//! Containers that require others (`podman run --requires`): Podman keeps those by their ids and starts them first. Both are made anew together, and go back
//! together.

use std::time::Duration;

use serde_json::{Value, json};

use super::wants::{KNOWS_WHO, lacks, policy};
use super::{FAST, described, scratch};
use crate::lab::{Action, Fault, FaultProxy, Outcome, Scratch, policy_of, wait_for};

/// `db`, `web` which requires it, and `front` which requires `web`; each of an image of its own, with a volume.
#[track_caller]
fn three(s: &Scratch, options: &[&str]) {
    for (name, requires) in [("db", None), ("web", Some("db")), ("front", Some("web"))] {
        s.push(name, "ok:v1");
        let required = requires.map(|name| s.name(name)).unwrap_or_default();
        let requires = if required.is_empty() { vec![] } else { vec!["--requires", required.as_str()] };
        s.run(name, &[&requires[..], &["-v", "/data"], options].concat());
    }
}

const ALL: [&str; 3] = ["db", "web", "front"];

#[track_caller]
fn ids(s: &Scratch) -> Vec<Value> {
    ALL.map(|name| described(s, name)["Id"].clone()).to_vec()
}

/// All of the test's containers, and that those with a name run and each requires the one that has the other's name.
#[track_caller]
fn are_well(s: &Scratch, context: &dyn std::fmt::Display) {
    for (name, requires) in [("web", "db"), ("front", "web")] {
        assert_eq!(described(s, name)["Dependencies"], json!([described(s, requires)["Id"]]), "{context}");
    }
    let listed = s.host.docker(&["ps", "-a", "--filter", &format!("name={}", s.name("")), "--format", "{{.Names}} {{.State}}"]);
    let mut all: Vec<&str> = listed.lines().filter_map(|line| line.split_once(' ').map(|(name, _)| name)).collect();
    all.sort_unstable();
    assert_eq!(all, ["db", "front", "web"].map(|name| s.name(name)), "{context}");
    ALL.iter().for_each(|name| assert_eq!(described(s, name)["State"]["Running"], true, "{name}: {context}"));
}

#[track_caller]
fn now(s: &Scratch) -> Outcome {
    s.agent().config(FAST).run(&["now", &s.name("db"), &s.name("web"), &s.name("front")])
}

#[track_caller]
fn plan(s: &Scratch) -> Outcome {
    s.rotate(&["plan", &s.name("db"), &s.name("web"), &s.name("front"), "--json"])
}

fn versions(s: &Scratch) -> [String; 3] {
    let label = |name| described(s, name)["Config"]["Labels"]["org.opencontainers.image.version"].as_str().unwrap_or_default().to_owned();
    ALL.map(label)
}

#[test]
fn what_requires_it_is_made_anew_along_with_it_and_its_image_stays() {
    let s = scratch("requires");
    let restart = policy("always");
    three(&s, &["--restart", restart, "-e", "A=b"]);
    let (before, data) = (ids(&s), described(&s, "web")["Mounts"][0]["Name"].clone());
    s.push("db", "ok:v2");
    let plan = plan(&s).exits(0).json();
    let along = |n: usize| plan["rotations"][0]["along"][n]["name"].clone();
    assert_eq!([along(0), along(1)], [json!(s.name("web")), json!(s.name("front"))], "{plan}");
    let outcome = now(&s).exits(0);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v2", "v1", "v1"], "{outcome}");
    assert!(ids(&s).iter().zip(&before).all(|(after, before)| after != before), "{outcome}");
    let web = described(&s, "web");
    assert_eq!((&web["Mounts"][0]["Name"], policy_of(&web)), (&data, restart), "{outcome}");
    // It can be told of again: nothing of it is held, and the command that made it is as it was.
    s.push("web", "ok:v2");
    s.push("db", "ok:v3");
    let outcome = now(&s).exits(0);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v3", "v2", "v1"], "{outcome}");
    // By the name of any, all of them.
    let outcome = s.agent().config(FAST).run(&["rollback", &s.name("front")]).exits(0);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v2", "v1", "v1"], "{outcome}");
}

#[test]
fn all_go_back_to_what_they_were_if_one_fails_and_only_what_failed_is_refused() {
    let s = scratch("requires-sick");
    three(&s, &[]);
    let before = ids(&s);
    s.push("db", "sick:v2");
    let outcome = now(&s).exits(1);
    are_well(&s, &outcome);
    assert_eq!(ids(&s), before, "the same containers: {outcome}");
    s.push("db", "ok:v2");
    s.push("front", "sick:v2");
    let outcome = now(&s).exits(1);
    assert_eq!(ids(&s), before, "the same containers: {outcome}");
    assert!(outcome.stdout.contains(&format!("`{}`, which requires it", s.name("front"))), "{outcome}");
    // What was well goes on without it.
    let outcome = now(&s).exits(0);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v2", "v1", "v1"], "{outcome}");
}

#[test]
fn one_that_requires_it_and_is_not_to_be_made_anew_holds_it() {
    let s = scratch("requires-held");
    three(&s, &[]);
    let reason = || {
        let plan = plan(&s).exits(0).json();
        let skipped =
            plan["skipped"].as_array().into_iter().flatten().find(|skipped| skipped["name"] == s.name("db")).cloned().unwrap_or_default();
        (skipped["reason"].clone(), skipped["message"].to_string())
    };
    let all = s.rotate(&["plan", &s.name("db"), "--json"]).exits(0).json();
    assert!(all["skipped"][0]["message"].as_str().is_some_and(|message| message.contains("not selected")), "{all}");
    s.push("db", "ok:v2");
    s.rotate(&["hold", &s.name("front"), "--reason", "not today"]).exits(0);
    let (code, message) = reason();
    assert!(code == "required_by" && message.contains("not today"), "{code}: {message}");
    s.rotate(&["release", &s.name("front")]).exits(0);
    s.host.docker(&["stop", "-t", "0", &s.name("front")]);
    let (code, message) = reason();
    assert!(code == "required_by" && message.contains("does not run"), "{code}: {message}");
    s.host.docker(&["start", &s.name("front")]);
    // What it would come with is not what runs.
    let image = s.image("front");
    s.host.docker(&["tag", &s.image("web"), &image]);
    let (code, message) = reason();
    assert!(code == "required_by" && message.contains("points elsewhere"), "{code}: {message}");
}

/// Killed before some of its calls, and the store removed: the names tell that they belong together.
#[test]
fn a_store_that_is_removed_in_the_middle_is_made_up_for_by_the_names_of_all() {
    let mut taken_over = 0;
    for k in (6..).step_by(5) {
        let s = scratch(&format!("requires-lost-{k}"));
        three(&s, &["--restart", policy("unless-stopped")]);
        s.push("db", "ok:v2");
        let proxy = FaultProxy::start(&s.host.socket());
        proxy.at(k, Fault::Before(Action::Kill));
        s.agent().engine(&proxy.socket()).config(FAST).run(&["now", &s.name("db"), &s.name("web"), &s.name("front")]);
        if proxy.done() == 0 {
            assert!(taken_over > 1, "{taken_over} of {k} calls");
            return;
        }
        std::fs::remove_dir_all(s.state_dir()).expect("it was there");
        let outcome = now(&s);
        let context = format!("before call {k}, {:?}\n{outcome}", proxy.calls().last());
        taken_over += usize::from(outcome.stderr.contains("taken over by the names"));
        if !outcome.stderr.contains("which restart policy it had is not known") {
            let policies = ALL.map(|name| policy_of(&described(&s, name)).to_owned());
            assert!(policies.iter().all(|found| found == policy("unless-stopped")), "{policies:?} {context}");
        }
        are_well(&s, &context);
        assert_eq!(versions(&s), ["v2", "v1", "v1"], "{context}");
    }
}

/// It would start the new one beside the old one, by its id.
#[test]
fn what_somebody_made_require_the_new_one_since_keeps_it_from_going_back() {
    let s = scratch("requires-since");
    s.push("db", "ok:v1");
    s.run("db", &[]);
    s.push("db", "ok:v2");
    s.agent().config(FAST).run(&["now", &s.name("db")]).exits(0);
    let new = described(&s, "db")["Id"].clone();
    s.push("web", "ok:v1");
    s.run("web", &["--requires", &s.name("db")]);
    let outcome = s.agent().config(FAST).run(&["rollback", &s.name("db")]);
    assert!(outcome.status == Some(2) && outcome.stderr.contains(&format!("remove `{}`", s.name("web"))), "{outcome}");
    assert_eq!((&described(&s, "db")["Id"], &described(&s, "db")["State"]["Running"]), (&new, &json!(true)), "{outcome}");
    s.host.docker(&["rm", "-f", "-t", "0", &s.name("web")]);
    s.agent().config(FAST).run(&["rollback", &s.name("db")]).exits(0);
    assert_ne!(described(&s, "db")["Id"], new);
}

#[test]
fn a_dry_run_of_all_compares_each_and_leaves_no_trace() {
    let s = scratch("requires-dry");
    three(&s, &[]);
    let tags = || {
        let all = s.host.docker(&["images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]);
        let mut tags: Vec<_> =
            all.lines().filter(|line| line.contains(&s.name("")) && !line.contains("<none>")).map(str::to_owned).collect();
        tags.sort();
        tags
    };
    let before = (ids(&s), tags());
    s.push("db", "ok:v2");
    let names = [s.name("db"), s.name("web"), s.name("front")];
    let args = ["now", "--dry-run", "--json", &names[0], &names[1], &names[2]];
    let outcome = s.agent().config(FAST).run(&args).exits(0);
    let entry = outcome.json()["containers"][0].clone();
    assert_eq!((&entry["name"], &entry["verdict"]), (&json!(names[0]), &json!("dry_run")), "{outcome}");
    assert_eq!([&entry["along"][0]["name"], &entry["along"][1]["name"]], [&json!(names[1]), &json!(names[2])], "{outcome}");
    are_well(&s, &outcome);
    let differences: Vec<&str> = entry["differences"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for name in &names {
        assert!(differences.iter().any(|line| line.starts_with(&format!("{name}: "))), "{name}: {outcome}");
    }
    assert_eq!((ids(&s), tags()), before, "{outcome}");
}

/// The probe of one that goes along is asked as its own labels say.
#[test]
fn each_of_them_has_to_pass_its_own_probe() {
    let s = scratch("requires-probe");
    s.push("db", "ok:v1");
    s.run("db", &[]);
    s.push("web", "nohealth:v1");
    s.run("web", &["--requires", &s.name("db"), "--label", "rotate.health.exec=grep -q v1 /www/index.html"]);
    s.push("front", "ok:v1");
    s.run("front", &["--requires", &s.name("web")]);
    let before = ids(&s);
    s.push("db", "ok:v2");
    s.push("web", "nohealth:v2");
    let outcome = now(&s).exits(1);
    are_well(&s, &outcome);
    assert_eq!(ids(&s), before, "{outcome}");
    let refused = s.rotate(&["refused", "--json"]).exits(0).json();
    let units: Vec<&Value> = refused["refused"].as_array().into_iter().flatten().map(|refused| &refused["unit"]).collect();
    assert_eq!(units, [&json!(s.name("web"))], "{outcome}");
    let outcome = now(&s).exits(0);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v2", "v1", "v1"], "{outcome}");
}

#[test]
fn all_go_back_if_the_first_one_fails_late_and_its_policy_says_so() {
    if lacks(&KNOWS_WHO) {
        return;
    }
    let s = scratch("requires-late");
    three(&s, &["--label", "rotate.on_late_failure=rollback"]);
    s.push("db", "late:30");
    let outcome = now(&s).exits(0);
    are_well(&s, &outcome);
    let new = ids(&s);
    wait_for("the new one exits", Duration::from_secs(90), || (described(&s, "db")["State"]["Running"] == false).then_some(()));
    let outcome = now(&s).exits(1);
    are_well(&s, &outcome);
    assert_eq!(versions(&s), ["v1", "v1", "v1"], "{outcome}");
    assert!(ids(&s).iter().zip(&new).all(|(now, new)| now != new), "made anew: {outcome}");
    let plan = plan(&s).exits(0).json();
    let skipped = plan["skipped"].as_array().into_iter().flatten().find(|skipped| skipped["name"] == s.name("db")).cloned();
    assert_eq!(skipped.map(|skipped| skipped["reason"].clone()), Some(json!("refused")), "{plan}");
}
