//! A container whose processes run on after its engine has lost sight of them.
//!
//! After its own death (`kill -9`) on a host with much to do, Docker 26.1 called some «exited», again and again, whose processes it had started itself and
//! could not find again («cannot delete running task»). No call ends them: a stop answers 304, a kill 409, and they outlive a restart of dockerd. A start
//! does (seen on Docker 26.1 and 28.5: it clears what containerd has under the id, by force, before it starts anew), and then the engine knows its
//! container. Docker 20.10 refuses it («id already in use»).

use std::time::Duration;

use super::act::{ActError, perform_patiently};
use super::memory::Memory;
use super::run::Rotation;
use super::{Act, Change, Record, Role, write};
use crate::clock::with_signs_of_life;
use crate::engine::EngineError;
use crate::model::ContainerId;

/// How often processes of a container that has ended are looked for: the kernel ends what the first one leaves, which takes a moment.
const LOOKS: u32 = 20;
/// Between two looks, and between two starts.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is started to be stopped: an engine with much to do loses it again.
const TIMES: u32 = 2;
/// How often such a start is asked for again until it is answered.
const AGAIN: u32 = 3;
/// From the start until a stop is heeded: for two seconds dockerd tries to clear away what it has just started, and loses it again if it is stopped then.
const KNOWN_AGAIN: Duration = Duration::from_secs(3);

impl Rotation<'_> {
    /// Returns once no process of the container runs that is to be down while this one may run.
    ///
    /// What the engine has lost is started and stopped again: alone, as nothing else is armed. That is noted first: between what a start ends and what
    /// it begins there is a moment without processes, and a process that comes after this one must not take that for the end. Errors with
    /// [`ActError::StillRuns`], also where nobody knows whether a start is still to land.
    pub(super) async fn see_the_end_of_the_other(
        &self,
        record: &mut Record,
        memory: &mut Memory,
        member: usize,
        role: Role,
    ) -> Result<(), ActError> {
        let Some((other, role)) = record.members.get(member).and_then(|member| member.other(role)) else { return Ok(()) };
        let other = other.clone();
        let named = format!("{role} ({})", other.short());
        let still_runs = |tried| ActError::StillRuns { other: named.clone(), id: other.clone(), tried };
        // A note that a full store has kept: what serves by now must have nothing started beside it.
        if record.lost.as_ref() == Some(&other)
            && let Some((incoming, _)) = record.members.get(member).and_then(|member| member.other(role))
            && self.engine.container(incoming.as_str()).await.map_err(ActError::Look)?.is_some_and(|c| c.status().is_active())
        {
            return if self.has_ended(&other).await { Ok(()) } else { Err(still_runs(String::new())) };
        }
        let mut tried = String::new();
        for _ in 0..TIMES {
            if record.lost.as_ref() != Some(&other) {
                if self.has_ended(&other).await {
                    return Ok(());
                }
                self.note_lost(record, memory, Some(other.clone()));
            }
            tracing::warn!(
                rotation = %record.id, container = %record.unit,
                "{}: the engine says that the {named} has ended, and its processes still run: it is started and stopped again, so that the engine knows it",
                record.unit
            );
            tried = match self.start_until_answered(record, member, role).await {
                Ok(()) => {
                    self.clock.sleep(KNOWN_AGAIN).await;
                    match self.ask(record, &Act::Stop { member, role }).await {
                        Ok(()) => " after it was started and stopped again".to_owned(),
                        Err(error) => format!(" (it was started to be stopped: {error})"),
                    }
                }
                Err(ActError::Engine(error @ EngineError::Unreachable { .. })) => return Err(error.into()),
                Err(error @ ActError::Engine(EngineError::Refused { .. })) => format!(" (it was to be started and stopped again: {error})"),
                Err(error) => return Err(still_runs(format!(" (it was to be started and stopped again: {error})"))),
            };
            self.note_lost(record, memory, None);
        }
        if self.has_ended(&other).await { Ok(()) } else { Err(still_runs(tried)) }
    }

    /// Returns once no process runs of the predecessor that another hand removed: the one that is created in its place would be a second one at its
    /// volumes. Docker removes what it has lost like any other that has ended, and no call of its ends those processes then.
    pub(super) async fn see_the_end_of_the_removed(&self, record: &Record, member: usize) -> Result<(), ActError> {
        let Some(gone) = record.members.get(member).map(|member| &member.predecessor) else { return Ok(()) };
        if self.has_ended(gone).await {
            return Ok(());
        }
        Err(ActError::StillRuns {
            other: format!("removed {} ({})", Role::Predecessor, gone.short()),
            id: gone.clone(),
            tried: String::new(),
        })
    }

    async fn has_ended(&self, container: &ContainerId) -> bool {
        for _ in 0..LOOKS {
            if !self.engine.has_processes(container).await {
                return true;
            }
            self.clock.sleep(PAUSE).await;
        }
        false
    }

    async fn start_until_answered(&self, record: &Record, member: usize, role: Role) -> Result<(), ActError> {
        for _ in 0..AGAIN {
            match self.ask(record, &Act::Start { member, role }).await {
                Err(ActError::Engine(error)) if error.may_land() => self.clock.sleep(PAUSE).await,
                answer => return answer,
            }
        }
        self.ask(record, &Act::Start { member, role }).await
    }

    async fn ask(&self, record: &Record, act: &Act) -> Result<(), ActError> {
        with_signs_of_life(self.clock, perform_patiently(self.engine, self.clock, record, act, self.keyring, &|_| {})).await
    }

    /// Where it cannot be written it is known to this process at least: what was begun is brought to rest all the same.
    fn note_lost(&self, record: &mut Record, memory: &mut Memory, container: Option<ContainerId>) {
        if let Err(error) = write::change(self.store, self.clock, record, memory, &Change::NoteLost { container }) {
            tracing::error!(rotation = %record.id, container = %record.unit, "{}: {error}", record.unit);
        }
    }
}
