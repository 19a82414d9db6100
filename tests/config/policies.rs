//! Labels of one container, over the file.

use std::collections::BTreeMap;
use std::time::Duration;

use rotate::config::{Config, FailurePolicy, Mode, OnLateFailure, Select};
use rotate::policy::{Follows, LABELS, Policy, Selection, policy};

/// Names and values.
pub type Labels<'a> = [(&'a str, &'a str)];

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
}

/// Judges the labels and compares: the policy, or message and help.
pub fn check(config: &Config, labels: &Labels, image_labels: &Labels, expected: Result<Policy, (&str, &str)>) {
    let judged = policy(config, &map(labels), &map(image_labels)).map_err(|error| format!("{error}\n{}", error.help()));
    assert_eq!(judged, expected.map_err(|(message, help)| format!("{message}\n{help}")), "{labels:?} {image_labels:?}");
}

pub fn select(select: Select) -> Config {
    Config { select, ..Config::default() }
}

/// The defaults, selected like this.
pub fn plain(selection: Selection) -> Policy {
    let keep_old = Duration::from_secs(86_400);
    Policy {
        selection,
        mode: Mode::Rotate,
        min_age: Duration::ZERO,
        keep_old,
        min_healthy: None,
        deadline: None,
        oneshot: false,
        on_failure: FailurePolicy::Rollback,
        on_late_failure: OnLateFailure::Report,
        probe: None,
        stop_signal: None,
        ignored: Vec::new(),
        auth_file: None,
        follows: Follows::Registry,
        not_followed: Vec::new(),
    }
}

#[test]
fn label_and_file_select_together() {
    use Selection::{ByLabel, BySelectAll, NotSelected, OptedOut};
    let cases: [(&Labels, Selection, Selection); 4] = [
        (&[], NotSelected, BySelectAll),
        (&[("com.example.rotate.enable", "true"), ("rotate", "true")], NotSelected, BySelectAll),
        (&[("rotate.enable", "true")], ByLabel, ByLabel),
        (&[("rotate.enable", "false")], OptedOut, OptedOut),
    ];
    for (labels, labelled, all) in cases {
        check(&select(Select::Labelled), labels, &[], Ok(plain(labelled)));
        check(&select(Select::All), labels, &[], Ok(plain(all)));
    }
}

#[test]
fn being_named_takes_what_is_not_selected_but_never_what_opted_out() {
    use Selection::{ByLabel, BySelectAll, NotSelected, OptedOut};
    for (selection, unnamed, named) in
        [(ByLabel, true, true), (BySelectAll, true, true), (NotSelected, false, true), (OptedOut, false, false)]
    {
        assert_eq!((selection.takes(false), selection.takes(true)), (unnamed, named), "{selection:?}");
    }
}

#[test]
fn label_beats_the_file() {
    let seconds = Duration::from_secs;
    let config = Config { keep_old: seconds(60), min_healthy: Some(seconds(30)), deadline: Some(seconds(90)), ..Config::default() };
    let file =
        Policy { keep_old: seconds(60), min_healthy: Some(seconds(30)), deadline: Some(seconds(90)), ..plain(Selection::NotSelected) };
    check(&config, &[], &[], Ok(file.clone()));
    check(&config, &[("rotate.keep_old", "0s")], &[], Ok(Policy { keep_old: seconds(0), ..file.clone() }));
    check(&config, &[("rotate.min_healthy", "5s")], &[], Ok(Policy { min_healthy: Some(seconds(5)), ..file.clone() }));
    check(&config, &[("rotate.deadline", "1h")], &[], Ok(Policy { deadline: Some(seconds(3600)), ..file.clone() }));
    check(&config, &[("rotate.oneshot", "true")], &[], Ok(Policy { oneshot: true, ..file.clone() }));
    check(&config, &[("rotate.oneshot", "false")], &[], Ok(file.clone()));
    check(&config, &[("rotate.mode", "watch")], &[], Ok(Policy { mode: Mode::Watch, ..file.clone() }));
    check(&config, &[("rotate.min_age", "3d")], &[], Ok(Policy { min_age: seconds(259_200), ..file.clone() }));
    check(&config, &[("rotate.on_failure", "stay")], &[], Ok(Policy { on_failure: FailurePolicy::Stay, ..file.clone() }));
    check(&config, &[("rotate.on_late_failure", "rollback")], &[], Ok(Policy { on_late_failure: OnLateFailure::Rollback, ..file }));
}

#[test]
fn label_of_the_image_is_no_policy_whatever_it_says() {
    let config = select(Select::Labelled);
    let ignored =
        |labels: &[&str]| Policy { ignored: labels.iter().map(|label| (*label).to_owned()).collect(), ..plain(Selection::NotSelected) };
    let cases: [(&Labels, &[&str]); 4] = [
        (&[("rotate.enable", "true")], &["rotate.enable"]),
        (&[("rotate.enable", "false"), ("rotate.deadline", "9h")], &["rotate.deadline", "rotate.enable"]),
        (&[("rotate.enable", "perhaps"), ("rotate.colour", "red")], &["rotate.colour", "rotate.enable"]),
        (&[("org.opencontainers.image.title", "web"), ("rotate.trial", "7f3a01")], &[]),
    ];
    for (labels, names) in cases {
        check(&config, labels, labels, Ok(ignored(names)));
    }
}

#[test]
fn label_with_another_value_than_the_images_is_policy() {
    let image: &Labels = &[("rotate.enable", "true"), ("rotate.keep_old", "1h")];
    let labels: &Labels = &[("rotate.enable", "false"), ("rotate.keep_old", "1h")];
    let expected = Policy { ignored: vec!["rotate.keep_old".to_owned()], ..plain(Selection::OptedOut) };
    check(&select(Select::All), labels, image, Ok(expected));
}

#[test]
fn bad_value_names_the_label_the_value_and_what_is_allowed() {
    let cases: [(&'static str, &'static str, &str, &str); 8] = [
        ("rotate.enable", "yes", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.enable", "True", "only `true` or `false` may stand there", "did you mean `true`?"),
        ("rotate.enable", "", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.oneshot", "1", "only `true` or `false` may stand there", "write `true` or `false`"),
        ("rotate.keep_old", "24", "`24` has no unit", "write the unit too: `24s`, `24m` or `24h`"),
        (
            "rotate.keep_old",
            "forever",
            "there is no number before `forever`",
            "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`",
        ),
        ("rotate.min_healthy", "0s", "it must be more than nothing", "leave it out for the default, or write a short time such as `1s`"),
        ("rotate.deadline", "99999d", "it is more than 3650d", "the longest is ten years, `3650d`"),
    ];
    for (label, value, reason, help) in cases {
        let message = format!("label `{label}` cannot be `{value}`: {reason}");
        check(&select(Select::Labelled), &[(label, value)], &[], Err((&message, help)));
        check(&select(Select::All), &[(label, value)], &[], Err((&message, help)));
    }
}

#[test]
fn unknown_label_is_refused_with_what_was_meant() {
    let all = "the labels are `rotate.enable`, `rotate.mode`, `rotate.min_age`, `rotate.keep_old`, `rotate.min_healthy`, `rotate.deadline`, \
               `rotate.oneshot`, `rotate.on_failure`, `rotate.on_late_failure`, `rotate.health.http`, `rotate.health.tcp`, `rotate.health.exec`, \
               `rotate.health.command`, `rotate.health.interval`, `rotate.health.timeout`, `rotate.health.retries`, `rotate.health.status` and \
               `rotate.health.text`";
    let cases = [
        ("rotate.enabel", "did you mean `rotate.enable`?"),
        ("rotate.enabled", "did you mean `rotate.enable`?"),
        ("rotate.keep-old", "did you mean `rotate.keep_old`?"),
        ("Rotate.Enable", "did you mean `rotate.enable`?"),
        ("rotate.select", all),
        ("rotate.x-team", all),
        ("rotate.trials", all),
        ("rotate.", all),
    ];
    for (label, help) in cases {
        check(&select(Select::All), &[(label, "true")], &[], Err((&format!("unknown label `{label}`"), help)));
    }
}

#[test]
fn who_opted_out_stays_out_whatever_else_is_wrong() {
    let labels: &Labels = &[("rotate.deadline", "soon"), ("rotate.enable", "false"), ("rotate.zzz", "1")];
    check(&select(Select::All), labels, &[], Ok(plain(Selection::OptedOut)));
    // Opted out by the image's author only: the other labels count again.
    let image: &Labels = &[("rotate.enable", "false")];
    let help = "the units are ms, s, m, h, d and w, after whole numbers: `90s`, `1h 30m`, `7d`";
    let message = "label `rotate.deadline` cannot be `soon`: there is no number before `soon`";
    check(&select(Select::All), labels, image, Err((message, help)));
}

#[test]
fn rotates_own_label_is_no_policy() {
    check(&select(Select::All), &[("rotate.trial", "7f3a01")], &[], Ok(plain(Selection::BySelectAll)));
}

#[test]
fn control_characters_of_a_label_do_not_reach_the_terminal() {
    let message = "label `rotate.enable` cannot be `\\u{1b}[2J\\n`: only `true` or `false` may stand there";
    check(&select(Select::All), &[("rotate.enable", "\u{1b}[2J\n")], &[], Err((message, "write `true` or `false`")));
}

#[test]
fn every_label_of_the_list_is_known() {
    for label in LABELS {
        let value = if label.ends_with(".text") || label.ends_with(".exec") { "" } else { "?" };
        let refused = policy(&Config::default(), &map(&[(*label, value)]), &BTreeMap::new()).map_err(|error| error.to_string());
        assert!(refused.as_ref().is_err_and(|message| message.starts_with("label ")), "{refused:?}");
    }
}
