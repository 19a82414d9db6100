//! A new image with a file of somebody whom the range of a user's own engine (`/etc/subuid`) does not have.

use super::FAST;
use super::clients::{Client, ENABLED, alone, entries};
use super::users_quadlet::lingering;
use super::wants::{ROOTS_ENGINE, lacks};
use crate::lab::Scratch;

/// All that is to stay: which container serves and since when, what is beside it, which images there are under which names.
#[track_caller]
fn picture(s: &Scratch, user: &Client<'_>) -> String {
    let web = "{{.Id}} {{.State.StartedAt}} {{.State.Running}}";
    let images = user.ask(&["images", "-a", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"]);
    let mut images: Vec<&str> = images.lines().collect();
    images.sort_unstable(); // all are of the same moment
    let containers = user.ask(&["ps", "-aq", "--no-trunc"]);
    [&user.ask(&["container", "inspect", "--format", web, &s.name("web")]), &containers, &images.join("\n")].map(String::as_str).join("\n")
}

#[test]
fn an_image_that_needs_more_numbers_than_a_user_has_is_not_pulled_and_the_container_serves_as_before() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = alone("numbers");
    let user = lingering(&s);
    let config = format!("engines = [\"podman:op\"]\n{FAST}");
    let now = |args: &[&str]| s.agent().on_host().config(&config).run(&[&["now"], args].concat());
    s.push("web", "ok:v1");
    user.run("web", ENABLED);
    let (name, before) = (s.name("web"), picture(&s, &user));
    s.push("web", "foreign:v2");
    let outcome = now(&["--json"]).exits(1);
    let document = outcome.json();
    let entry = entries(&document, "containers", &name)[0].1;
    assert_eq!((entry["verdict"].as_str(), entry["reason"].as_str()), (Some("failed"), Some("pull_failed")), "{outcome}");
    let says = |field: &str, words: &str| assert!(entry[field].as_str().is_some_and(|said| said.contains(words)), "«{words}»: {outcome}");
    // The engine's own words say what there is too little of, and where more is given.
    for words in ["the image could not be pulled", "insufficient UIDs or GIDs", "/etc/subuid"] {
        says("message", words);
    }
    says("state", "the container serves as before");
    says("help", "nothing was touched");
    assert_eq!(picture(&s, &user), before, "{outcome}");

    // The digest is not refused: whoever gives the user more numbers need not say so.
    let outcome = now(&[]).exits(1);
    for words in [format!("`{name}` was not rotated"), "/etc/subuid".to_owned(), "nothing was touched".to_owned()] {
        assert!(outcome.stderr.contains(&words), "«{words}»: {outcome}");
    }
    assert_eq!(picture(&s, &user), before, "{outcome}");

    // Nothing else is wrong with that image.
    s.run("web", &[]);
    assert_eq!(s.host.inspect(&name)["State"]["Running"], true);
    s.push("web", "ok:v3");
    let outcome = now(&["--json"]).exits(0);
    assert_eq!(entries(&outcome.json(), "containers", &name)[0].1["verdict"], "rotated", "{outcome}");
}
