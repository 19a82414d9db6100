//! A child process that never outlives its use.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// A child that was started as the leader of a process group of its own. Dropped before it was waited for, it takes the group with it.
#[derive(Debug)]
pub struct Group(pub Child);

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(leader) = leader {
            // It may have ended in this moment, which is as good.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
