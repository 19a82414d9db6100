//! Versions of Podman: what each can be asked for.

use std::fmt;
use std::str::FromStr;

/// From here on it was seen that a restart policy can be changed. 5.1 has `update --restart`; what it does by the API was not tried.
const CHANGES_POLICY: PodmanVersion = PodmanVersion(5, 4);
/// From here on Quadlet reads drop-ins beside its files (Podman's release notes of 5.0.0).
const READS_DROP_INS: PodmanVersion = PodmanVersion(5, 0);
/// The oldest that is driven: Debian 12 ships it.
pub const LOWEST_PODMAN: PodmanVersion = PodmanVersion(4, 3);

/// Such as 5.4 of 5.4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodmanVersion(u32, u32);

impl PodmanVersion {
    /// What stands before a path of libpod's API: the oldest of the same major version, which a newer one still answers in full.
    pub fn prefix(self) -> &'static str {
        if self.0 >= 5 { "/v5.0.0" } else { "/v4.0.0" }
    }

    /// True if a container's document says whether a person stopped it.
    pub fn tells_who_stopped(self) -> bool {
        self.0 >= 5
    }

    /// True if the saved restart policy of a container can be changed.
    pub fn changes_restart_policy(self) -> bool {
        self >= CHANGES_POLICY
    }

    /// True if Quadlet goes by a drop-in beside a `.container` file.
    pub fn reads_drop_ins(self) -> bool {
        self >= READS_DROP_INS
    }
}

/// Errors: no version, or one that is not driven.
impl FromStr for PodmanVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(['.', '-']).map(|part| part.parse::<u32>().map_err(|_| ()));
        let version = Self(parts.next().ok_or(())??, parts.next().ok_or(())??);
        if version < LOWEST_PODMAN { Err(()) } else { Ok(version) }
    }
}

impl fmt::Display for PodmanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_version_can_do_follows_from_its_number() {
        let version = |text: &str| text.parse::<PodmanVersion>();
        assert_eq!(version("5.4.2").map(PodmanVersion::prefix), Ok("/v5.0.0"));
        assert_eq!(version("4.3.1").map(PodmanVersion::prefix), Ok("/v4.0.0"));
        assert_eq!(version("6.0.0-dev").map(PodmanVersion::changes_restart_policy), Ok(true));
        assert_eq!(version("5.0.3").map(PodmanVersion::changes_restart_policy), Ok(false));
        let reads_drop_ins = ["4.4.0", "4.9.3", "5.0.0-rc1", "5.4.2"].map(|text| version(text).map(PodmanVersion::reads_drop_ins));
        assert_eq!(reads_drop_ins, [Ok(false), Ok(false), Ok(true), Ok(true)]);
        assert_eq!((version("3.4.4"), version("new"), version("5")), (Err(()), Err(()), Err(())));
    }
}
