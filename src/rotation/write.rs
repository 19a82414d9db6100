//! What of a rotation is written durably, in which order, and what follows if it cannot be.

use super::memory::Memory;
use super::{Change, Failure, Record, Role, Unwritten};
use crate::clock::Clock;
use crate::model::RefusedDigest;
use crate::store::{Store, StoreError};

/// Writes one change durably. What follows if it cannot be written: see [`Change::unwritten`].
pub fn change(store: &dyn Store, clock: &dyn Clock, record: &mut Record, memory: &mut Memory, change: &Change) -> Result<(), StoreError> {
    let before = record.clone();
    make(clock, record, memory, change);
    let saved = save(store, clock, record, memory, change);
    memory.is_unsaved = saved.is_err();
    let Err(source) = saved else { return Ok(()) };
    tracing::error!(rotation = %record.id, container = %record.unit, "{}: {source}", record.unit);
    match change.unwritten(&before) {
        Unwritten::Made => Ok(()),
        Unwritten::TurnsBack => {
            *record = before;
            make(clock, record, memory, &Change::TurnBack { failure: Failure::NotRecorded { message: source.to_string() } });
            Ok(())
        }
        Unwritten::Left => Err(source),
    }
}

/// Makes one change in memory. What this process saw and did for another goal, or of another container, does not count after it.
fn make(clock: &dyn Clock, record: &mut Record, memory: &mut Memory, change: &Change) {
    let before = (record.goal.clone(), record.stage);
    record.apply(change);
    if let Change::TurnBack { failure } | Change::Stay { failure, .. } = change
        && failure.refuses_digest()
    {
        memory.unrefused = Some(failure.clone());
    }
    if let Some(word) = word(change) {
        record.note(word, clock.at());
    }
    if before.0 != record.goal {
        memory.watches.clear();
        memory.have_run.clear();
    }
    if before != (record.goal.clone(), record.stage) {
        memory.service.begin_again();
    }
    if matches!(change, Change::AdoptReplacement { .. } | Change::TakeForPredecessor { .. }) {
        memory.refused.clear(); // that was another container
    }
    if let Change::AdoptPredecessor { member, .. } = change {
        memory.forget_refusals(*member, Role::Predecessor); // so it is where its making was not answered
    }
}

/// What the record says of a change beside the acts, if its time is of interest to people.
fn word(change: &Change) -> Option<&'static str> {
    match change {
        Change::Prove { .. } => Some("proved"),
        Change::Stay { .. } => Some("stayed"),
        Change::FailLate { .. } => Some("failed_late"),
        Change::TurnBack { .. } => Some("turned_back"),
        Change::Close => Some("closed"),
        Change::Pulled { .. }
        | Change::EnterCreating { .. }
        | Change::Adopt { .. }
        | Change::NoteDependents { .. }
        | Change::NoteDown { .. }
        | Change::LeaveDropIn
        | Change::NoteLost { .. }
        | Change::NoteFailed { .. }
        | Change::EnterSwitching { .. }
        | Change::CountStart { .. }
        | Change::AdoptReplacement { .. }
        | Change::AdoptPredecessor { .. }
        | Change::TakeForPredecessor { .. }
        | Change::GiveUpRollback { .. }
        | Change::Recover
        | Change::KeepLog { .. } => None,
    }
}

/// Turns the rotation back because a person asked for it; only what is on disk counts as asked.
pub fn request_back(store: &dyn Store, clock: &dyn Clock, record: &mut Record) -> Result<(), StoreError> {
    let change = Change::TurnBack { failure: Failure::Requested };
    record.apply(&change);
    record.note("turned_back", clock.at());
    refuse(store, clock, record, &Failure::Requested)?;
    store.save(record)
}

/// Tries once more to write what the store has not taken, before the record is left to another run.
pub fn leave_unsaved(store: &dyn Store, clock: &dyn Clock, record: &Record, memory: &mut Memory) {
    if memory.is_unsaved {
        leave(store, clock, record, memory);
    }
}

/// Writes what nothing depends on before the record is left to another run.
pub fn leave(store: &dyn Store, clock: &dyn Clock, record: &Record, memory: &mut Memory) {
    memory.is_unsaved = false;
    if let Err(error) = save_refused(store, clock, record, memory).and_then(|()| store.save(record)) {
        tracing::error!(rotation = %record.id, container = %record.unit, "{}: {error}", record.unit);
    }
}

/// The record, and what it says about its digests.
fn save(store: &dyn Store, clock: &dyn Clock, record: &Record, memory: &mut Memory, change: &Change) -> Result<(), StoreError> {
    save_refused(store, clock, record, memory)?;
    store.save(record)?;
    if matches!(change, Change::Prove { .. }) {
        for member in record.members.iter().filter(|member| member.digest.is_some()) {
            store.accept(&member.name)?;
        }
    }
    if matches!(change, Change::Close) {
        store.overwrite_forgotten();
    }
    Ok(())
}

/// Before the record: a crash in between must not lose the refusal. One that was not taken goes with the next write that is, whichever that is.
fn save_refused(store: &dyn Store, clock: &dyn Clock, record: &Record, memory: &mut Memory) -> Result<(), StoreError> {
    if let Some(failure) = &memory.unrefused {
        refuse(store, clock, record, failure)?;
    }
    memory.unrefused = None;
    Ok(())
}

fn refuse(store: &dyn Store, clock: &dyn Clock, record: &Record, failure: &Failure) -> Result<(), StoreError> {
    for member in record.at_fault() {
        let Some(digest) = member.digest.clone() else { continue };
        let (unit, reference) = (member.name.clone(), member.reference.clone());
        store.refuse(&RefusedDigest { unit, reference, digest, reason: failure.to_string(), at: clock.at() })?;
    }
    Ok(())
}
