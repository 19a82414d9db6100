//! How processes begin and end, and what the engine does about it by itself.

use std::time::Duration;

use rotate::model::{Health, RestartPolicy, Status};

use super::build::Ends;
use super::host::{Collision, Container, Host, Refused};

/// Exit code of what is killed.
pub(super) const KILLED: i64 = 137;
/// The engine waits so long before its first restart, then twice as long each time.
const BACK_OFF: Duration = Duration::from_millis(100);
/// One that ran so long before it ended is restarted as if for the first time.
const RAN_WELL: Duration = Duration::from_secs(10);

/// What will become of one process.
#[derive(Debug, Clone)]
pub(super) struct Event {
    at: Duration,
    container: String,
    process: u64,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    End(i64),
    Probe { failures: u32 },
    Restart,
}

impl Host {
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now.saturating_add(time);
        while self.is_up {
            let due = self.events.iter().enumerate().filter(|(_, event)| event.at <= until).min_by_key(|(_, event)| event.at);
            let Some((index, _)) = due else { break };
            let event = self.events.swap_remove(index);
            self.now = self.now.max(event.at);
            if self.containers.get(&event.container).is_some_and(|c| c.process == event.process) {
                self.happen(&event);
            }
        }
        self.now = until;
    }

    fn happen(&mut self, event: &Event) {
        let id = event.container.as_str();
        match event.what {
            What::End(code) => self.process_ended(id, code),
            What::Restart => {
                if let Err(refused) = self.begin(id)
                    && let Ok(found) = self.get(id)
                {
                    (found.status, found.error) = (Status::Exited, refused.message);
                }
            }
            What::Probe { failures } => self.probe(id, event.process, failures),
        }
    }

    fn probe(&mut self, id: &str, process: u64, failures: u32) {
        let Ok(found) = self.get(id) else { return };
        let (is_well, interval) = (found.build.health == Some(true), found.interval());
        let failures = if is_well { 0 } else { failures + 1 };
        if is_well {
            found.health = Some(Health::Healthy);
        } else if failures >= 2 {
            found.health = Some(Health::Unhealthy);
        }
        if !is_well && failures < 2 {
            self.plan(id, process, interval, What::Probe { failures });
        }
    }

    fn plan(&mut self, id: &str, process: u64, wait: Duration, what: What) {
        self.events.push(Event { at: self.now + wait, container: id.to_owned(), process, what });
    }

    /// `docker start`.
    pub(super) fn start(&mut self, container: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        let found = self.get(&id)?;
        match found.status {
            Status::Paused => return Err(Refused::new(409, "cannot start a paused container, try unpause instead")),
            Status::Running | Status::Restarting => return Ok(()),
            Status::Dead => return Err(Refused::new(409, "container is marked for removal and cannot be started")),
            Status::Created | Status::Exited => {}
        }
        self.check_conflicts(&id).inspect_err(|refused| self.note_failed_start(&id, 128, refused))?;
        let found = self.get(&id)?;
        (found.restart_count, found.is_stopped_by_hand) = (0, false);
        self.begin(&id).inspect_err(|refused| self.note_failed_start(&id, 127, refused))
    }

    fn note_failed_start(&mut self, id: &str, code: i64, refused: &Refused) {
        let Ok(found) = self.get(id) else { return };
        if found.exit_code == 0 {
            found.exit_code = code;
        }
        found.error.clone_from(&refused.message);
    }

    fn check_conflicts(&self, id: &str) -> Result<(), Refused> {
        let Some(own) = self.containers.get(id) else { return Ok(()) };
        let others = || self.containers.values().filter(|other| other.id != own.id && other.is_running());
        for port in own.ports() {
            if self.ports_taken.contains(&port) || others().any(|other| other.ports().contains(&port)) {
                let says = format!("Bind for 0.0.0.0:{port} failed: port is already allocated");
                return Err(Refused::new(500, format!("driver failed programming external connectivity on endpoint {}: {says}", own.name)));
            }
        }
        for name in own.networks.keys() {
            if !self.networks.contains_key(name) {
                return Err(Refused::new(404, format!("network {name} not found")));
            }
            let is_static = own.networks[name].pointer("/IPAMConfig/IPv4Address").is_some();
            let has_it = |other: &Container| other.networks.contains_key(name) && self.address(other, name) == self.address(own, name);
            if is_static && others().any(has_it) {
                return Err(Refused::new(403, "Address already in use"));
            }
        }
        Ok(())
    }

    /// Begins a process; whoever wanted it.
    pub(super) fn begin(&mut self, id: &str) -> Result<(), Refused> {
        self.check_conflicts(id)?;
        let (now, at) = (self.now, self.at());
        let found = self.get(id)?;
        let build = std::sync::Arc::clone(&found.build);
        if build.ends == Ends::AtOnce {
            let says = "exec: \"serve\": executable file not found in $PATH: unknown";
            return Err(Refused::new(400, format!("failed to create task for container: OCI runtime create failed: {says}")));
        }
        if found.is_lost && !self.flavour.ends_lost {
            return Err(Refused::new(500, "id already in use"));
        }
        let found = self.get(id)?;
        found.is_lost = false;
        found.process += 1;
        (found.status, found.exit_code, found.started_at, found.began) = (Status::Running, 0, Some(at), now);
        found.error.clear();
        found.health = found.has_healthcheck().then_some(Health::Starting);
        let (process, interval, has_check) = (found.process, found.interval(), found.health.is_some());
        if let Ends::After(time, code) = build.ends {
            self.plan(id, process, time, What::End(code));
        }
        if has_check {
            self.plan(id, process, interval, What::Probe { failures: 0 });
        }
        self.write_to_volumes(id);
        Ok(())
    }

    fn write_to_volumes(&mut self, id: &str) {
        let Some(own) = self.containers.get(id) else { return };
        let who = format!("{} {}", own.build.version, &own.id[..12]);
        let volumes: Vec<String> = own.mounts.iter().filter(|mount| mount.is_writable).map(|mount| mount.volume.clone()).collect();
        for volume in volumes {
            let is_on_it = |other: &&super::host::Container| {
                other.id != id && other.mounts.iter().any(|mount| mount.volume == volume && mount.is_writable)
            };
            let running = self.with_processes().find(is_on_it).map(|other| other.name.clone());
            if let Some(running) = running {
                self.collisions.push(Collision { volume: volume.clone(), running, started: self.containers[id].name.clone() });
            }
            self.volumes.entry(volume).or_default().writers.push(who.clone());
        }
    }

    /// A process ended and nobody had asked it to.
    pub(super) fn process_ended(&mut self, id: &str, code: i64) {
        let now = self.now;
        let Ok(found) = self.get(id) else { return };
        found.is_lost = false;
        if !found.is_running() {
            return;
        }
        let ran = now.saturating_sub(found.began);
        self.end(id, code);
        let Ok(found) = self.get(id) else { return };
        if !found.is_to_be_restarted() {
            return;
        }
        let earlier = if ran >= RAN_WELL { 0 } else { u32::try_from(found.restart_count).unwrap_or(9).min(9) };
        found.status = Status::Restarting;
        found.restart_count += 1;
        let process = found.process;
        self.plan(id, process, BACK_OFF * 2_u32.pow(earlier), What::Restart);
    }

    /// Ends a process, whoever wanted it; what was to become of it is forgotten.
    pub(super) fn end(&mut self, id: &str, code: i64) {
        let at = self.at();
        let Ok(found) = self.get(id) else { return };
        found.process += 1;
        (found.status, found.exit_code, found.finished_at) = (Status::Exited, code, Some(at));
        // Seen on Docker 26.1: whose probes have ended is not healthy.
        found.health = found.health.map(|_| Health::Unhealthy);
    }

    /// `docker stop`.
    pub(super) fn stop(&mut self, container: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        let found = self.get(&id)?;
        if found.is_active() {
            let code = if found.is_running() { found.build.on_term.unwrap_or(KILLED) } else { found.exit_code };
            found.is_stopped_by_hand = true;
            self.end(&id, code);
        }
        Ok(())
    }
}

impl Container {
    /// What the engine thinks of its last exit (moby v26.1.5, `restartmanager/restartmanager.go`).
    pub(super) fn is_to_be_restarted(&self) -> bool {
        match self.policy {
            RestartPolicy::No => false,
            RestartPolicy::Always => true,
            RestartPolicy::UnlessStopped => !self.is_stopped_by_hand,
            RestartPolicy::OnFailure(most) => self.exit_code != 0 && (most == 0 || self.restart_count < u64::from(most)),
        }
    }

    fn ports(&self) -> Vec<String> {
        let bindings = self.host["PortBindings"].as_object().into_iter().flatten();
        let ports = bindings.flat_map(|(_, on)| on.as_array().into_iter().flatten().filter_map(|one| one["HostPort"].as_str()));
        ports.filter(|port| !port.is_empty()).map(str::to_owned).collect()
    }

    fn has_healthcheck(&self) -> bool {
        self.config.pointer("/Healthcheck/Test/0").and_then(serde_json::Value::as_str).is_some_and(|kind| kind != "NONE")
    }

    fn interval(&self) -> Duration {
        let nanoseconds = self.config.pointer("/Healthcheck/Interval").and_then(serde_json::Value::as_u64).filter(|n| *n > 0);
        nanoseconds.map_or(Duration::from_secs(30), Duration::from_nanos)
    }
}
