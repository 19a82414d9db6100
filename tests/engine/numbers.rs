//! What a run costs that finds nothing new: requests to registries and to the engine, counted.

use super::{FAST, scratch};
use crate::lab::{Answer, FakeRegistry, FaultProxy, crowd};

const REFERENCES: usize = 20;
const CONTAINERS: usize = 50;

/// Demands a token for each repository, from a token service of its own.
fn demand_tokens(registry: &FakeRegistry) {
    let realm = format!("Bearer realm=\"http://{}/token\",service=\"lab\"", registry.address());
    registry.script(move |head| match head.header("authorization") {
        _ if head.target.starts_with("/token") => Some(Answer::status(200).body(r#"{"token": "t"}"#)),
        None => Some(Answer::status(401).header("WWW-Authenticate", &realm)),
        Some(_) => None,
    });
}

#[test]
fn fifty_fresh_containers_of_twenty_references_cost_twenty_heads_and_no_write() {
    let s = scratch("fifty");
    let registry = FakeRegistry::in_front_of(s.host);
    let names = crowd(&s, registry.address(), REFERENCES, CONTAINERS);
    let args: Vec<&str> = ["now", "--json"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let requests = || {
        let (before, proxy) = (registry.requests().len(), FaultProxy::start(&s.host.socket()));
        let outcome = s.agent().engine(&proxy.socket()).config(FAST).run(&args).exits(0);
        let all = outcome.json()["containers"].as_array().cloned().unwrap_or_default();
        assert_eq!(all.iter().filter(|entry| entry["reason"] == "up_to_date").count(), CONTAINERS, "{outcome}");
        assert_eq!(proxy.calls(), Vec::<String>::new(), "nothing is written to the engine, and nothing pulled");
        registry.requests().split_off(before)
    };

    let open = requests();
    assert!(open.iter().all(|request| request.starts_with("HEAD ") && request.contains("/manifests/")), "{open:#?}");
    assert_eq!(open.len(), REFERENCES, "{open:#?}");

    demand_tokens(&registry);
    let (tokens, mut others): (Vec<_>, Vec<_>) = requests().into_iter().partition(|request| request.starts_with("GET /token"));
    assert_eq!(tokens.len(), REFERENCES, "one a repository: {tokens:#?}");
    assert_eq!(others.len(), REFERENCES + 1, "the first one is told to bring a token, and comes again: {others:#?}");
    others.dedup();
    assert_eq!(others.len(), REFERENCES, "{others:#?}");
    assert!(others.iter().all(|request| request.starts_with("HEAD ")), "{others:#?}");
}
