//! The host's power cut in the middle of a unit's rotation: the boot starts the unit with what its tag points to, and the next run ends what was begun.

use super::FAST;
use super::quadlet::{LONG, Quadlet};
use super::units_cut::killed_at_the_restart;
use super::wants::{QUADLET, lacks};
use crate::lab::{Action, Fault, FaultProxy, Host, Scratch, wait_for};

/// Started by each boot, whoever's it is: a user's systemd has no `multi-user.target`.
const AT_BOOT: &str = "Restart=always\n[Install]\nWantedBy=multi-user.target default.target";

/// Names of this test's containers: of those that run, or with `-a` of all.
fn names(s: &Scratch, which: &[&str]) -> Vec<String> {
    let ours = format!("name=^{}", s.name(""));
    let said = s.host.docker(&[&["ps", "--format", "{{.Names}}", "--filter", &ours], which].concat());
    said.lines().map(str::to_owned).collect()
}

/// The agent dies with its host, at the restart that it asks for: before systemd hears of it, or after.
fn heals(when: &str, variant: &str) {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), &format!("power cut {when} the restart, {variant}"));
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "", AT_BOOT);
    let old = web.image();
    s.push("web", variant);
    killed_at_the_restart(&s, &web, when);
    s.host.cut_power();
    s.host.boot();
    let found = wait_for("the boot starts the unit", LONG, || {
        let is_active = web.property("ActiveState") == "active";
        s.host.try_inspect(&web.name).filter(|found| is_active && found["State"]["Running"] == true)
    });
    let new = found["Image"].as_str().unwrap_or_default().to_owned();
    assert!(new != old && web.tagged() == new, "the tag moves before the restart, and says what each start brings");
    assert_eq!(names(&s, &[]), [web.name.as_str()]);

    let now = || s.agent().config(FAST).run(&["now", &web.name, "--json"]);
    let outcome = now();
    let is_good = variant.starts_with("ok:");
    let (verdict, rests, serves) = if is_good { ("rotated", "up_to_date", &new) } else { ("rolled_back", "refused", &old) };
    assert_eq!(outcome.json()["containers"][0]["verdict"], verdict, "{outcome}");
    web.is_up_with(serves);
    assert_eq!(web.tagged(), *serves, "{outcome}");

    let id = web.id();
    let again = now().exits(0);
    assert_eq!(again.json()["containers"][0]["reason"], rests, "{again}");
    assert_eq!(web.id(), id, "{again}");
    assert_eq!(names(&s, &["-a"]), [web.name.as_str()], "{outcome}");
    assert!(web.drop_in().is_none() && web.is_untouched(), "{outcome}");
    // What is kept for the way back, and nothing else: a refused image goes.
    let image = |id: &str| s.host.api("GET", &format!("/images/{id}/json"));
    let pins = image(&old).1["RepoTags"].to_string().matches("localhost/rotate/keep:").count();
    assert_eq!(
        (pins, image(&new).0 == 200),
        (usize::from(is_good), is_good),
        "pins of the old image, and whether the new one is there: {outcome}"
    );
}

#[test]
fn power_cut_before_the_restart_the_boot_brings_the_new_image_and_the_next_run_proves_it() {
    heals("before", "ok:v2");
}

#[test]
fn power_cut_after_the_restart_the_boot_brings_the_new_image_and_the_next_run_proves_it() {
    heals("after", "ok:v2");
}

#[test]
fn power_cut_before_the_restart_with_a_sick_image_the_next_run_goes_back() {
    heals("before", "sick:v2");
}

#[test]
fn power_cut_after_the_restart_with_a_sick_image_the_next_run_goes_back() {
    heals("after", "sick:v2");
}

/// The agent dies with its host once it has pinned and pulled: nothing of it keeps the unit from pulling yet, and the boot does so.
fn proves_what_the_boot_pulled(variant: &str) {
    if lacks(&QUADLET) {
        return;
    }
    let s = Scratch::alone(Host::shared(), &format!("power cut after the pull of a unit that pulls, {variant}"));
    s.push("web", "ok:v1");
    let web = Quadlet::start(&s, "web", "Pull=newer", AT_BOOT);
    let old = web.image();
    s.push("web", variant);
    let proxy = || FaultProxy::start_on(s.host, &format!("{}/proxy", s.host_dir()));
    let now = |proxy: &FaultProxy| {
        s.host.wake();
        s.agent().on_host_through(proxy).config(FAST).spawn(&["now", &web.name, "--json"]).wait(LONG)
    };
    let cut = proxy();
    cut.at(2, Fault::After(Action::Kill));
    assert!(now(&cut).was_killed(), "{:?}", cut.calls());
    assert!(cut.calls()[1].contains("/images/create?") && web.tagged() == old, "{:?}", cut.calls());
    drop(cut);
    s.host.cut_power();
    s.host.boot();
    let new = wait_for("the boot brings the new image", LONG, || {
        let found = s.host.try_inspect(&web.name).filter(|found| found["State"]["Running"] == true)?;
        found["Image"].as_str().filter(|image| *image != old).map(str::to_owned)
    });
    assert_eq!(web.tagged(), new);

    let proxy = proxy();
    let outcome = now(&proxy);
    let is_good = variant.starts_with("ok:");
    let (verdict, rests, serves) = if is_good { ("rotated", "up_to_date", &new) } else { ("rolled_back", "refused", &old) };
    assert_eq!(outcome.json()["containers"][0]["verdict"], verdict, "{outcome}");
    web.is_up_with(serves);
    assert_eq!((web.tagged(), web.drop_in().is_some(), web.is_untouched()), (serves.clone(), !is_good, true), "{outcome}");
    let (id, calls) = (web.id(), proxy.count());
    let again = now(&proxy).exits(0);
    assert_eq!(again.json()["containers"][0]["reason"], rests, "{again}");
    assert_eq!((web.id(), proxy.count()), (id.clone(), calls), "{again}");
    if is_good {
        return;
    }
    // The registry has still what was refused.
    drop(proxy);
    s.host.cut_power();
    s.host.boot();
    wait_for("the boot starts the unit", LONG, || s.host.try_inspect(&web.name).filter(|found| found["Id"] != id.as_str()));
    web.is_up_with(&old);
    assert!(web.tagged() == old && web.drop_in().is_some() && web.is_untouched(), "{:?}", web.drop_in());
}

#[test]
fn power_cut_after_the_pull_what_the_unit_s_own_pull_brings_at_boot_is_proved_by_the_next_run() {
    proves_what_the_boot_pulled("ok:v2");
}

#[test]
fn power_cut_after_the_pull_a_sick_image_that_the_unit_s_own_pull_brings_at_boot_goes_back_and_no_further_boot_brings_it() {
    proves_what_the_boot_pulled("sick:v2");
}
