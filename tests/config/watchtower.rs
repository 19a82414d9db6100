//! Labels that were written for watchtower.

use std::collections::BTreeSet;

use rotate::config::{Mode, Select};
use rotate::policy::{Policy, Selection};

use super::policies::{check, plain, select};

#[test]
fn labels_of_watchtower_count_where_rotate_says_nothing() {
    const W: &str = "com.centurylinklabs.watchtower";
    let config = select(Select::Labelled);
    let plain = || plain(Selection::NotSelected);
    let by_label = || Policy { selection: Selection::ByLabel, ..plain() };
    let out = || Policy { selection: Selection::OptedOut, ..plain() };
    let watch = || Policy { mode: Mode::Watch, ..plain() };
    let stop = |signal: &str| Policy { stop_signal: Some(signal.parse().expect("a signal")), ..plain() };
    let not_followed = |names: &[&str]| Policy { not_followed: names.iter().map(|name| format!("{W}.{name}")).collect(), ..plain() };
    let cases: [(&[(&str, &str)], Policy); 12] = [
        (&[("enable", "true")], by_label()),
        (&[("enable", "F")], out()),
        (&[("enable", "yes")], not_followed(&["enable"])),
        (&[("monitor-only", "1")], watch()),
        (&[("monitor-only", "false")], plain()),
        (&[("monitor-only", "")], not_followed(&["monitor-only"])),
        (&[("stop-signal", "SIGINT")], stop("SIGINT")),
        (&[("stop-signal", "int")], stop("SIGINT")),
        (&[("stop-signal", "SIGRTMIN+3")], stop("SIGRTMIN+3")),
        (&[("stop-signal", "15")], stop("15")),
        (&[("stop-signal", "")], plain()),
        (
            &[("scope", "x"), ("no-pull", "true"), ("depends-on", "db"), ("lifecycle.pre-update", "/bin/true")],
            not_followed(&["depends-on", "lifecycle.pre-update", "no-pull", "scope"]),
        ),
    ];
    for (labels, expected) in cases {
        let full: Vec<(String, &str)> = labels.iter().map(|(name, value)| (format!("{W}.{name}"), *value)).collect();
        let full: Vec<(&str, &str)> = full.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        check(&config, &full, &[], Ok(expected));
        let ignored = full.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>();
        check(&config, &full, &full, Ok(Policy { ignored: ignored.into_iter().collect(), ..plain() }));
    }
    let enable = "com.centurylinklabs.watchtower.enable";
    check(&config, &[(enable, "true"), ("rotate.enable", "false")], &[], Ok(out()));
    check(&config, &[(enable, "false"), ("rotate.enable", "true")], &[], Ok(by_label()));
    let monitor = "com.centurylinklabs.watchtower.monitor-only";
    check(&config, &[(monitor, "true"), ("rotate.mode", "rotate")], &[], Ok(plain()));
    check(&config, &[("com.centurylinklabs.watchtower", "true")], &[], Ok(plain()));
    for bad in ["SIGSAUSAGE", "0", "65", "-9", "SIG", "RTMIN+99"] {
        let signal = "com.centurylinklabs.watchtower.stop-signal";
        let words = format!("label `{signal}` cannot be `{bad}`: it is no signal");
        check(&config, &[(signal, bad)], &[], Err((&words, "write its name, such as `SIGINT`, or its number")));
    }
}
