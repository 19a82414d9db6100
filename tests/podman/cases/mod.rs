//! What the tests of `podman auto-update` (and their neighbours) promise, kept by `rotate`, and nine situations that they leave out.
//! Of each case: where it is asked, or why it is no question here; where another answer is meant, `docs/podman.md` says why. `engine::` are tests of `tests/engine`; of these run on Podman what `podman_heart` in
//! `tests/run` lists, and the others are marked «Docker only».
//!
//! | case | asked in |
//! | --- | --- |
//! | 1 nothing is labelled | `labels`: where_nothing_is_labelled… |
//! | 2 a short name | Podman refuses its own label, and without that: `names`: a_name_without_a_registry…, an_image_is_asked_for_where_registries_conf… |
//! | 3 another transport | Podman refuses its own label; `hands`: a_container_made_from_an_archive… |
//! | 4 a dry run | the plan: `labels`: the_autoupdate_key…_a_dry_run_touches_nothing; `engine::rotation`: a_dry_run…; there is no event of ours |
//! | 5 a newer image | `units`: a_quadlet_container_is_updated… |
//! | 6 a unit that requires it | `ready`: a_unit_that_requires…; `units`: units_that_depend_on_it… |
//! | 7 what cannot be executed | `units`: an_image_that_exits_or_cannot_be_run… |
//! | 8, 9, 12 off, a wrong value, seven at once | `labels`: of_seven_containers…; a wrong value is a reason to hold and no failure |
//! | 10 `local` | `labels`: a_container_that_follows_the_engines_own_tag…, a_unit_that_follows…, of_seven_containers… |
//! | 11 exits before it is ready | `ready`: a_unit_whose_container_says_itself… |
//! | 13 from a timer | `hands`: from_a_timer… |
//! | 14, 15 `.kube`, `.pod` | `units_played`: two_containers_of_a_kube_file…, an_image_beside_which…, what_a_restart_of_a_kube_unit…; `units_pods`: a_member_of_a_quadlet_pod…, the_last_member…; other pods: `pods` |
//! | 16 certificates and passwords | `hands`: a_registry_that_wants_a_password…, a_file_of_credentials_that_a_label_names…; `users_login`; `certificates`; `engine::certificates`, Docker only; there is no flag |
//! | 17 `generate systemd --new` | `labels`: a_unit_of_generate_systemd_that_follows…; `units_kinds`: a_unit_of_generate_systemd… |
//! | 18 a health action under a unit | `ready`: a_container_that_its_health_action_kills…; `units`: a_health_action… |
//! | 19 templates, secrets, mounts | `keeps`: labels_variables_secrets…, an_instance_of_a_template…; `numbers`: a_unit_s_container_has_the_user_namespace… |
//! | 20 pods, `.kube`, drop-ins, exit codes | `units_pods`: a_member_of_a_quadlet_pod…; `units_kube`, `units_played`; `keeps`: a_drop_in_of_the_user_s… (two), the_exit_code… |
//! | 21 waiting for health | the gate: `engine::gate`, a_slow_image…, an_image_that_never_turns_healthy… |
//! | 22 health actions, timers | `units`: a_health_action…; `health`: a_health_action_that_kills_stops_or_restarts…, a_container_that_is_being_checked…, the_timers_of… (two) |
//! | 23 sdnotify | `ready`: what_a_container_without_a_unit…, a_unit_whose_container_says_itself…; `units`: a_unit_that_waits_for_health… |
//! | | no start waits for a pull: `ready`: a_pull_that_takes_longer…; `engine::rotation`, all_pulls_come_before… |
//! | 24 the engine's service ends | `hands`: containers_and_their_rotation_survive… |
//! | 25 rename | `hands`: a_container_with_a_session_in_it…, names_of_every_character…; `pods` |
//! | 26 clone | `fidelity`, `api`, `pods`; limits of memory and processors where the machine has controllers for them |
//! | 27 dependents, infra | `ownership`; `pods`: members_that_cannot_be_replaced… |
//! | 28 `AutoUpdate=` | `labels`: the_autoupdate_key…; of a `.kube` file: `units_played`: two_containers_of_a_kube_file… |
//! | 29 a good image is told as good | `ready`: a_good_image_is_never_told… |
//! | 30 removed meanwhile | `hands`: a_container_that_is_removed_while…; other hands in the middle: `engine::disturbed` |
//!
//! | left out by them | asked in |
//! | --- | --- |
//! | unhealthy after the start | `units`: a_sick_image_goes_back… |
//! | dies after it was ready | `ready`: an_image_that_dies_a_second… |
//! | two units with one bad image | `units_kinds`: a_tag_does_not_move…; in one run `units_shared`: an_image_that_is_sick_in_one_unit… |
//! | back under `Pull=newer` | `units`: what_was_refused_does_not_come_back…, a_unit_that_pulls_and_that_a_person_took_back… |
//! | the start limit on the way back | `units`: an_image_that_exits_or_cannot_be_run… |
//! | the run after that | `units`: a_sick_image_goes_back… |
//! | killed in the middle | `units_cut`; by a power cut: `units_power` |
//! | `--rm` without a unit | held: `ownership` |
//! | several users | `engines`: one_daemon_serves…, containers_of_two_users…; asked for at once: `at_once` |
//!
//! What a version cannot do is in `versions`. Quadlet is there from 4.4 on, drop-ins from 5.0.
mod hands;
mod keeps;
mod labels;
mod ready;
mod versions;

use serde_json::Value;

use super::FAST;
use super::quadlet::LONG;
use crate::lab::{Outcome, Scratch, wait_for};

/// Longer than the second after which these images give up.
const PATIENT: &str = "min_healthy = \"4s\"\ndeadline = \"30s\"\n";

/// `rotate now` of these, or of all that is selected, on the engine's host by the engine's user.
#[track_caller]
fn now(s: &Scratch, names: &[&str]) -> Outcome {
    let names: Vec<String> = names.iter().map(|name| s.name(name)).collect();
    let mut args = vec!["now", "--json"];
    args.extend(names.iter().map(String::as_str));
    asked(s, FAST, &args)
}

#[track_caller]
fn asked(s: &Scratch, config: &str, args: &[&str]) -> Outcome {
    answered(|| s.agent().on_host_as_owner().config(config).run(args))
}

/// Asks again where the engine's service did not start in the time that it is waited for: nothing was touched then, and other work loads the machine.
#[track_caller]
fn answered(run: impl Fn() -> Outcome) -> Outcome {
    wait_for("the engine says who it is", LONG, || Some(run()).filter(|outcome| outcome.status != Some(69)))
}

/// What such a document says of one container, in the list of those that were rotated or of those that were not.
#[track_caller]
fn entry(s: &Scratch, document: &Value, name: &str) -> Value {
    let lists = ["containers", "rotations", "skipped"].iter().filter_map(|list| document[list].as_array());
    let found = lists.flatten().find(|entry| entry["name"] == s.name(name).as_str());
    found.unwrap_or_else(|| panic!("nothing is said of {name}: {document}")).clone()
}

/// The one word for what became of it, or for why nothing did.
#[track_caller]
fn told(s: &Scratch, document: &Value, name: &str) -> String {
    let entry = entry(s, document, name);
    let word = entry["reason"].as_str().or(entry["verdict"].as_str());
    word.unwrap_or_else(|| panic!("neither verdict nor reason: {entry}")).to_owned()
}
