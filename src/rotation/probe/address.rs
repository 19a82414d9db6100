//! Where a container answers, and from where: from the host, if the host is the gateway of one of its networks, else inside its own namespace.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::model::{Attachment, Container};

/// From where a connection to a container is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This process's own network.
    Host,
    /// The container's network namespace: the host does not reach its address, or would reach another container by it.
    Inside,
}

/// Where a container answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its own address; a loopback one if it has none, or the host's network.
    pub address: IpAddr,
    /// From where that address is its.
    pub from: Place,
}

/// Chooses the address of a probe. `is_rootless`: the engine's networks live in a namespace of their own, so that the same address may be
/// another container's on the host.
pub fn target(container: &Container, is_rootless: bool) -> Target {
    choose(&container.attachments(), container.has_host_network(), is_rootless, towards)
}

fn choose(attachments: &[Attachment], has_host_network: bool, is_rootless: bool, towards: impl Fn(IpAddr) -> Option<IpAddr>) -> Target {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if has_host_network {
        return Target { address: loopback, from: if is_rootless { Place::Inside } else { Place::Host } };
    }
    let is_reached = |a: &&Attachment| !is_rootless && a.gateway.is_some() && towards(a.address) == a.gateway;
    match attachments.iter().find(is_reached) {
        Some(near) => Target { address: near.address, from: Place::Host },
        None => Target { address: attachments.first().map_or(loopback, |a| a.address), from: Place::Inside },
    }
}

/// The address that the host would use towards another: on a bridge of the engine's it is the gateway's, since the host is the gateway. On a
/// macvlan or an ipvlan the gateway is another machine, an internal or isolated network has none. Sends nothing: no packet leaves for `connect` on UDP.
fn towards(address: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((address, 9)).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_asks_only_where_it_is_the_gateway() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let on = |address: &str, gateway: Option<&str>| Attachment { address: ip(address), gateway: gateway.map(ip) };
        let bridge = on("172.17.0.2", Some("172.17.0.1"));
        let macvlan = on("192.0.2.7", Some("192.0.2.1"));
        let internal = on("172.20.0.2", None);
        let towards = |to: IpAddr| Some(if to == ip("172.17.0.2") { ip("172.17.0.1") } else { ip("192.0.2.99") });
        let check = |attachments: &[Attachment], host: bool, rootless: bool, address: &str, from: Place| {
            assert_eq!(choose(attachments, host, rootless, towards), Target { address: ip(address), from }, "{attachments:?}");
        };
        check(&[bridge], false, false, "172.17.0.2", Place::Host);
        check(&[macvlan, bridge], false, false, "172.17.0.2", Place::Host);
        check(&[macvlan], false, false, "192.0.2.7", Place::Inside);
        check(&[internal], false, false, "172.20.0.2", Place::Inside);
        check(&[bridge], false, true, "172.17.0.2", Place::Inside);
        check(&[], false, false, "127.0.0.1", Place::Inside);
        check(&[], true, false, "127.0.0.1", Place::Host);
        check(&[], true, true, "127.0.0.1", Place::Inside);
    }
}
