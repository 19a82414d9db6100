//! Networks that are gone.

use super::{FAST, entry, leftovers, look, scratch};

#[test]
fn a_network_that_is_gone_is_found_before_the_stop() {
    let s = scratch("net-gone");
    let network = s.name("net");
    s.host.docker(&["network", "create", &network]);
    s.push("web", "nohealth:v1");
    s.run("web", &["--network", &network]);
    let old = look(&s, &s.name("web"));
    s.push("web", "nohealth:v2");
    // An engine removes no network that a container has; taken from it first, it does.
    s.host.docker(&["network", "disconnect", "-f", &network, &s.name("web")]);
    s.host.docker(&["network", "rm", &network]);

    // On Podman the change itself is the reason; a Docker makes what is not asked for the network, and that is compared.
    let (exit, reason, words) = match s.host.has_podman() {
        true => (0, "not_repeatable", "its networks were changed after it was made".to_owned()),
        false => (3, "unexplained_difference", format!("NetworkSettings.Networks[{network}]")),
    };
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(exit);
    let said = entry(&outcome, &s.name("web"));
    assert_eq!(said["reason"], reason, "{said}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains(&words)), "{said}");
    assert_eq!(look(&s, &s.name("web")), old, "never stopped");
    assert_eq!(leftovers(&s), Vec::<String>::new());
}
