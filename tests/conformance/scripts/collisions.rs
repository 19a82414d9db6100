//! What may be made twice and started once: addresses and ports.

use crate::case::Case;
use crate::conforms;
use crate::spec::Spec;
use crate::world::{Hand, Program};

#[test]
fn two_of_one_address_are_made_and_one_is_started_alike() {
    conforms("address", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        make_network(c, "net", "172.29.1.0/24").await;
        c.create("a", Spec::of("web:latest").address("net", "172.29.1.10")).await;
        c.create("b", Spec::of("web:latest").address("net", "172.29.1.10")).await;
        c.start("a").await;
        c.start("b").await;
        c.start("b").await;
        c.stop("b").await;
        c.rename("b", "b.failed").await;
        c.stop("a").await;
        c.start("b").await;
        c.start("a").await;
        c.stop("b").await;
        c.start("a").await;
        c.remove("b").await;
    });
}

#[test]
fn two_of_one_port_are_made_and_one_is_started_alike() {
    conforms("port", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest").port(18081)).await;
        c.create("b", Spec::of("web:latest").port(18081)).await;
        c.start("a").await;
        c.start("b").await;
        c.stop("a").await;
        c.start("b").await;
        c.start("a").await;
        c.stop("b").await;
        c.start("a").await;
    });
}

#[test]
fn a_port_of_a_stranger_stops_a_start_alike() {
    conforms("stranger", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.hand("takes a port", Hand::TakePort(18082)).await;
        c.create("a", Spec::of("web:latest").port(18082)).await;
        c.start("a").await;
        c.hand("frees the port", Hand::FreePort).await;
        c.start("a").await;
        c.stop("a").await;
        c.hand("takes a port", Hand::TakePort(18082)).await;
        c.start("a").await;
        c.hand("frees the port", Hand::FreePort).await;
        c.start("a").await;
    });
}

async fn make_network(c: &mut Case, name: &str, subnet: &str) {
    let hand = Hand::MakeNetwork { name: c.world.name(name), subnet: subnet.to_owned() };
    c.hand(&format!("makes the network {name}"), hand).await;
}

#[test]
fn a_network_that_is_gone_or_joined_later_is_met_alike() {
    conforms("networks", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        make_network(c, "one", "172.29.2.0/24").await;
        make_network(c, "two", "172.29.3.0/24").await;
        c.create("a", Spec::of("web:latest").address("one", "172.29.2.10")).await;
        c.connect("a", "two", Some("172.29.3.10")).await;
        c.connect("a", "two", Some("172.29.3.10")).await;
        c.start("a").await;
        c.create("b", Spec::of("web:latest").address("one", "172.29.2.11").address("two", "172.29.3.11")).await;
        c.start("b").await;
        c.stop("b").await;
        c.hand("removes a network in use", Hand::RemoveNetwork(c.world.name("two"))).await;
        c.stop("a").await;
        c.hand("removes a network of one that does not run", Hand::RemoveNetwork(c.world.name("two"))).await;
        c.start("a").await;
        c.hand("removes the other network", Hand::RemoveNetwork(c.world.name("one"))).await;
        c.start("a").await;
        make_network(c, "one", "172.29.2.0/24").await;
        c.start("a").await;
        c.remove("a").await;
        c.connect("a", "one", None).await;
    });
}

#[test]
fn a_network_that_never_was_stops_a_container_sooner_or_later_alike() {
    conforms("no_network", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        make_network(c, "one", "172.29.4.0/24").await;
        c.create("a", Spec::of("web:latest").network("nowhere")).await;
        c.start("a").await;
        c.create("b", Spec::of("web:latest").network("one")).await;
        c.connect("b", "nowhere", None).await;
        c.start("b").await;
    });
}
