//! The loop: look, decide, write the intent, act, look again. It never trusts the answer to its last call over what the engine shows.

use std::time::Duration;

use super::act::{ActError, perform_patiently};
use super::in_full::change_in_full;
use super::lifeline::Lifeline;
use super::memory::{self, Memory};
use super::observe::{Moment, look_at_images, observe};
use super::probe::Prober;
use super::{Act, Change, Keyring, Observed, Progress, Record, Refused, RunError, Stage, Step, StuckReason, Watcher, decide, write};
use crate::clock::{Clock, with_signs_of_life};
use crate::engine::{Engine, EngineError, Refusal};
use crate::interrupt::Interrupt;
use crate::model::ContainerId;
use crate::store::Store;

/// Between two tries to get an answer.
const RETRY: Duration = Duration::from_millis(300);
/// An engine that is gone, or does not answer, for so long leaves the record to the next run.
const PATIENCE: Duration = Duration::from_secs(180);
/// The same once a container has proved itself: no service waits for the answer, and other containers do.
const PATIENCE_AT_REST: Duration = Duration::from_secs(10);
/// How much of a failed container's log is kept.
const LOG_LINES: usize = 20;
const LOG_LINE_BYTES: usize = 500;

/// What the loop needs from outside.
pub struct Rotation<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// Where records live.
    pub store: &'a dyn Store,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Asked to stop?
    pub interrupt: &'a Interrupt,
    /// For the pull.
    pub keyring: &'a dyn Keyring,
    /// This process: see `Observed::agent`.
    pub agent: &'a str,
    /// This boot: see `Observed::boot`.
    pub boot: &'a str,
    /// Is told what goes on.
    pub watcher: &'a Watcher<'a>,
    /// See `Observed::is_held_before_tag`.
    pub is_held_before_tag: bool,
    /// See `Observed::is_run_stopped`.
    pub is_run_stopped: bool,
}

/// How the loop ended. The record tells the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Pulled; the tag has not moved.
    Prepared,
    /// Interrupted at rest: one container runs under the name, the gate is open.
    Left,
    /// A person is needed.
    Stuck(StuckReason),
    /// The successor has proved itself; the predecessor is kept.
    Kept,
    /// The record is closed.
    Closed,
}

impl Rotation<'_> {
    /// Drives the record until it ends, is stuck, or has to wait for another run.
    pub async fn drive(&self, record: &mut Record) -> Result<Ended, RunError> {
        let mut memory = Memory {
            agent: self.agent.to_owned(),
            boot: self.boot.to_owned(),
            is_held_before_tag: self.is_held_before_tag,
            is_run_stopped: self.is_run_stopped,
            pins: memory::pins(self.store),
            ..Memory::default()
        };
        let mut prober = Prober::new(self.engine, self.clock);
        let mut silence = None;
        let mut lifeline = Lifeline::default();
        let mut seen = None;
        loop {
            let moment = Moment { at: self.clock.at(), now: self.clock.elapsed(), is_interrupted: self.interrupt.is_set() };
            let look = match seen.take() {
                Some(observed) => Ok(Some(observed)),
                None => self.look(record, &mut memory, moment, &mut lifeline).await,
            };
            let result = match look {
                // Another engine than before, perhaps: what it shows is no evidence.
                Ok(None) => {
                    memory.forget(self.agent, self.clock.elapsed());
                    Ok(())
                }
                Ok(Some(mut observed)) => {
                    let step = decide(record, &observed);
                    tracing::debug!(rotation = %record.id, container = %record.unit, %observed, ?step);
                    record.note_start(&observed);
                    match step {
                        Step::Act(act) => self.act(record, &mut memory, act).await,
                        Step::Write(change) => match change_in_full(self.engine, change).await {
                            Ok(change) => write::change(self.store, self.clock, record, &mut memory, &change)
                                .map_err(|source| RunError::unsaved(record, source))
                                .map(Ok)?,
                            Err(error) => Err(error),
                        },
                        Step::ReadLog { successor } => {
                            let answer = self.read_log(record, &successor).await;
                            // Nothing that was seen is another for it.
                            seen = answer.is_ok().then_some(observed);
                            answer
                        }
                        Step::LookAtImages => {
                            let answer = look_at_images(self.engine, record, &memory, &mut observed).await;
                            seen = answer.is_ok().then_some(observed);
                            answer
                        }
                        Step::Wait { until } => {
                            if let Some(progress) = Progress::at_the_gate(record, &observed) {
                                (self.watcher)(progress);
                            }
                            prober.begin_due(record, &observed);
                            let pause = until.saturating_sub(self.clock.elapsed());
                            tokio::select! {
                                biased; // an answer that is there counts
                                sample = prober.next() => memory.take(sample, self.clock.elapsed()),
                                () = lifeline.stir() => {}
                                () = self.clock.sleep(pause) => {}
                                () = self.interrupt.wait(), if !moment.is_interrupted => {}
                            }
                            Ok(())
                        }
                        Step::Prepared => return Ok(Ended::Prepared),
                        Step::Leave => {
                            write::leave(self.store, self.clock, record, &mut memory);
                            return Ok(Ended::Left);
                        }
                        Step::Rest => {
                            write::leave_unsaved(self.store, self.clock, record, &mut memory);
                            return Ok(Ended::Kept);
                        }
                        Step::Done => return Ok(Ended::Closed),
                        Step::Stuck { reason } => {
                            record.stuck = Some(reason.clone());
                            write::leave(self.store, self.clock, record, &mut memory);
                            return Ok(Ended::Stuck(reason));
                        }
                    }
                }
                Err(error) => {
                    let is_first = silence.is_none();
                    silence.get_or_insert(Silence::since(moment.now));
                    if lifeline.may_be_cut_by(&error, is_first) {
                        memory.forget(self.agent, self.clock.elapsed());
                    }
                    Err(error)
                }
            };
            match result {
                Ok(()) => silence = None,
                Err(error) => self.bear(record, &mut memory, error, &mut silence).await?,
            }
        }
    }

    /// One look; none if the engine went away before it was answered. Before the switch nothing that was seen matters, and a slow host must be
    /// able to prepare.
    async fn look(
        &self,
        record: &Record,
        memory: &mut Memory,
        moment: Moment,
        lifeline: &mut Lifeline,
    ) -> Result<Option<Observed>, EngineError> {
        if record.stage != Stage::Switching {
            // An end that nobody notices would wake the loop again and again.
            lifeline.let_go();
            return observe(self.engine, record, memory, moment).await.map(Some);
        }
        lifeline.hold(self.engine, record).await?;
        let observed = observe(self.engine, record, memory, moment).await?;
        let is_cut = lifeline.is_cut(self.clock, observed.is_doubtful(&record.goal), moment.now).await;
        Ok((!is_cut).then_some(observed))
    }

    /// Asks for one act and remembers what came back: nothing (it may still land), a no, or done.
    async fn act(&self, record: &mut Record, memory: &mut Memory, act: Act) -> Result<(), EngineError> {
        let subject = record.subject(&act).to_owned();
        tracing::info!(rotation = %record.id, container = %subject, step = %act.word(), "{subject}: {act}");
        (self.watcher)(Progress::acting(record, &act));
        // Rearmed beside one that runs, a container would be started by the engine itself, the next time that it comes up.
        let may_begin = match &act {
            Act::Start { member, role } | Act::Rearm { member, role } => {
                self.see_the_end_of_the_other(record, memory, *member, *role).await
            }
            Act::Recreate { member } => self.see_the_end_of_the_removed(record, *member).await,
            _ => Ok(()),
        };
        record.note(&act.word(), self.clock.at());
        memory.begin(record, &act, self.clock.elapsed());
        let pulls = |progress| (self.watcher)(Progress::pulling(record, progress));
        let answer = match may_begin {
            Err(error) => Err(error),
            Ok(()) => tokio::select! {
                biased; // an answer that is there counts
                answer = with_signs_of_life(self.clock, perform_patiently(self.engine, self.clock, record, &act, self.keyring, &pulls)) => answer,
                // Nothing is lost by a pull that ends early.
                () = self.interrupt.wait(), if matches!(act, Act::Pull { .. }) => return Ok(()),
            },
        };
        let (refusal, message) = match answer {
            // The name is ours alone: an earlier create of it is still under way, and shows when it is done.
            Err(ActError::Engine(EngineError::Refused { refusal: Refusal::NameTaken, call, message, .. })) if act.makes().is_some() => {
                memory.unanswered = None;
                return Err(EngineError::Unanswered { call, detail: message });
            }
            Ok(()) => {
                memory.done(record, &act, self.clock.elapsed());
                if matches!(act, Act::Start { .. }) {
                    record.note("started", self.clock.at());
                }
                return Ok(());
            }
            Err(ActError::Engine(EngineError::Refused { refusal, message, .. })) => (refusal, message),
            Err(ActError::Engine(error)) if error.may_land() && !matches!(act, Act::Pull { .. }) => {
                memory.unanswered = Some(act);
                return Err(error);
            }
            Err(ActError::Engine(error @ EngineError::Unreachable { .. }) | ActError::Look(error)) => return Err(error),
            Err(other) => (Refusal::Other, other.to_string()),
        };
        tracing::warn!(rotation = %record.id, container = %subject, "{subject}: the engine refused to {act}: {message}");
        memory.refuse(Refused { act, refusal, message });
        Ok(())
    }

    /// Turns a kept rotation back because a person asked for it. Nothing on the engine has changed when it returns.
    pub fn request_back(&self, record: &mut Record) -> Result<(), RunError> {
        write::request_back(self.store, self.clock, record).map_err(|source| RunError::unsaved(record, source))
    }

    async fn read_log(&self, record: &mut Record, successor: &ContainerId) -> Result<(), EngineError> {
        let own = self.engine.log_tail(successor, LOG_LINES).await;
        let answer = match (record.service(), self.engine.services()) {
            // It goes with the container; the journal keeps it, among much else.
            (Some(service), Some(services)) if own.as_ref().map_or(true, Vec::is_empty) => {
                services.log_tail(&service.name, record.restarted_at(), LOG_LINES).await
            }
            (_, _) => own,
        };
        let lines = match answer {
            Ok(lines) => lines,
            Err(error @ EngineError::Unreachable { .. }) => return Err(error),
            // A log driver that cannot be read must not keep a rotation open.
            Err(error) => vec![format!("(the log cannot be read: {error})")],
        };
        let lines = lines.into_iter().map(|line| line.chars().take(LOG_LINE_BYTES).collect()).collect();
        record.apply(&Change::KeepLog { lines });
        // Goes to disk with the next write; the lines are worth less than the rotation.
        Ok(())
    }

    /// The engine is gone or silent: what was seen before is no evidence any more. Waits a moment, or gives the record to the next run.
    async fn bear(&self, record: &Record, memory: &mut Memory, error: EngineError, silence: &mut Option<Silence>) -> Result<(), RunError> {
        let said = error.to_string();
        let before = silence.get_or_insert(Silence::since(self.clock.elapsed()));
        if before.said != said {
            tracing::warn!(rotation = %record.id, container = %record.unit, "{}: {said}", record.unit);
            before.said = said;
        }
        let since = before.since;
        if matches!(error, EngineError::Unreachable { .. }) {
            memory.forget(self.agent, self.clock.elapsed());
        }
        let is_of_one = !error.is_of_the_engine() && memory.unanswered.is_none();
        let patience = if is_of_one && record.stage == Stage::Kept { PATIENCE_AT_REST } else { PATIENCE };
        let is_over = self.clock.elapsed().saturating_sub(since) >= patience;
        let is_safe_to_leave = self.interrupt.is_set() && memory.unanswered.is_none();
        if is_over || is_safe_to_leave {
            write::leave_unsaved(self.store, self.clock, record, memory);
            return Err(RunError::Engine { unit: record.unit.as_str().into(), stands: record.stands(), source: error });
        }
        self.clock.sleep(RETRY).await;
        Ok(())
    }
}

/// An engine that does not answer.
struct Silence {
    since: Duration,
    /// What was told of it last: not again as long as it stays the same.
    said: String,
}

impl Silence {
    fn since(since: Duration) -> Self {
        Self { since, said: String::new() }
    }
}
