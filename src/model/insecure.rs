//! Which registries an engine talks to without a trusted certificate.

use std::net::IpAddr;

use ipnet::IpNet;

/// The engine's own list (`/info`: `RegistryConfig`), so that there is no second one to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InsecureRegistries {
    hosts: Vec<String>,
    secure: Vec<String>,
    networks: Vec<IpNet>,
}

impl InsecureRegistries {
    /// From hosts (`registry.lan:5000`) and address ranges (`127.0.0.0/8`); a range that cannot be read is left out, which is the safe side.
    pub fn new(hosts: Vec<String>, ranges: Vec<String>) -> Self {
        Self { hosts, networks: ranges.iter().filter_map(|range| range.parse().ok()).collect(), ..Self::default() }
    }

    /// The same, with hosts that the engine calls secure by name: such a word beats any range.
    pub fn with_secure(self, secure: Vec<String>) -> Self {
        Self { secure, ..self }
    }

    /// True if this host, with its port as in a reference, may be talked to without a trusted certificate. `addresses` is what its name resolves
    /// to (moby `registry/config.go`, `isSecureIndex`). Docker's own registry never is.
    pub fn contains(&self, host: &str, addresses: &[IpAddr]) -> bool {
        if self.is_secure_by_name(host) {
            return false;
        }
        let name = host_name(host);
        self.hosts.iter().any(|known| known == host)
            || name.parse::<IpAddr>().is_ok_and(|address| self.has_address(&address))
            || addresses.iter().any(|address| self.has_address(address))
    }

    /// True if it depends on what the host's name resolves to.
    pub fn depends_on_addresses(&self, host: &str) -> bool {
        !self.networks.is_empty() && !self.is_secure_by_name(host)
    }

    fn is_secure_by_name(&self, host: &str) -> bool {
        host == "docker.io" || self.secure.iter().any(|known| known == host)
    }

    fn has_address(&self, address: &IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

/// A reference's host without its port: `[::1]:5000` is `::1`.
pub fn host_name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}
