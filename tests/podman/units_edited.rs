//! What a person writes into a unit's own file while a drop-in of ours lies beside it.

use super::FAST;
use super::quadlet::Quadlet;
use super::wants::{QUADLET, lacks};
use crate::lab::{Host, Scratch};

/// The image that a tag points to on the engine.
#[track_caller]
fn tagged(s: &Scratch, name: &str) -> String {
    format!("sha256:{}", s.host.docker(&["image", "inspect", "--format", "{{.Id}}", &s.image(name)]))
}

#[test]
fn a_drop_in_gives_way_to_another_image_that_a_person_writes_into_the_units_own_file() {
    if lacks(&QUADLET) {
        return;
    }
    // Any other agent on the host would tidy up a drop-in of which its own store knows nothing.
    let s = Scratch::alone(Host::shared(), "edit");
    let agent = || s.agent().on_host().config(FAST);
    s.push("other", "ok:v1");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=always");
    s.push("web", "sick:v2");
    agent().run(&["now", &web.name]).exits(1);
    let id = web.id();
    // The same image still: nothing is edited.
    agent().run(&["now", &web.name]).exits(0);
    assert!(web.drop_in().is_some());
    web.ask_for(&s.image("other"));
    let status = agent().run(&["status", "--json"]).exits(0).json();
    let all = status["containers"].as_array().cloned().unwrap_or_default();
    let row = all.iter().find(|row| row["name"] == web.name.as_str()).cloned().unwrap_or_default();
    assert!(row["note"].as_str().is_some_and(|note| note.contains(&s.image("other"))), "{row}");
    let outcome = agent().run(&["now", &web.name]).exits(0);
    assert!(web.drop_in().is_none(), "{outcome}");
    assert!(outcome.stderr.contains(&format!("restart {}", web.unit())), "{outcome}");
    assert_eq!(web.id(), id, "the restart is the person's: {outcome}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&tagged(&s, "other"));
}

#[test]
fn a_drop_in_that_has_kept_a_unit_from_the_image_that_a_person_wrote_into_its_file_goes_though_there_is_no_container() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "editfails");
    let agent = || s.agent().on_host().config(FAST);
    s.push("other", "ok:v1");
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=no");
    s.push("web", "sick:v2");
    agent().run(&["now", &web.name]).exits(1);
    web.ask_for(&s.image("other"));
    // Nobody may pull it.
    assert!(s.host.try_systemctl(&["restart", &web.unit()]).is_err());
    assert!(s.host.try_inspect(&web.name).is_none());
    let outcome = agent().run(&["now"]);
    assert!(web.drop_in().is_none(), "{outcome}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&tagged(&s, "other"));
}

#[test]
fn a_drop_in_goes_with_the_file_of_its_unit_but_not_while_quadlet_only_cannot_read_that() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "gone");
    let agent = || s.agent().on_host().config(FAST);
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", "Restart=no");
    s.push("web", "sick:v2");
    agent().run(&["now", &web.name]).exits(1);
    web.systemctl(&["stop", &web.unit()]);
    web.write("[Container]\nNoSuchKey=1\n");
    web.systemctl(&["daemon-reload"]);
    assert_eq!(web.property("LoadState"), "not-found");
    let outcome = agent().run(&["now"]);
    assert!(web.drop_in().is_some(), "{outcome}");
    web.take_away();
    let outcome = agent().run(&["now"]);
    assert!(!web.has_folder(), "{outcome}");
    let outcome = agent().run(&["now"]);
    assert!(!outcome.stderr.contains(&web.unit()), "nothing is left to be told: {outcome}");
}

#[test]
fn a_unit_that_is_kept_on_an_image_is_let_go_when_its_own_file_asks_for_another_one() {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "editstays");
    let agent = || s.agent().on_host().config(FAST);
    for name in ["other", "web"] {
        s.push(name, "nohealth:v1");
    }
    let web = Quadlet::start(&s, "web", "Label=io.containers.autoupdate=local", "Restart=always");
    let old = web.image();
    s.push("web", "crash");
    s.host.docker(&["pull", "-q", &s.image("web")]);
    agent().run(&["now", &web.name]).exits(1);
    let ours = format!("localhost/rotate/unit:{}", web.name);
    assert!(web.drop_in().is_some_and(|text| text.contains(&format!("Image={ours}"))));
    web.ask_for(&s.image("other"));
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&old);
    let id = web.id();
    let outcome = agent().run(&["now", &web.name]).exits(0);
    assert!(web.drop_in().is_none() && web.id() == id, "the restart is the person's: {outcome}");
    let status = agent().run(&["status"]);
    assert!(status.stdout.contains("nothing keeps its unit"), "{status}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&tagged(&s, "other"));
    // Nothing needs that name of the old image any more.
    let has_tag = || !s.host.docker(&["images", "-q", "--filter", &format!("reference={ours}")]).is_empty();
    assert!(has_tag());
    let outcome = agent().run(&["now", &web.name]).exits(0);
    assert!(!has_tag(), "{outcome}");
}
