//! What a container does at one look.

use jiff::Timestamp;

use super::Health;

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Made and never started, or its only start failed.
    Created,
    /// Its process runs.
    Running,
    /// Its process runs but is frozen.
    Paused,
    /// Its process exited and the engine is about to start it again.
    Restarting,
    /// Its process exited and nothing will start it before a boot.
    Exited,
    /// Being removed, or a removal failed half way.
    Dead,
}

/// The state of a container at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What it does.
    pub status: Status,
    /// Exit code of the last process; 0 while one runs.
    pub exit_code: i64,
    /// True if the kernel killed the last process for want of memory.
    pub oom_killed: bool,
    /// When the last process started; none if it never did (the engine says year 1).
    pub started_at: Option<Timestamp>,
    /// How often the engine restarted it by itself since the last start by hand (seen on Docker 26.1: a start by hand sets it to 0).
    pub restart_count: u64,
    /// None without a HEALTHCHECK (also where the engine sends an empty status, as Podman 4.3 does).
    pub health: Option<Health>,
}

impl Status {
    /// True if a process of it runs, or will without anybody's doing.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }
}

impl State {
    /// See [`Status::is_active`].
    pub fn is_active(&self) -> bool {
        self.status.is_active()
    }
}
