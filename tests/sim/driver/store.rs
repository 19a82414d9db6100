//! The store in memory: what was written when the process died is what the next one finds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use rotate::model::{Digest, Hold, ImageId, Reference, RefusedDigest, RotationId, Sighting};
use rotate::rotation::{Purpose, Record, Stage};
use rotate::store::{Store, StoreError};

use super::world::World;

/// What is on the disk.
#[derive(Clone, Default)]
pub struct Disk {
    pub records: BTreeMap<String, Record>,
    pub refused: BTreeMap<String, RefusedDigest>,
    holds: BTreeMap<String, Hold>,
    sightings: BTreeMap<Reference, Sighting>,
    equal: BTreeSet<(ImageId, Reference, Digest)>,
    last_run: Option<Timestamp>,
}

/// A disk, and the process that writes to it.
pub struct MemoryStore {
    world: Arc<World>,
    disk: Mutex<Disk>,
}

impl MemoryStore {
    pub fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), disk: Mutex::default() }
    }

    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("the disk")
    }

    fn write<T>(&self, what: &str, nothing: T, change: impl FnOnce(&mut Disk) -> T) -> Result<T, StoreError> {
        if self.world.is_dead() {
            return Ok(nothing); // nobody is there to see it
        }
        if self.world.is_full() {
            self.world.note(|| format!("store: {what}: full"));
            self.world.state().is_unrecorded = true;
            return Err(StoreError::Full(PathBuf::from("/var/lib/rotate")));
        }
        let crash = self.world.crash_at_save();
        if crash == Some(false) {
            self.world.kill(&format!("before it writes {what}"));
            return Ok(nothing);
        }
        self.world.note(|| format!("store: {what}"));
        let done = change(&mut self.disk());
        if crash == Some(true) {
            self.world.kill(&format!("after it has written {what}"));
        }
        Ok(done)
    }
}

impl Store for MemoryStore {
    fn reserve(&self) -> Result<(), StoreError> {
        if self.world.is_full() { Err(StoreError::Full(PathBuf::from("/var/lib/rotate"))) } else { Ok(()) }
    }

    fn save(&self, record: &Record) -> Result<(), StoreError> {
        let what = if self.world.is_loud() { record.to_string() } else { String::new() };
        self.write(&what, (), |disk| drop(disk.records.insert(record.id.to_string(), record.clone())))
    }

    fn has_rotation(&self, id: &RotationId) -> Result<bool, StoreError> {
        Ok(self.disk().records.contains_key(id.as_str()))
    }

    fn open_rotations(&self) -> Result<Vec<Record>, StoreError> {
        let mut open: Vec<Record> = self.disk().records.values().filter(|record| record.stage != Stage::Closed).cloned().collect();
        open.sort_by(|a, b| (a.opened_at, a.id.as_str()).cmp(&(b.opened_at, b.id.as_str())));
        Ok(open)
    }

    fn history(&self, unit: Option<&str>, most: usize) -> Result<Vec<Record>, StoreError> {
        let disk = self.disk();
        let is_meant = |record: &&Record| record.purpose == Purpose::Rotate && unit.is_none_or(|unit| record.is_about(unit));
        let mut all: Vec<&Record> = disk.records.values().filter(is_meant).collect();
        all.sort_by(|a, b| (b.opened_at, a.id.as_str()).cmp(&(a.opened_at, b.id.as_str())));
        Ok(all.into_iter().take(most).cloned().collect())
    }

    fn last_rotations(&self) -> Result<Vec<Record>, StoreError> {
        let all = self.history(None, usize::MAX)?.into_iter().rev().map(|record| (record.unit.clone(), record));
        Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    fn prune(&self, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    fn begin_run(&self, at: Timestamp) -> Result<(), StoreError> {
        self.write("the run", (), |disk| disk.last_run = Some(at))
    }

    fn last_run(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.disk().last_run)
    }

    fn hold(&self, hold: &Hold) -> Result<(), StoreError> {
        self.write("a hold", (), |disk| drop(disk.holds.insert(hold.name.clone(), hold.clone())))
    }

    fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        Ok(self.disk().holds.values().cloned().collect())
    }

    fn release(&self, name: &str) -> Result<bool, StoreError> {
        self.write("a release", false, |disk| disk.holds.remove(name).is_some())
    }

    fn refuse(&self, refused: &RefusedDigest) -> Result<(), StoreError> {
        self.write("a refusal", (), |disk| drop(disk.refused.insert(refused.unit.clone(), refused.clone())))
    }

    fn refused(&self, unit: &str) -> Result<Option<RefusedDigest>, StoreError> {
        Ok(self.disk().refused.get(unit).cloned())
    }

    fn all_refused(&self) -> Result<Vec<RefusedDigest>, StoreError> {
        Ok(self.disk().refused.values().cloned().collect())
    }

    fn accept(&self, unit: &str) -> Result<bool, StoreError> {
        self.write("an acceptance", false, |disk| disk.refused.remove(unit).is_some())
    }

    fn sighting(&self, reference: &Reference) -> Result<Option<Sighting>, StoreError> {
        Ok(self.disk().sightings.get(reference).cloned())
    }

    fn saw(&self, reference: &Reference, digest: &Digest, at: Timestamp) -> Result<Timestamp, StoreError> {
        let known = self.sighting(reference)?.filter(|sighting| sighting.digest == *digest);
        if let Some(known) = known {
            return Ok(known.first_at);
        }
        self.write("a sighting", at, |disk| {
            disk.sightings.insert(reference.clone(), Sighting { digest: digest.clone(), first_at: at });
            at
        })
    }

    fn remember_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<(), StoreError> {
        let row = (image.clone(), reference.clone(), digest.clone());
        self.write("an equal digest", false, |disk| disk.equal.insert(row)).map(|_| ())
    }

    fn is_equal(&self, image: &ImageId, reference: &Reference, digest: &Digest) -> Result<bool, StoreError> {
        Ok(self.disk().equal.iter().any(|row| (&row.0, &row.1, &row.2) == (image, reference, digest)))
    }
}
