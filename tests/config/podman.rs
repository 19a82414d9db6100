//! Labels that were written for `podman auto-update`.

use rotate::config::Select;
use rotate::policy::{Follows, Policy, Selection};

use super::policies::{check, plain, select};

#[test]
fn labels_of_podman_auto_update_count_where_rotate_says_nothing() {
    const LABEL: &str = "io.containers.autoupdate";
    let config = select(Select::Labelled);
    let selected = |selection| Ok(Policy { selection, ..plain(selection) });
    let not_followed = |label: &str| Ok(Policy { not_followed: vec![label.to_owned()], ..plain(Selection::NotSelected) });
    for (value, selection) in
        [("registry", Selection::ByLabel), ("image", Selection::ByLabel), ("disabled", Selection::OptedOut), ("", Selection::OptedOut)]
    {
        check(&config, &[(LABEL, value)], &[], selected(selection));
    }
    let local = Policy { follows: Follows::Local, ..plain(Selection::ByLabel) };
    check(&config, &[(LABEL, "local")], &[], Ok(local.clone()));
    check(&config, &[(LABEL, "local"), ("rotate.enable", "false")], &[], Ok(Policy { selection: Selection::OptedOut, ..local }));
    let of_file = |file: Option<&str>| Ok(Policy { auth_file: file.map(str::to_owned), ..plain(Selection::NotSelected) });
    let file = "io.containers.autoupdate.authfile";
    check(&config, &[(file, "/root/auth.json")], &[], of_file(Some("/root/auth.json")));
    check(&config, &[(file, "")], &[], of_file(None));
    let of_image = Policy { ignored: vec![file.to_owned()], ..plain(Selection::NotSelected) };
    check(&config, &[(file, "/root/auth.json")], &[(file, "/root/auth.json")], Ok(of_image));
    check(&config, &[("io.containers.autoupdate.other", "x")], &[], not_followed("io.containers.autoupdate.other"));
    check(&config, &[(LABEL, "registry"), ("rotate.enable", "false")], &[], selected(Selection::OptedOut));
    check(&config, &[(LABEL, "disabled"), ("rotate.enable", "true")], &[], selected(Selection::ByLabel));
    let message = "label `io.containers.autoupdate` cannot be `registy`: only `registry`, `local` or `disabled` may stand there";
    check(&config, &[(LABEL, "registy")], &[], Err((message, "did you mean `registry`?")));
}
