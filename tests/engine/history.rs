//! `rotate history`: what was rotated when, and how it went.

use super::{now, scratch};

#[test]
fn history_tells_each_rotation_newest_first_with_digests_outcome_and_steps() {
    let s = scratch("history");
    let first = s.push("web", "ok:v1");
    s.run("web", &[]);
    let web = s.name("web");
    assert_eq!(s.rotate(&["history"]).exits(0).stdout, "");
    let good = s.push("web", "ok:v2");
    now(&s, &["web"], &[]).exits(0);
    let sick = s.push("web", "sick:v3");
    now(&s, &["web"], &[]).exits(1);
    s.push("web", "ok:v4");
    now(&s, &["web"], &["--dry-run"]).exits(0);

    let all = s.rotate(&["history", &web, "--json"]).exits(0).json();
    let all = all["rotations"].as_array().expect("a list").clone();
    let told: Vec<_> = all.iter().map(|r| [&r["verdict"], &r["from_digest"], &r["to_digest"]].map(|v| v.as_str().unwrap_or(""))).collect();
    assert_eq!(told, [["rolled_back", &good, &sick], ["rotated", &first, &good]], "a dry run is no rotation");
    assert_eq!(all[0]["reason"], "gate_failed");
    let steps = |n: usize| {
        let steps = all[n]["steps"].as_array().expect("a list").iter().map(|step| step["step"].as_str().unwrap_or("").to_owned());
        steps.collect::<Vec<_>>().join(" ")
    };
    let forward = "pin pull move_tag create stop_old disarm_old rename_old rename_new start_new started";
    // A container without a restart policy has none to take away.
    let forward = forward.replace("disarm_old ", "");
    assert_eq!(steps(1), format!("{forward} proved"));
    assert!(steps(0).starts_with(&format!("{forward} turned_back")) && steps(0).ends_with("closed"), "{}", steps(0));
    for rotation in &all {
        let seconds = |key: &str| rotation[key].as_f64().unwrap_or(-1.0);
        assert!(seconds("down_time_seconds") > 0.0 && seconds("took_seconds") > seconds("down_time_seconds"), "{rotation}");
        assert!(rotation["began_at"].as_str() < rotation["ended_at"].as_str(), "{rotation}");
    }
    assert!(all[1]["kept_until"].is_string() && all[0]["kept_until"].is_null(), "{all:?}");

    let text = s.rotate(&["history"]).exits(0).stdout;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("rolled back: the new container turned unhealthy"), "{text}");
    assert!(lines[1].contains(&format!("{}  {}  rotated in ", &first[..19], &good[..19])), "{text}");
    assert_eq!(s.rotate(&["history", "--limit", "1"]).exits(0).stdout.lines().count(), 1);
    let steps = s.rotate(&["history", &web, "--limit", "1"]).exits(0).stdout;
    assert!(steps.contains("  stop old\n") && steps.contains("  turned back\n"), "{steps}");
    s.agent().engine_flag("unix:///nonexistent").run(&["history"]).exits(0);
}

#[test]
fn history_outlives_the_container_and_a_name_without_any_is_said() {
    let s = scratch("gone");
    s.push("web", "nohealth:v1");
    s.run("web", &[]);
    let web = s.name("web");
    s.push("web", "nohealth:v2");
    now(&s, &["web"], &[]).exits(0);
    s.host.docker(&["rm", "-f", &web]);
    assert!(s.rotate(&["history", &web]).exits(0).stdout.contains("rotated in"));
    let none = s.rotate(&["history", "web-without"]).exits(0);
    assert!(none.stdout.is_empty() && none.stderr.contains("no rotation of `web-without` is recorded"), "{none}");
}
