//! What a policy asks of a rotation, as its record keeps it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Probe;

/// How the policy of the unit judges and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long it must be well without interruption; none: the gate's own default.
    pub min_healthy: Option<Duration>,
    /// How long it may take to become well; none: from the HEALTHCHECK.
    pub deadline: Option<Duration>,
    /// How long the predecessor is kept.
    pub keep_old: Duration,
    /// True if exit code 0 proves it.
    pub is_oneshot: bool,
    /// What is asked of it instead of its HEALTHCHECK.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// True if a successor that has run and fails its gate stays: its data may be beyond what the predecessor can read.
    #[serde(default)]
    pub stays: bool,
    /// True if a successor that fails after its proof goes, while its predecessor is kept. One that stays does so then, too.
    #[serde(default)]
    pub returns_late: bool,
}
