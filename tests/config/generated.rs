//! Any labels, any file: a policy or a configuration, or an error that names the key. Never a panic, and nothing of an image's author.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rotate::config::{Config, ConfigError, KEYS, LONGEST_DURATION, duration_text, parse_duration};
use rotate::model::RestartPolicy;
use rotate::policy::{LABELS, Policy, PolicyError, Selection, policy};

fn any_config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// What stands where a value is asked for: right in some place, nearly so, or anything.
fn value() -> impl Strategy<Value = String> {
    const RIGHT: &[&str] = &[
        "true",
        "false",
        "24h",
        "90s",
        "0s",
        "1h 30m",
        "update",
        "notify",
        "rollback",
        "stay",
        "3",
        "200-399",
        ":8080/healthz",
        ":5432",
        "check",
        "all",
        "labelled",
        "@daily",
        "0 4 * * *",
        "Europe/Berlin",
        "docker",
        "engine",
        "direct",
        "SIGINT",
        "[\"a\", \"b\"]",
    ];
    let right = prop::sample::select(RIGHT).prop_map(str::to_owned);
    prop_oneof![6 => right, 1 => "[ -~]{0,12}", 1 => any::<String>(), 1 => "[0-9]{1,22}(ms|s|m|h|d|w|M| )?", 1 => "[*/,0-9 -]{5,20}"]
}

fn label() -> impl Strategy<Value = String> {
    let known = prop::sample::select(LABELS).prop_map(str::to_owned);
    let watchtower = prop::sample::select(&["enable", "monitor-only", "no-pull", "stop-signal", "depends-on", "x"][..])
        .prop_map(|end| format!("com.centurylinklabs.watchtower.{end}"));
    prop_oneof![8 => known, 2 => watchtower, 1 => "[Rr]otate\\.[a-z_.]{0,12}", 1 => any::<String>()]
}

fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(label(), value(), 0..6)
}

fn commands() -> Config {
    Config::parse(Path::new("rotate.toml"), "[health.commands]\ncheck = [\"/bin/true\"]").expect("a configuration")
}

/// The label that the error is about.
fn named(error: &PolicyError) -> &str {
    match error {
        PolicyError::UnknownLabel { label } | PolicyError::BadValue { label, .. } | PolicyError::BadProbe { label, .. } => label,
        PolicyError::TwoProbes { first, .. } => first,
        PolicyError::NoProbe { label, .. } => label,
    }
}

fn nothing() -> BTreeMap<String, String> {
    BTreeMap::new()
}

proptest! {
    #![proptest_config(any_config())]

    #[test]
    fn any_labels_are_a_policy_or_an_error_that_names_one_of_them(labels in labels()) {
        let config = commands();
        if let Err(error) = policy(&config, &labels, &nothing()) {
            let name = named(&error);
            prop_assert!(labels.contains_key(name), "{name} of {labels:?}");
            let shown: String = name.chars().take(20).flat_map(char::escape_debug).collect();
            let message = error.to_string();
            prop_assert!(message.contains(&shown) && !message.contains('\n') && !message.contains('\u{1b}'), "{message}");
            prop_assert!(!error.help().is_empty() && !error.help().contains('\n'));
        }
    }

    #[test]
    fn labels_that_are_the_images_own_are_no_policy(own in labels(), image in labels()) {
        let config = commands();
        let mut labels = own.clone();
        labels.extend(image.clone());
        let of_the_user: BTreeMap<_, _> = labels.clone().into_iter().filter(|(label, value)| image.get(label) != Some(value)).collect();
        let without_the_images = policy(&config, &of_the_user, &nothing());
        let with_them = policy(&config, &labels, &image).map(|policy| Policy { ignored: vec![], ..policy });
        prop_assert_eq!(with_them, without_the_images);
    }

    #[test]
    fn who_opts_out_is_out_whatever_else_is_said(mut labels in labels()) {
        labels.insert("rotate.enable".into(), "false".into());
        let selection = policy(&commands(), &labels, &nothing()).map(|policy| policy.selection);
        prop_assert_eq!(selection, Ok(Selection::OptedOut));
    }

    #[test]
    fn a_duration_that_is_shown_can_be_typed_again(millis in 0..=u64::try_from(LONGEST_DURATION.as_millis()).unwrap_or(u64::MAX)) {
        let duration = Duration::from_millis(millis);
        prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
    }

    #[test]
    fn any_text_is_a_duration_within_ten_years_or_none(text in prop_oneof![value(), "([0-9]{1,12} ?(ms|s|min|hours|d|w) ?){1,5}"]) {
        match parse_duration(&text) {
            Ok(duration) => {
                prop_assert!(duration <= LONGEST_DURATION);
                prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty() && !error.help().is_empty()),
        }
    }

    #[test]
    fn a_restart_policy_is_read_as_it_was_written(most in any::<u32>(), text in prop_oneof!["on-failure-.{0,11}", any::<String>()]) {
        for policy in [RestartPolicy::No, RestartPolicy::Always, RestartPolicy::UnlessStopped, RestartPolicy::OnFailure(most)] {
            let (name, most) = policy.parts();
            prop_assert_eq!(RestartPolicy::from_parts(name, most), Ok(policy));
            prop_assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        if let Ok(policy) = text.parse::<RestartPolicy>() {
            prop_assert_eq!(policy.to_string().parse(), Ok(policy), "{}", text);
        }
    }

    #[test]
    fn any_value_of_any_key_is_taken_or_refused_by_the_keys_name(key in prop::sample::select(KEYS), value in toml_value()) {
        let (table, name) = key.rsplit_once('.').map_or((String::new(), key), |(table, name)| (format!("[{table}]\n"), name));
        check_file(&format!("{table}{name} = {value}"), key)?;
    }

    #[test]
    fn any_file_is_a_configuration_or_an_error_with_its_place(
        lines in vec((prop_oneof![prop::sample::select(KEYS).prop_map(str::to_owned), "[a-z_.]{1,10}", any::<String>()], toml_value()), 0..6),
    ) {
        let text: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        check_file(&text, "")?;
    }
}

fn check_file(text: &str, key: &str) -> Result<(), TestCaseError> {
    let Err(error) = Config::parse(Path::new("rotate.toml"), text) else { return Ok(()) };
    let message = error.to_string();
    prop_assert!(message.starts_with("rotate.toml:") && !error.help().is_empty(), "{message}");
    // The parser itself may stop at the value.
    let is_named = message.contains(key) || matches!(error, ConfigError::Syntax { .. });
    prop_assert!(is_named, "{message} is about {key}: {text}");
    Ok(())
}

/// A value as TOML has it, or something like one.
fn toml_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => value().prop_map(|text| serde_json::Value::from(text).to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| format!("{number:?}")),
        1 => Just("true".to_owned()),
        1 => Just("1979-05-27T07:32:00Z".to_owned()),
        1 => any::<String>(),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            vec(("[a-z]{1,4}", inner), 0..3).prop_map(|items| {
                let items: Vec<String> = items.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", items.join(", "))
            }),
        ]
    })
}
