//! How an engine talks to registries.

use super::{InsecureRegistries, Proxies};

/// The engine's own settings (`/info`), so that there is no second list to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Which registries need no trusted certificate.
    pub insecure: InsecureRegistries,
    /// Addresses that are asked before Docker Hub, in this order. Docker has mirrors for no other registry.
    pub mirrors: Vec<String>,
    /// Between the engine and everything that it asks.
    pub proxies: Proxies,
    /// It is Podman, which has its certificates and credentials elsewhere.
    pub is_podman: bool,
    /// It runs without root's rights, and has its certificates in the home of its user.
    pub is_rootless: bool,
}
