//! Images that lack what others have, or have more of it: no shell, no HEALTHCHECK, no PATH, a hundred variables. (Another platform: `platform.rs`; sick ones: `gate.rs`.)

use serde_json::{Value, json};

use super::{FAST, entry, leftovers, look, now, scratch, tagged};

#[test]
fn an_image_with_no_shell_and_no_healthcheck_is_rotated() {
    let s = scratch("no-shell");
    s.push("web", "static:v1");
    s.run("web", &["-p", "80"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "static:v2");
    now(&s, &["web"], &[]).exits(0);
    let new = look(&s, &s.name("web"));
    assert!(new.is_running && new.id != old.id);
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v2"));
}

#[test]
fn a_check_that_needs_a_shell_rolls_an_image_without_one_back() {
    let s = scratch("no-shell-check");
    s.push("web", "nohealth:v1");
    s.run("web", &["-p", "80", "--health-cmd", "test -f /www/index.html", "--health-interval", "500ms", "--health-retries", "2"]);
    let old = look(&s, &s.name("web"));
    s.push("web", "static:v2");
    let outcome = now(&s, &["web"], &["--json"]).exits(1);
    let said = entry(&outcome, &s.name("web"));
    assert_eq!((&said["verdict"], &said["reason"]), (&"rolled_back".into(), &"gate_failed".into()), "{said}");
    assert_eq!(look(&s, &s.name("web")), old);
    assert_eq!(leftovers(&s), Vec::<String>::new());
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v1"));
}

#[test]
fn an_image_that_lost_its_healthcheck_is_proved_by_running() {
    let s = scratch("lost-check");
    s.push("web", "ok:v1");
    s.run("web", &[]);
    s.push("web", "nohealth:v2");
    let outcome = s.agent().config("min_healthy = \"2s\"\n").run(&["now", &s.name("web"), "--json"]).exits(0);
    let said = entry(&outcome, &s.name("web"));
    assert!(said["took_seconds"].as_f64().is_some_and(|took| took >= 2.0), "it had to be well for 2 s: {said}");
    let web = s.host.inspect(&s.name("web"));
    assert_eq!((&web["Image"], &web["State"]["Running"]), (&tagged(&s, "web").into(), &true.into()));
    assert_eq!(web["Config"]["Healthcheck"], Value::Null, "nothing of the old image's check is left");
}

/// Variables `PREFIX_0` to `PREFIX_{count - 1}` with values that only look like syntax.
fn variables(prefix: &str, count: usize) -> Vec<String> {
    let odd = ["plain", "two words", "a=b=c", "\"quoted\" and 'single'", "über 値 🚀", "line\nbreak", "$HOME ${X} `id` \\", ""];
    (0..count).map(|n| format!("{prefix}_{n}={}", odd[n % odd.len()])).collect()
}

fn environment(container: &Value) -> Vec<String> {
    let all = container["Config"]["Env"].as_array().cloned().unwrap_or_default();
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn three_hundred_variables_arrive_each_from_where_it_belongs() {
    let s = scratch("variables");
    let image = |prefix: &str| {
        let mut all = variables(prefix, 150);
        all.push("PATH=/bin".to_owned());
        json!({ "Env": all }).to_string()
    };
    s.push_with("web", "nohealth:v1", &image("OLD"));
    let own = variables("MINE", 150);
    let options: Vec<&str> = own.iter().flat_map(|variable| ["-e", variable.as_str()]).collect();
    s.run("web", &options);
    s.push_with("web", "nohealth:v2", &image("NEW"));
    s.agent().config(FAST).run(&["now", &s.name("web")]).exits(0);
    let found = environment(&s.host.inspect(&s.name("web")));
    assert!(own.iter().all(|variable| found.contains(variable)), "mine stay: {found:#?}");
    assert!(variables("NEW", 150).iter().all(|variable| found.contains(variable)), "the new image's come: {found:#?}");
    // Podman's own: `container`, HOME and HOSTNAME; TERM as well on 4.3.
    let of_the_engine = match s.host.engine() {
        engine if engine.starts_with("podman-4.3") => 4,
        engine => {
            if engine.starts_with("podman") {
                3
            } else {
                0
            }
        }
    };
    assert_eq!(found.len(), 301 + of_the_engine, "and nothing else: {found:#?}");
}

/// Docker gives a container of such an image a `PATH` at each start and shows none; Podman one of its own at its creation, and shows it.
#[test]
fn an_image_that_says_no_path_is_rotated_to_and_so_is_one_that_says_it_again() {
    let s = scratch("no-path");
    let own = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let image = |path: Option<&str>| json!({ "Env": path.into_iter().collect::<Vec<_>>() }).to_string();
    s.push_with("web", "nohealth:v1", &image(Some("PATH=/bin")));
    s.run("web", &["-e", "MINE=1"]);
    for (n, says) in [None, Some("PATH=/bin:/new"), None, Some(own), None, Some("PATH=/bin")].into_iter().enumerate() {
        s.push_with("web", &format!("nohealth:{n}"), &image(says));
        let outcome = now(&s, &["web"], &["--json"]).exits(0);
        assert_eq!(entry(&outcome, &s.name("web"))["verdict"], "rotated", "{n}: {outcome}");
        let found = environment(&s.host.inspect(&s.name("web")));
        let shown = found.iter().map(String::as_str).find(|variable| variable.starts_with("PATH="));
        assert_eq!(shown, says.or(s.host.has_podman().then_some(own)), "{n}: {found:?}");
    }
}

/// A layer that a stopped container uses while its image is gone: containerd's store keeps the layer and not its download, so that an image with this layer
/// is, at times, pulled without it, can be started, and is shown without settings and layers (Docker 28.5; other engines show it).
#[test]
fn an_image_that_the_engine_cannot_show_is_neither_replaced_nor_rotated_to() {
    let s = scratch("blank");
    let text = format!("nohealth:{}", s.name("text"));
    s.push("new", "nohealth:v1");
    s.run("new", &[]); // from here on its image keeps the layers that all have
    s.push("keeper", &text);
    s.run("keeper", &[]);
    s.host.docker(&["stop", &s.name("keeper")]); // an engine gives up no image of a container that runs
    s.host.docker(&["image", "rm", "-f", &look(&s, &s.name("keeper")).image]);
    s.push("old", &text);
    s.run("old", &[]);
    // Whether the engine skips the download is up to the moment.
    let is_blank = s.host.docker(&["image", "inspect", "-f", "{{json .RootFS.Layers}}", &s.image("old")]).trim() == "null";
    assert!(!is_blank || s.host.engine().ends_with("28.5-containerd"));
    for (name, to) in [("old", "nohealth:v2"), ("new", text.as_str())] {
        let before = look(&s, &s.name(name));
        s.push(name, to);
        let told = entry(&now(&s, &[name], &["--json"]), &s.name(name));
        if is_blank {
            assert_eq!(told["reason"], if name == "old" { "image_blank" } else { "create_refused" }, "{told}");
            assert!(told["message"].as_str().is_some_and(|message| message.contains("shows nothing of")), "{told}");
            assert_eq!(look(&s, &s.name(name)), before, "{told}");
        } else {
            assert_eq!(told["verdict"], "rotated", "{told}");
        }
    }
}
