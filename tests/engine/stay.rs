//! `rotate.on_failure=stay`: a successor that has run is not left for its predecessor without a person.

use serde_json::Value;

use super::{FAST, entry, leftovers, look, scratch};
use crate::lab::Scratch;

const STAY: &[&str] = &["--restart", "unless-stopped", "--label", "rotate.on_failure=stay"];

fn failed(s: &Scratch, variant: &str, options: &[&str]) -> String {
    s.push("web", "nohealth:v1");
    let old = s.run("web", options);
    s.push("web", variant);
    old
}

#[test]
fn a_successor_that_fails_stays_under_its_name_with_its_policy_and_a_person_can_go_back() {
    let s = scratch("stay");
    let old = failed(&s, "sick:v2", STAY);
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(1);
    let told = entry(&outcome, &s.name("web"));
    assert_eq!((&told["verdict"], &told["reason"]), (&Value::from("stayed"), &Value::from("gate_failed")), "{outcome}");
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id != old && web.policy == "unless-stopped", "{web:?} {outcome}");
    let kept = look(&s, &leftovers(&s)[0]);
    assert!(kept.id == old && !kept.is_running && kept.policy == "no", "{kept:?}");
    assert!(s.rotate(&["status"]).stdout.contains("failed and stayed"));
    let refused = s.rotate(&["refused", "--json"]).exits(0);
    assert!(refused.stdout.contains(&s.name("web")), "{refused}");

    s.rotate(&["rollback", &s.name("web")]).exits(0);
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id == old && web.policy == "unless-stopped", "{web:?}");
    assert_eq!(leftovers(&s), Vec::<String>::new());
}

#[test]
fn the_predecessor_of_one_that_stays_and_is_dead_is_kept_beyond_its_time() {
    let s = scratch("stay-on");
    let old = failed(&s, "crash", &["--label", "rotate.on_failure=stay"]);
    let config = format!("{FAST}keep_old = \"0s\"\n");
    let outcome = s.agent().config(&config).run(&["now", &s.name("web"), "--json"]).exits(1);
    assert_eq!(entry(&outcome, &s.name("web"))["log"], serde_json::json!(["boom"]), "{outcome}");
    s.agent().config(&config).run(&["now", &s.name("web")]).exits(1);
    assert!(leftovers(&s).iter().any(|name| look(&s, name).id == old), "kept while nothing better has proved itself");
}

#[test]
fn a_successor_that_never_ran_does_not_stay() {
    let s = scratch("stay-never");
    let old = failed(&s, "noentry", STAY);
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(1);
    let web = look(&s, &s.name("web"));
    assert!(web.is_running && web.id == old, "it has touched no data: {web:?}");
}
