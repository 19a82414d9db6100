//! In what engines differ, as far as rotations notice.

/// A kind of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flavour {
    /// Such as `Docker 26.1.5 (API 1.45)`.
    pub version: &'static str,
    /// A create request may name several networks (API 1.44).
    pub takes_all_networks: bool,
    /// A stop may name a signal (API 1.42).
    pub takes_stop_signal: bool,
    /// containerd's image store: an image's id is the digest of what was pulled, and its digests are those of its names.
    pub has_digest_ids: bool,
    /// What becomes of an image in containerd's store whose last name moved away: kept without a name (28.5), or not shown any more (26.1).
    pub keeps_nameless: bool,
    /// The image's document has a `Descriptor` (containerd's store, API 1.48).
    pub shows_descriptor: bool,
    /// An engine that is killed takes its containers along: a rootless one's are processes of its own user's unit.
    pub takes_containers_along: bool,
    /// A start ends by force the processes of its container that the engine has lost; otherwise it is refused.
    pub ends_lost: bool,
}

impl Flavour {
    /// Docker 20.10 with overlay2.
    pub const DOCKER_20_10: Self = Self {
        version: "Docker 20.10.24 (API 1.41)",
        takes_all_networks: false,
        takes_stop_signal: false,
        ends_lost: false,
        ..Self::DOCKER_26_1
    };
    /// Docker 26.1 with overlay2.
    pub const DOCKER_26_1: Self = Self {
        version: "Docker 26.1.5 (API 1.45)",
        takes_all_networks: true,
        takes_stop_signal: true,
        has_digest_ids: false,
        keeps_nameless: true,
        shows_descriptor: false,
        takes_containers_along: false,
        ends_lost: true,
    };
    /// Docker 26.1 with containerd's image store.
    pub const DOCKER_26_1_CONTAINERD: Self = Self { has_digest_ids: true, keeps_nameless: false, ..Self::DOCKER_26_1 };
    /// Rootless Docker 26.1 with overlay2.
    pub const DOCKER_26_1_ROOTLESS: Self = Self { takes_containers_along: true, ..Self::DOCKER_26_1 };
    /// Docker 28.5 with overlay2.
    pub const DOCKER_28_5: Self = Self { version: "Docker 28.5.2 (API 1.51)", ..Self::DOCKER_26_1 };
    /// Docker 28.5 with containerd's image store.
    pub const DOCKER_28_5_CONTAINERD: Self =
        Self { version: "Docker 28.5.2 (API 1.51)", has_digest_ids: true, shows_descriptor: true, ..Self::DOCKER_26_1 };
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DOCKER_26_1,
        Self::DOCKER_20_10,
        Self::DOCKER_26_1_CONTAINERD,
        Self::DOCKER_26_1_ROOTLESS,
        Self::DOCKER_28_5,
        Self::DOCKER_28_5_CONTAINERD,
    ];
}
