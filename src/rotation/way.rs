//! How the new image of a unit comes to serve.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{GateFailure, Goal, Member, Observed, Outcome, Record, Stage, StuckReason};
use crate::model::{Container, SERVICE_LABEL, Service};

/// See [`super::Act::word`].
const RESTARTED: &str = "restart_service";
/// What is noted when the goal turns.
const TURNED_BACK: &str = "turned_back";

/// How the new image comes to serve, and the old one back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Way {
    /// A successor is created beside the predecessor, and the two change places.
    #[default]
    Successor,
    /// systemd makes the container anew: the tag moves, and the unit is restarted. Such a record has one member.
    Service(Service),
}

impl Record {
    /// The same record for a container that this unit of systemd makes.
    pub fn by_service(self, service: Service) -> Self {
        Self { way: Way::Service(service), ..self }
    }

    /// The unit of systemd that makes the container; none: we do.
    pub fn service(&self) -> Option<&Service> {
        match &self.way {
            Way::Successor => None,
            Way::Service(service) => Some(service),
        }
    }

    /// True if this container is what the rotation put in the predecessor's place. One that systemd makes has another id after each start.
    pub fn is_successor(&self, member: &Member, container: &Container) -> bool {
        match self.service() {
            None => member.successor.as_ref() == Some(&container.id()),
            Some(_) => self.is_of_its_unit(member, container) && member.new_image.as_ref() == Some(&container.image_id()),
        }
    }

    /// True if the unit of systemd has made this container of the old or the new image, in whichever of its starts.
    pub fn is_of_its_unit(&self, member: &Member, container: &Container) -> bool {
        let is_of_unit = self.service().is_some_and(|service| container.label(SERVICE_LABEL) == Some(&service.name));
        let image = container.image_id();
        is_of_unit && container.name() == member.name && (image == member.old_image || member.new_image.as_ref() == Some(&image))
    }

    /// Notes when the container that the restart makes runs: systemd starts it while we look.
    pub(super) fn note_start(&mut self, observed: &Observed) {
        let is_restarted = self.stage == Stage::Switching && self.times.iter().any(|(what, _)| what == RESTARTED);
        let Some(view) = observed.members.first().filter(|view| view.service.is_some() && is_restarted) else { return };
        let incoming = if self.goal == Goal::Forward { &view.successor } else { &view.predecessor };
        let Some(started_at) = incoming.as_ref().filter(|container| container.state.is_active()).and_then(|c| c.state.started_at) else {
            return;
        };
        let is_noted = self.times.iter().rev().take_while(|(what, _)| what != RESTARTED).any(|(what, _)| what == "started");
        if started_at >= self.restarted_at() && !is_noted {
            self.note("started", started_at);
        }
    }

    /// When its unit was restarted last.
    pub(super) fn restarted_at(&self) -> Timestamp {
        self.times.iter().rev().find(|(what, _)| what == RESTARTED).map_or(self.opened_at, |(_, at)| *at)
    }

    /// True if its unit was restarted on the way back, as far as that is written down.
    pub(super) fn is_asked_back(&self) -> bool {
        let mut back = self.times.iter().rev().take_while(|(what, _)| what != TURNED_BACK);
        matches!(self.goal, Goal::Back { .. }) && back.any(|(what, _)| what == RESTARTED)
    }

    /// Units that the restart stopped.
    pub(super) fn dependents(&self) -> &[String] {
        self.service().map(|service| service.dependents.as_slice()).unwrap_or_default()
    }

    /// What was wrong with the successor when a run looked last, where nothing has its name any more. A unit of systemd takes its container along when it
    /// fails (`--rm`); any other one was removed by somebody.
    pub fn late_without_container(&self) -> Option<GateFailure> {
        self.late.clone().filter(|_| self.service().is_some())
    }

    /// What its unit makes as well, and was well before.
    pub(super) fn siblings(&self) -> &[String] {
        self.service().map(|service| service.siblings.as_slice()).unwrap_or_default()
    }

    /// Why only a person can help, in the words that fit.
    pub fn why_stuck(&self, reason: &StuckReason) -> String {
        match (self.service(), reason) {
            (Some(_), StuckReason::PredecessorRefused { message }) => message.clone(),
            (Some(_), StuckReason::PredecessorSick { why }) => format!("the container of the old image {why}"),
            (Some(_), StuckReason::NothingLeft) => "the old image is gone, and cannot be pulled again".to_owned(),
            (Some(_), StuckReason::ActRefused { act, message } | StuckReason::NotMadeAgain { act, message }) => {
                format!("cannot {act}: {message}")
            }
            (Some(_), StuckReason::NameTaken { .. } | StuckReason::Apart { .. }) | (None, _) => reason.to_string(),
        }
    }

    /// True if its unit was kept from pulling before this rotation began.
    pub(super) fn was_pinned(&self) -> bool {
        self.service().is_some_and(|service| service.was_pinned)
    }
}

/// True if one of these rotations of a container left this drop-in beside its unit: see [`left_by`].
pub fn has_left(records: &[Record], path: &Path) -> bool {
    left_by(records, path).is_some()
}

/// The one of these rotations of a container, the newest first, that left this drop-in beside its unit. A proof takes it away, unless that failed: what
/// lies there since the last one is another's. Pure.
pub fn left_by<'a>(records: &'a [Record], path: &Path) -> Option<&'a Record> {
    let has_gone_wrong = |record: &Record| match &record.outcome {
        Some(Outcome::TurnedBack { failure, was_switched }) => *was_switched || failure.refuses_digest(),
        Some(Outcome::Stayed { .. }) => true,
        Some(Outcome::Rotated) | None => false,
    };
    let has_it = |record: &Record| record.service().is_some_and(|service| service.drop_ins.iter().any(|drop_in| drop_in.path == path));
    let could_not_remove = |record: &Record| record.service().is_some_and(|service| service.leaves_drop_ins);
    let proof = records.iter().position(|record| record.outcome == Some(Outcome::Rotated));
    let mut since_the_proof = records.iter().take(proof.map_or(records.len(), |n| n + 1));
    since_the_proof.find(|record| (has_gone_wrong(record) || could_not_remove(record)) && has_it(record))
}
