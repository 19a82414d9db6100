//! The configuration as the program uses it, and its defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::choice::{LogLevel, Mode, OnFailure, OnLateFailure, RegistryVia, Select};
use super::commands::Commands;
use super::engine_address::EngineAddress;
use super::engine_choice::EngineChoice;
use crate::schedule::Schedule;

/// Once a night, when few are awake who would miss a service for a moment.
const DEFAULT_SCHEDULE: &str = "0 4 * * *";

/// The configuration, every value checked. [`Default`] is what holds where nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `engine`: the engine's socket. None: the usual paths are tried.
    pub engine: Option<EngineAddress>,
    /// `engines`: those that are served, by name. Empty: one, the first that is found.
    pub engines: Vec<EngineChoice>,
    /// `state_dir`: absolute path of the directory that holds the store and the lock.
    pub state_dir: PathBuf,
    /// `log_level`: from which rank on something is told in the log.
    pub log_level: LogLevel,
    /// `schedule`: when runs begin, as a line of crontab(5) or `@daily` and its like.
    pub schedule: Schedule,
    /// `time_zone`: in which the schedule is read, by its IANA name. None: the host's.
    pub time_zone: Option<String>,
    /// `jitter`: the longest time by which a run begins later than scheduled, so that many hosts do not ask a registry at once. Zero: none.
    pub jitter: Duration,
    /// `catch_up`: whether a run whose time passed while the host was down is made up for.
    pub catch_up: bool,
    /// `select`: which containers are rotated without being named.
    pub select: Select,
    /// `keep_old`: how long the predecessor is kept after its successor has proved itself. Zero: not at all.
    pub keep_old: Duration,
    /// `min_healthy`: how long the successor must stay well, without interruption; longer than zero.
    /// None: 10 s without a HEALTHCHECK, 2 s after one turned healthy. Set, it holds for both.
    pub min_healthy: Option<Duration>,
    /// `deadline`: how long the successor may take to its first well moment; longer than zero. None: computed from the HEALTHCHECK, 5 minutes without.
    pub deadline: Option<Duration>,
    /// `mode`: what is done about a newer image.
    pub mode: Mode,
    /// `min_age`: how long a digest must have been seen on its tag before it is used. Zero: at once.
    pub min_age: Duration,
    /// `on_failure`: what a run does when a rotation fails.
    pub on_failure: OnFailure,
    /// `on_late_failure`: what is done when a successor fails after its proof, while its predecessor is kept.
    pub on_late_failure: OnLateFailure,
    /// `registry.via`: who asks registries.
    pub registry_via: RegistryVia,
    /// `[health]`.
    pub health: HealthDefaults,
    /// `[health.commands]`: commands on the host that labels may choose by name.
    pub commands: Commands,
}

/// `[health]`: how probes are made where a label does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthDefaults {
    /// `health.interval`: from the end of one probe to the next; longer than zero.
    pub interval: Duration,
    /// `health.timeout`: when a probe without an answer has failed; longer than zero.
    pub timeout: Duration,
    /// `health.retries`: failures in a row that make a container unwell; at least one.
    pub retries: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine: None,
            engines: Vec::new(),
            state_dir: PathBuf::from("/var/lib/rotate"),
            log_level: LogLevel::Info,
            // Of a constant, which `tests/config` reads.
            schedule: DEFAULT_SCHEDULE.parse().expect("the default is a schedule"),
            time_zone: None,
            jitter: Duration::ZERO,
            catch_up: true,
            select: Select::Labelled,
            keep_old: Duration::from_secs(24 * 60 * 60),
            min_healthy: None,
            deadline: None,
            mode: Mode::Rotate,
            min_age: Duration::ZERO,
            on_failure: OnFailure::Stop,
            on_late_failure: OnLateFailure::Report,
            registry_via: RegistryVia::Rotate,
            health: HealthDefaults { interval: Duration::from_secs(5), timeout: Duration::from_secs(5), retries: 3 },
            commands: Commands::default(),
        }
    }
}
