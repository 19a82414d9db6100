//! Every option of the client is known: whether it takes a value decides where the image stands.

use super::scratch;

#[test]
fn every_option_of_this_podman_is_known_and_so_is_whether_it_takes_a_value() {
    let s = scratch("options");
    let help = s.host.docker(&["create", "--help"]);
    // `  -e, --env stringArray   Set environment variables`: a type after the name; a switch has none, nor have a few that take a value.
    let untyped =
        ["arch", "blkio-weight-device", "memory", "memory-reservation", "memory-swap", "os", "shm-size", "shm-size-systemd", "variant"];
    let mut seen = 0;
    for line in help.lines() {
        let Some((_, rest)) = line.split_once("--").filter(|(before, _)| before.len() <= 6 && before.starts_with("  ")) else { continue };
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let after = &rest[name.len()..];
        let has_type = after.starts_with(' ') && !after.starts_with("  ");
        let takes_value = has_type || untyped.contains(&name.as_str());
        assert_eq!(rotate::spec::podman_option_takes_value(&name), Some(takes_value), "--{name}: {line}");
        seen += 1;
    }
    assert!(seen > 100, "only {seen} options in:\n{help}");
}
