//! Networks: addresses, names, ports, resolver. The successor is created while the predecessor still holds the addresses.

use crate::case::{Group, rotated};
use crate::scratch;
use crate::walk::walk;

pub const GROUPS: [Group; 3] = [
    Group {
        before: &[
            "docker network create --ipv6 --subnet 172.31.90.0/24 --subnet fd00:90::/64 {net}",
            "docker network create --ipv6 --subnet 172.31.91.0/24 --subnet fd00:91::/64 {second}",
            "docker run -d --name {other} --network {net} {image}",
            "docker network connect {second} {other}",
        ],
        inside: &[
            ("ip -o addr | grep -c -E 'inet6? (172.31.90.10|fd00:90::10|169.254.90.1|172.31.91.10|fd00:91::10|169.254.91.1)/'", "6"),
            ("ip link | grep -c 02:77:0a:0b:0c:0d", "1"),
            ("cat /etc/resolv.conf | grep -v '^#'", "ndots:3"),
            ("grep -E 'there|10.9.8.7' /etc/hosts", "10.9.8.7"),
            ("wget -qO- http://friend./", "other"),
            ("wget -qO- http://mate./", "other"),
            ("for name in front side {web}; do wget -qO- http://$name./; done | grep -c '^v'", "3"),
        ],
        cases: &[
            rotated("--network", &["--network", "{net}"], &["/HostConfig/NetworkMode", "/Networks/{net}"]),
            rotated("--ip", &["--ip", "172.31.90.10"], &["/Networks/{net}/IPAMConfig/IPv4Address"]),
            rotated("--ip6", &["--ip6", "fd00:90::10"], &["/Networks/{net}/IPAMConfig/IPv6Address"]),
            rotated("--link-local-ip", &["--link-local-ip", "169.254.90.1"], &["/Networks/{net}/IPAMConfig/LinkLocalIPs"]),
            rotated("--mac-address", &["--mac-address", "02:77:0a:0b:0c:0d"], &["/Config/MacAddress", "/Networks/{net}/MacAddress"]),
            rotated("--network-alias", &["--network-alias", "front", "--network-alias", "face"], &["/Networks/{net}/Aliases"]),
            rotated("--link", &["--link", "{other}:friend"], &["/Networks/{net}/Links"]),
            rotated("--publish", &["--publish", "127.0.0.1:28090:80", "--publish", "28091:81/udp"], &["/HostConfig/PortBindings"]),
            rotated("--expose", &["--expose", "9000-9001"], &["/Config/ExposedPorts/9000~1tcp", "/Config/ExposedPorts/9001~1tcp"]),
            rotated("--dns", &["--dns", "192.0.2.53"], &["/HostConfig/Dns"]),
            rotated("--dns-option", &["--dns-option", "ndots:3"], &["/HostConfig/DnsOptions"]),
            rotated("--dns-search", &["--dns-search", "example.org"], &["/HostConfig/DnsSearch"]),
            rotated("--add-host", &["--add-host", "there:10.9.8.7"], &["/HostConfig/ExtraHosts"]),
            rotated("network connect --ip", &["--ip", "172.31.91.10"], &["/Networks/{second}/IPAMConfig/IPv4Address"]),
            rotated("network connect --ip6", &["--ip6", "fd00:91::10"], &["/Networks/{second}/IPAMConfig/IPv6Address"]),
            rotated(
                "network connect --link-local-ip",
                &["--link-local-ip", "169.254.91.1"],
                &["/Networks/{second}/IPAMConfig/LinkLocalIPs"],
            ),
            rotated("network connect --alias", &["--alias", "side"], &["/Networks/{second}/Aliases"]),
            rotated("network connect --link", &["--link", "{other}:mate"], &["/Networks/{second}/Links"]),
            rotated("network connect --driver-opt", &["--driver-opt", "org.example.mine=1"], &["/Networks/{second}/DriverOpts"]),
            rotated("network connect --gw-priority", &["--gw-priority", "5"], &["/Networks/{second}/GwPriority"]),
        ],
        ..Group::PLAIN
    },
    Group {
        cases: &[
            rotated("--publish-all", &["--publish-all"], &["/HostConfig/PublishAllPorts"]),
            rotated("--expose", &["--expose", "9000/udp"], &["/Config/ExposedPorts/9000~1udp"]),
        ],
        ..Group::PLAIN
    },
    Group {
        inside: &[("ip -o link | grep -vc ' lo: '; true", "0")],
        cases: &[rotated("--network", &["--network", "none"], &["/HostConfig/NetworkMode", "/Networks/none"])],
        ..Group::PLAIN
    },
];

#[test]
fn two_networks_with_every_address_survive_two_rotations() {
    walk(&scratch("network"), &GROUPS[0]);
}

#[test]
fn ports_that_the_engine_chooses_are_published_again() {
    let s = scratch("publishall");
    walk(&s, &GROUPS[1]);
    assert_eq!(s.served(s.port("web")).as_deref(), Some("v3"));
}

#[test]
fn no_network_stays_no_network() {
    walk(&scratch("nonet"), &GROUPS[2]);
}
