//! A container whose file gives it no name: Quadlet calls it after its unit.

use super::quadlet::Quadlet;
use super::wants::{QUADLET, lacks};
use super::{FAST, scratch};

#[test]
fn a_container_that_its_file_gives_no_name_is_rotated_and_goes_back_under_the_name_that_quadlet_gives_it() {
    if lacks(&QUADLET) {
        return;
    }
    let s = scratch("unnamed");
    s.push("web", "ok:v1");
    let web = Quadlet::start_unnamed(&s, "web", "Pull=newer", "Restart=always");
    assert_eq!(web.name, format!("systemd-{}", s.name("web")));
    let old = web.image();
    let now = || s.agent().on_host().config(FAST).run(&["now", &web.name, "--json"]);
    s.push("web", "ok:v2");
    let outcome = now().exits(0);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    let new = web.image();
    assert!(new != old && web.tagged() == new, "{outcome}");
    web.is_up_with(&new);

    s.push("web", "sick:v3");
    let outcome = now().exits(1);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rolled_back", "{outcome}");
    web.is_up_with(&new);
    // Beside the file, which has another name than the container.
    assert!(web.drop_in().is_some_and(|text| text.contains("Pull=never")) && web.is_untouched(), "{outcome}");
    web.systemctl(&["restart", &web.unit()]);
    web.is_up_with(&new);
}
