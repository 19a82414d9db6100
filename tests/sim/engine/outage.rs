//! The engine goes away and comes back, with or without its host.

use super::host::Host;
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
        }
        self.fall(!self.flavour.takes_containers_along);
    }

    /// Power cut. Nothing runs until [`Host::start_engine`].
    pub fn cut_power(&mut self) {
        self.end_unseen();
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
                let code = self.containers[&id].build.on_term.unwrap_or(KILLED);
                if let Ok(found) = self.get(&id) {
                    found.is_stopped_by_hand = true;
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
