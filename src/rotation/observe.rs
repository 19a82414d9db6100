//! One look at the engine for a record: fills [`Observed`]. Reads only, and as little as the stage needs while a service is down.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::memory::Memory;
use super::observe_service::{look_at_service, restarts};
use super::observed::Comparison;
use super::pair::{Pair, image_documents};
use super::{
    ContainerView, GateFailure, GateRules, Goal, ImagesView, Late, Member, MemberView, Observed, Proof, Record, Replacement, Role, Stage,
    Watch, late,
};
use crate::engine::{Engine, EngineError};
use crate::model::{Container, ContainerId, Ending, Image, Platform, Reference, Status};
use crate::spec;

/// The moment of a look.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Wall-clock time.
    pub at: Timestamp,
    /// Time since the process began.
    pub now: Duration,
    /// See [`Observed::is_interrupted`].
    pub is_interrupted: bool,
}

/// Looks once.
pub async fn observe(engine: &dyn Engine, record: &Record, memory: &mut Memory, moment: Moment) -> Result<Observed, EngineError> {
    let mut members = Vec::with_capacity(record.members.len());
    for (n, member) in record.members.iter().enumerate() {
        members.push(match record.service() {
            None => look_at(engine, record, n, member, memory, moment).await?,
            Some(service) => look_at_service(engine, record, n, service, memory, moment).await?,
        });
    }
    Ok(Observed {
        at: moment.at,
        now: moment.now,
        agent: memory.agent.clone(),
        boot: memory.boot.clone(),
        is_interrupted: moment.is_interrupted,
        is_held_before_tag: memory.is_held_before_tag,
        is_run_stopped: memory.is_run_stopped,
        unanswered: memory.unanswered.clone(),
        refused: memory.refused.clone(),
        members,
    })
}

/// Looks at the images of each member as well.
pub async fn look_at_images(engine: &dyn Engine, record: &Record, memory: &Memory, observed: &mut Observed) -> Result<(), EngineError> {
    for (n, (member, view)) in record.members.iter().zip(&mut observed.members).enumerate() {
        view.images = Some(images(engine, record, n, member, memory).await?);
    }
    Ok(())
}

async fn look_at(
    engine: &dyn Engine,
    record: &Record,
    n: usize,
    member: &Member,
    memory: &mut Memory,
    moment: Moment,
) -> Result<MemberView, EngineError> {
    let next_name = record.next_name(member);
    let successor = member.successor.as_ref().map_or(next_name.as_str(), ContainerId::as_str);
    let (predecessor, successor) = tokio::join!(engine.container(member.predecessor.as_str()), engine.container(successor));
    let (mut predecessor, successor) = (predecessor?, successor?);
    let is_back = matches!(record.goal, Goal::Back { .. });
    if predecessor.is_none() && is_back {
        predecessor = engine.container(&record.old_name(member)).await?;
        if predecessor.is_none() {
            predecessor = made_again(engine, record, member).await?;
        }
    }
    let mut view = MemberView::default();
    if [&predecessor, &successor].iter().all(|c| c.as_ref().is_none_or(|c| c.name() != member.name)) {
        // In this order: what is being renamed in between is seen under one of the two names.
        let unfinished = if successor.is_none() { unfinished(engine, record.stage, member).await? } else { None };
        let stranger = engine.container(&member.name).await?;
        view.stranger = stranger.as_ref().map(Container::id);
        let found = match stranger {
            // Once the successor is proved, what a tool makes in its place is no business of ours.
            Some(stranger) => Some(stranger).filter(|_| (Stage::Creating..=Stage::Switching).contains(&record.stage)),
            None => unfinished,
        };
        view.replacement = found.filter(|_| member.is_tool_owned).and_then(|found| Replacement::of(member, &found));
    }
    if record.stage != Stage::Switching {
        view.images = Some(images(engine, record, n, member, memory).await?);
    }
    if record.stage == Stage::Creating && !is_back {
        view.required_at_rest = required_at_rest(engine, &member.original).await?;
    }
    // On the way back only what one brought along matters that nobody has taken in yet.
    if record.stage == Stage::Creating
        && (!is_back || member.successor.is_none())
        && let Some(new) = &successor
    {
        view.comparison = Some(compare(engine, record, member, memory, predecessor.as_ref().unwrap_or(&member.original), new).await?);
    }
    let (created, model) = match is_back {
        true => (&predecessor, &member.original),
        false => (&successor, predecessor.as_ref().unwrap_or(&member.original)),
    };
    if let Some(created) = created.as_ref().filter(|created| created.started_at().is_none()) {
        view.missing_networks = spec::missing_networks(model.document(), created.document());
    }
    if is_back && successor.is_none() {
        for volume in &member.volumes_born {
            if engine.has_volume(volume).await? {
                view.volumes_born.push(volume.clone());
            }
        }
    }
    view.has_successor_run = member.successor.as_ref().is_some_and(|id| memory.have_run.contains(id));
    view.predecessor = predecessor.map(|c| see(record, member, memory, moment, &c, Role::Predecessor));
    if let Some(new) = successor {
        let mut seen = see(record, member, memory, moment, &new, Role::Successor);
        if record.stage == Stage::Kept && matches!(late(&seen, member.policy, moment.at, moment.now), Late::Suspected(_)) {
            seen.ending = ending(engine, &new).await?;
        }
        view.successor = Some(seen);
    }
    Ok(view)
}

/// Whom the engine would start along with it: Podman starts all that a container requires, and what those require.
async fn required_at_rest(engine: &dyn Engine, container: &Container) -> Result<Option<String>, EngineError> {
    let ids = |container: &Container| container.requires().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (mut open, mut seen) = (ids(container), HashSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        match engine.container(&id).await? {
            Some(found) if found.status() == Status::Running => open.extend(ids(&found)),
            found => return Ok(Some(found.map_or(id, |found| found.name().to_owned()))),
        }
    }
    Ok(None)
}

/// The predecessor as it was created again and brought under its name by a process that could not write it down: it is the same but for its id.
async fn made_again(engine: &dyn Engine, record: &Record, member: &Member) -> Result<Option<Container>, EngineError> {
    let Some(found) = engine.container(&member.name).await? else { return Ok(None) };
    let is_ours = Some(found.id()) == member.successor || member.original.document().is_null();
    if is_ours || found.image_id() != member.old_image {
        return Ok(None);
    }
    let images = image_documents(engine, member).await?;
    let original = record.requiring(&member.original, Role::Predecessor);
    Ok(spec::is_made_after(original.document(), found.document(), images.old_only()).then_some(found))
}

/// A container that the tool was about to put in the place of one of ours when it was cut short. After the proof only one in the place of the
/// predecessor: it was begun before.
async fn unfinished(engine: &dyn Engine, stage: Stage, member: &Member) -> Result<Option<Container>, EngineError> {
    if !member.is_tool_owned || !(Stage::Creating..=Stage::Kept).contains(&stage) {
        return Ok(None);
    }
    for name in Replacement::unfinished_names(member).take(if stage == Stage::Kept { 1 } else { 2 }) {
        if let Some(found) = engine.container(&name).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A container with what this process saw of it so far, this look included.
fn see(record: &Record, member: &Member, memory: &mut Memory, moment: Moment, container: &Container, role: Role) -> ContainerView {
    let rules = GateRules::of_role(container, record.terms_of(member), role, member.was_healthy);
    let incoming = if record.goal == Goal::Forward { Role::Successor } else { Role::Predecessor };
    let is_asked_later = record.stage == Stage::Kept && container.name() == member.name && matches!(rules.proof, Proof::Probe { .. });
    let mut view = ContainerView::new(container, rules, None);
    if (record.stage == Stage::Switching || is_asked_later) && role == incoming {
        if view.state.is_active() {
            memory.have_run.insert(view.id.clone());
            memory.watches.entry(view.id.clone()).or_insert_with(|| Watch::begin(moment.now, false));
        }
        if let Some(watch) = memory.watches.get_mut(&view.id) {
            watch.look(moment.now, &view.state);
        }
    }
    view.watch = memory.watches.get(&view.id).cloned();
    view
}

/// What is wrong now with the container that has the name, as far as its state and the engine's events show it; what only a probe can tell, as the
/// last run saw it.
pub async fn seen_late(
    engine: &dyn Engine,
    record: &Record,
    container: &Container,
    at: Timestamp,
) -> Result<Option<GateFailure>, EngineError> {
    let Some(member) = record.members.iter().find(|member| record.is_successor(member, container)) else { return Ok(None) };
    let mut view = ContainerView::new(container, GateRules::of(container, record.terms_of(member), true), None);
    if let Some(restarts) = restarts(engine, record).await? {
        view.state.restart_count = restarts;
    }
    let judge = |view: &ContainerView| late(view, member.policy, at, Duration::ZERO);
    if matches!(judge(&view), Late::Suspected(_)) {
        view.ending = ending(engine, container).await?;
    }
    Ok(match judge(&view) {
        Late::Failed(why) | Late::Suspected(why) => Some(why),
        Late::Well => None,
        Late::Unclear | Late::Ask { .. } => record.late.clone(),
    })
}

/// How the last process of a container ended, as far as the engine tells.
async fn ending(engine: &dyn Engine, container: &Container) -> Result<Ending, EngineError> {
    match engine.ending(container).await {
        Err(error) if !error.is_of_the_engine() => {
            tracing::warn!(container = %container.name(), "the engine does not tell how `{}` ended: {error}", container.name());
            Ok(Ending::Unknown)
        }
        answer => answer,
    }
}

/// The images of a member, and where its tags point.
pub async fn images(engine: &dyn Engine, record: &Record, n: usize, member: &Member, memory: &Memory) -> Result<ImagesView, EngineError> {
    let (reference, pin_name, tag) = (member.new_image_name(), record.pin(n), member.tag().map(Reference::to_string));
    let tag = async {
        match &tag {
            Some(tag) => engine.image(tag).await,
            None => Ok(None),
        }
    };
    let asked = tokio::join!(engine.image(&reference), engine.image(member.old_image.as_str()), tag, engine.image(&pin_name));
    let (new, old, tag, pin) = (asked.0?, asked.1?, asked.2?, asked.3?);
    let left_pins = old.as_ref().map(|old| old.tags().into_iter().filter(|tag| memory.is_left_pin(tag)).map(str::to_owned).collect());
    let is_old_tagged = old.as_ref().is_some_and(|image| image.tags().iter().any(|tag| *tag != pin_name));
    let is_expected = |platform: &Platform| {
        let of_old = old.as_ref().and_then(Image::platform);
        platform.is_like(engine.platform()) || of_old.is_none_or(|of_old| platform.is_like(&of_old))
    };
    Ok(ImagesView {
        foreign: new.as_ref().and_then(Image::platform).filter(|platform| !is_expected(platform)),
        is_same: new.as_ref().zip(old.as_ref()).is_some_and(|(new, old)| new.is_same_as(old)),
        is_new_tagged: new.as_ref().is_some_and(|image| !image.tags().is_empty()),
        new: new.map(|image| image.id()),
        old: old.map(|image| image.id()),
        is_old_tagged,
        tag: tag.map(|image| image.id()),
        pin: pin.map(|image| image.id()),
        left_pins: left_pins.unwrap_or_default(),
    })
}

async fn compare(
    engine: &dyn Engine,
    record: &Record,
    member: &Member,
    memory: &mut Memory,
    old: &Container,
    new: &Container,
) -> Result<Comparison, EngineError> {
    let images = image_documents(engine, member).await?;
    let old = record.requiring(old, Role::Successor);
    let pair = Pair { purpose: record.purpose, old, new: new.clone(), images };
    if let Some((_, comparison)) = memory.compared.as_ref().filter(|(last, _)| *last == pair) {
        return Ok(comparison.clone());
    }
    let comparison = pair.compare();
    memory.compared = Some((pair, comparison.clone()));
    Ok(comparison)
}
