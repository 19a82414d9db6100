//! What is on the host: containers, volumes, networks, images, and the time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use rotate::engine::{EngineError, Refusal};
use rotate::model::{Health, RestartPolicy, Status};
use serde_json::Value;

use super::document::Description;
use super::images::Images;
use super::life::Event;
use super::shelf::Shelf;
use super::{Build, Flavour};

/// The engine said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub status: u16,
    pub message: String,
}

impl Refused {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub fn into_error(self, call: &str) -> EngineError {
        let refusal = Refusal::read(self.status, &self.message);
        EngineError::Refused { call: call.to_owned(), refusal, status: self.status, message: self.message }
    }
}

/// Two containers ran on one volume at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    pub volume: String,
    pub running: String,
    pub started: String,
}

/// One container.
#[derive(Debug, Clone)]
pub struct Container {
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    pub image: String,
    pub build: Arc<Build>,
    pub config: Value,
    /// Without the restart policy.
    pub host: Value,
    pub policy: RestartPolicy,
    pub networks: BTreeMap<String, Value>,
    pub mounts: Vec<Mount>,
    pub status: Status,
    pub exit_code: i64,
    pub error: String,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// When its process began, as [`Host::now`] counts.
    pub began: Duration,
    pub restart_count: u64,
    pub is_stopped_by_hand: bool,
    /// Its engine calls it ended, and its processes run: see [`Host::kill_engine_and_lose`].
    pub is_lost: bool,
    pub health: Option<Health>,
    /// Counts its processes, so that what was to become of an earlier one is forgotten.
    pub process: u64,
    pub(super) described: RefCell<Description>,
}

/// A volume in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    pub volume: String,
    pub destination: String,
    pub mode: String,
    pub is_writable: bool,
    /// Made for this container, which gave it no name: `docker rm -v` takes it along.
    pub is_own: bool,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volume {
    /// Who wrote to it, the first first.
    pub writers: Vec<String>,
    /// A text that somebody left there.
    pub text: String,
}

/// Everything.
pub struct Host {
    pub flavour: Flavour,
    /// Since the beginning; does not jump.
    pub now: Duration,
    /// What the host's clock showed at the beginning; a jump of the clock changes it.
    pub epoch: Timestamp,
    /// Counts boots.
    pub boot: u64,
    /// Counts lives of the engine.
    pub life: Arc<AtomicU64>,
    pub is_up: bool,
    pub containers: BTreeMap<String, Container>,
    /// Those that were removed while they were lost: only the kernel knows them.
    pub removed_lost: BTreeMap<String, Container>,
    pub volumes: BTreeMap<String, Volume>,
    /// By name: the first three numbers of its addresses.
    pub networks: BTreeMap<String, String>,
    pub images: Images,
    pub shelf: Shelf,
    /// Ports that a process of the host has.
    pub ports_taken: Vec<String>,
    pub collisions: Vec<Collision>,
    pub(super) events: Vec<Event>,
    pub(super) processes_at_fall: bool,
    seed: u64,
    made: u64,
}

impl Host {
    pub(super) fn new(flavour: Flavour, seed: u64) -> Self {
        let networks = [("bridge", "172.17.0"), ("host", ""), ("none", "")];
        Self {
            flavour,
            now: Duration::ZERO,
            epoch: "2026-01-01T00:00:00Z".parse().expect("a time"),
            boot: 1,
            life: Arc::default(),
            is_up: true,
            containers: BTreeMap::new(),
            removed_lost: BTreeMap::new(),
            volumes: BTreeMap::new(),
            networks: networks.map(|(name, net)| (name.to_owned(), net.to_owned())).into(),
            images: Images::new(flavour),
            shelf: Shelf::default(),
            ports_taken: Vec::new(),
            collisions: Vec::new(),
            events: Vec::new(),
            processes_at_fall: false,
            seed,
            made: 0,
        }
    }

    /// The host's clock.
    pub fn at(&self) -> Timestamp {
        let since = jiff::SignedDuration::try_from(self.now).unwrap_or(jiff::SignedDuration::MAX);
        self.epoch.saturating_add(since).unwrap_or(Timestamp::MAX)
    }

    /// 64 hex digits that nothing else has.
    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        made_up(self.seed, self.made)
    }

    /// By id or name.
    pub fn find(&self, container: &str) -> Option<&Container> {
        self.containers.get(container).or_else(|| self.containers.values().find(|c| c.name == container))
    }

    /// The id of the container that is meant.
    pub(super) fn id_of(&self, container: &str) -> Result<String, Refused> {
        let found = self.find(container).map(|c| c.id.clone());
        found.ok_or_else(|| Refused::new(404, format!("No such container: {container}")))
    }

    pub(super) fn get(&mut self, container: &str) -> Result<&mut Container, Refused> {
        let id = self.id_of(container)?;
        let found = self.containers.get_mut(&id).ok_or_else(|| Refused::new(404, format!("No such container: {container}")))?;
        found.described.get_mut().outdate();
        Ok(found)
    }

    pub(super) fn check_name(&self, name: &str) -> Result<(), Refused> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
        let rest = name.as_bytes().split_first().filter(|(first, _)| is_letter(**first)).map(|(_, rest)| rest);
        if !rest.is_some_and(|rest| !rest.is_empty() && rest.iter().all(|byte| is_letter(*byte) || b"_.-".contains(byte))) {
            return Err(Refused::new(400, format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")));
        }
        match self.containers.values().find(|c| c.name == name) {
            Some(holder) => {
                let says = "You have to remove (or rename) that container to be able to reuse that name.";
                Err(Refused::new(
                    409,
                    format!("Conflict. The container name \"/{name}\" is already in use by container \"{}\". {says}", holder.id),
                ))
            }
            None => Ok(()),
        }
    }

    pub(super) fn rename(&mut self, container: &str, name: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        if self.containers[&id].name == name {
            return Err(Refused::new(400, "Renaming a container with the same name as its current name"));
        }
        self.check_name(name)?;
        self.get(&id)?.name = name.to_owned();
        Ok(())
    }

    pub(super) fn remove(&mut self, container: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        let found = &self.containers[&id];
        if found.is_active() {
            let says = "stop the container before removing or force remove";
            return Err(Refused::new(409, format!("cannot remove container \"/{}\": container is running: {says}", found.name)));
        }
        self.forget(&id);
        Ok(())
    }

    /// A container goes; what it has lost runs on.
    pub(super) fn forget(&mut self, id: &str) {
        if let Some(gone) = self.containers.remove(id).filter(|gone| gone.is_lost) {
            self.removed_lost.insert(gone.id.clone(), gone);
        }
    }

    /// Whoever has processes, known to the engine or not.
    pub fn with_processes(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().chain(self.removed_lost.values()).filter(|c| c.has_processes())
    }

    /// A person ends what the engine has lost.
    pub fn end_lost(&mut self) {
        self.containers.values_mut().for_each(|c| c.is_lost = false);
        self.removed_lost.clear();
    }

    pub(super) fn remove_volume(&mut self, volume: &str) -> Result<(), Refused> {
        let users: Vec<_> =
            self.containers.values().filter(|c| c.mounts.iter().any(|m| m.volume == volume)).map(|c| c.id.as_str()).collect();
        if !users.is_empty() {
            return Err(Refused::new(409, format!("remove {volume}: volume is in use - [{}]", users.join(", "))));
        }
        let removed = self.volumes.remove(volume);
        removed.map(drop).ok_or_else(|| Refused::new(404, format!("get {volume}: no such volume")))
    }
}

impl Container {
    /// True if a process of it runs, or is about to.
    pub fn is_active(&self) -> bool {
        matches!(self.status, Status::Running | Status::Paused | Status::Restarting)
    }

    /// True if a process of it runs now, as far as the engine knows.
    pub fn is_running(&self) -> bool {
        matches!(self.status, Status::Running | Status::Paused)
    }

    /// The same as the kernel has it.
    pub fn has_processes(&self) -> bool {
        self.is_running() || self.is_lost
    }
}

/// 64 hex digits (splitmix64).
pub fn made_up(seed: u64, n: u64) -> String {
    let mut state = seed ^ n.wrapping_mul(0xd134_2543_de82_ef95);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    format!("{:016x}{:016x}{:016x}{:016x}", next(), next(), next(), next())
}
