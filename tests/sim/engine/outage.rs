//! The engine goes away and comes back, with or without its host.

use std::time::Duration;

use rotate::model::{RestartPolicy, Status};

use super::build::Ends;
use super::host::{Container, Host};
use super::life::KILLED;

/// Exit code of what was not seen to end.
const UNSEEN: i64 = 255;

impl Host {
    /// `systemctl stop docker`: the engine stops its containers, which is nobody's wish for them to stay stopped.
    pub fn stop_engine(&mut self) {
        for id in self.running() {
            let code = self.containers[&id].build.on_term.unwrap_or(KILLED);
            self.end(&id, code);
        }
        self.fall(false);
    }

    /// The engine is killed: its containers run on until it is back, or are killed with it.
    pub fn kill_engine(&mut self) {
        if self.flavour.takes_containers_along {
            self.end_unseen();
            self.end_lost();
        }
        self.fall(!self.flavour.takes_containers_along);
    }

    /// The engine is killed, and will not find again what it started in the last moments, though that runs (seen on Docker 26.1, on a host with much to do):
    /// it calls it ended, answers a stop of it at once and does nothing, and a restart of the engine changes nothing. Only one that the engine does not start
    /// by itself: others it would start and lose again and again. Returns the names.
    pub fn kill_engine_and_lose(&mut self, started_within: Duration) -> Vec<String> {
        self.kill_engine();
        if !self.processes_at_fall {
            return Vec::new();
        }
        let since = self.now.saturating_sub(started_within);
        let is_to_be_lost = |c: &&mut Container| {
            c.status == Status::Running && c.began >= since && c.policy == RestartPolicy::No && c.build.ends == Ends::Never
        };
        let lost = self.containers.values_mut().filter(is_to_be_lost);
        lost.map(|c| {
            c.is_lost = true;
            c.name.clone()
        })
        .collect()
    }

    /// Power cut. Nothing runs until [`Host::start_engine`].
    pub fn cut_power(&mut self) {
        self.end_unseen();
        self.end_lost();
        self.boot += 1;
        self.fall(false);
    }

    fn end_unseen(&mut self) {
        for id in self.running() {
            self.end(&id, UNSEEN);
        }
    }

    fn fall(&mut self, processes_live: bool) {
        self.processes_at_fall = processes_live;
        self.is_up = false;
        self.life.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// The engine is up again and starts what is to be started (moby v26.1.5, `daemon/daemon.go`, `restore`).
    pub fn start_engine(&mut self) {
        if self.is_up {
            return;
        }
        if std::mem::take(&mut self.processes_at_fall) {
            // It stops what it finds running, as if somebody had asked it to: `unless-stopped` stays down (seen on Docker 26.1).
            for id in self.running() {
                let is_lost = self.containers[&id].is_lost;
                let code = if is_lost { UNSEEN } else { self.containers[&id].build.on_term.unwrap_or(KILLED) };
                if let Ok(found) = self.get(&id) {
                    found.is_stopped_by_hand = !is_lost;
                }
                self.end(&id, code);
            }
        }
        self.is_up = true;
        self.events.clear();
        let waiting: Vec<String> = self.containers.values().filter(|c| c.is_active()).map(|c| c.id.clone()).collect();
        for id in waiting {
            let code = self.containers[&id].exit_code;
            self.end(&id, code);
        }
        let due = self.containers.values().filter(|c| c.started_at.is_some() && c.is_to_be_restarted());
        let due: Vec<String> = due.map(|c| c.id.clone()).collect();
        for id in due {
            if let Ok(found) = self.get(&id) {
                (found.restart_count, found.is_stopped_by_hand) = (0, false);
            }
            if let Err(refused) = self.begin(&id)
                && let Ok(found) = self.get(&id)
            {
                found.error = refused.message;
            }
        }
    }

    fn running(&self) -> Vec<String> {
        self.containers.values().filter(|c| c.is_running()).map(|c| c.id.clone()).collect()
    }
}
