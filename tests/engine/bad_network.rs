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

    // Podman is asked for it, Docker is not: the one refuses, what the other makes is compared.
    let (exit, reason, words) = match s.host.has_podman() {
        true => (1, "create_refused", format!("unable to find network with name or ID {network}")),
        false => (3, "unexplained_difference", format!("NetworkSettings.Networks[{network}]")),
    };
    let outcome = s.agent().config(FAST).run(&["now", &s.name("web"), "--json"]).exits(exit);
    let said = entry(&outcome, &s.name("web"));
    assert_eq!(said["reason"], reason, "{said}");
    assert!(said["message"].as_str().is_some_and(|message| message.contains(&words)), "{said}");
    assert_eq!(look(&s, &s.name("web")), old, "never stopped");
    assert_eq!(leftovers(&s), Vec::<String>::new());
}
