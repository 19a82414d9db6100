//! One look at a member that systemd owns: its unit, and the container that this has made. Reads only.
//!
//! Containers come and go with each start of the unit, so that what counts is not the id of one but the image that it runs.

use jiff::Timestamp;

use super::memory::Memory;
use super::observe::{Moment, images};
use super::{
    ContainerView, Dependent, GateRules, Goal, Member, MemberView, Proof, Purpose, Record, Role, ServiceView, Sibling, Stage, Terms, Watch,
};
use crate::engine::{Engine, EngineError, Refusal, Services};
use crate::model::{Activity, Container, DropInKind, Health, ImageId, Reference, SERVICE_LABEL, Service, ServiceState, Status};

/// Looks once.
pub async fn look_at_service(
    engine: &dyn Engine,
    record: &Record,
    n: usize,
    service: &Service,
    memory: &mut Memory,
    moment: Moment,
) -> Result<MemberView, EngineError> {
    let Some(member) = record.members.get(n) else { return Ok(MemberView::default()) };
    let services = engine.services().ok_or_else(no_services)?;
    let names: Vec<String> = std::iter::once(&service.name)
        .chain(service.drop_ins.iter().map(|d| &d.unit).filter(|unit| **unit != service.name))
        .cloned()
        .collect();
    // The unit first: the container that is seen then is the one that a settled unit has made, or a later one.
    let unit_and_container = async { Ok::<_, EngineError>((services.show(&names).await?, engine.container(&member.name).await?)) };
    let images = || images(engine, record, n, member, memory);
    let ((states, container), images) = match (record.stage, &record.goal) {
        (Stage::Switching, Goal::Forward) => (unit_and_container.await?, None),
        // At once: the service is down, or sick, for as long as this takes.
        (Stage::Switching, Goal::Back { .. }) => {
            let (unit_and_container, images) = tokio::try_join!(unit_and_container, images())?;
            (unit_and_container, Some(images))
        }
        // The images last: what the container's own pull has brought is known then.
        (_, _) => (unit_and_container.await?, Some(images().await?)),
    };
    let pulls = states.iter().any(ServiceState::pulls);
    let mut state = states.into_iter().next().unwrap_or_default();
    if record.stage == Stage::Creating && record.goal == Goal::Forward && state.plays().is_some() {
        // As it was planned: all pulls of the run lie between.
        let played = services.played(&state).await?.filter(|played| !played.is_pulling);
        state.is_edited |= played.is_none_or(|played| member.original.created_at().is_none_or(|at| played.edited_at > at));
    }
    let mut view = MemberView { images, ..MemberView::default() };
    let runs = container.as_ref().filter(|found| owner(found) == Some(&service.name)).map(Container::image_id);
    let is_run = |image: &ImageId| runs.as_ref() == Some(image);
    // A unit that pulls by itself runs it before its pull is noted.
    let pulled = view.images.as_ref().and_then(|images| images.new.as_ref()).filter(|new| **new != member.old_image);
    let new = member.new_image.as_ref().or(pulled);
    let is_new = new.is_some_and(is_run);
    let is_old = !is_new && is_run(&member.old_image);
    if let Some(container) = container {
        match (is_new, is_old) {
            (true, _) => view.successor = Some(see(record, member, memory, moment, &container, Role::Successor)),
            (_, true) => view.predecessor = Some(see(record, member, memory, moment, &container, Role::Predecessor)),
            _ => view.stranger = Some(container.id()),
        }
    }
    view.has_successor_run = record.goal == Goal::Forward && !memory.have_run.is_empty();
    if let Some(successor) = view.successor.as_mut().filter(|_| record.stage == Stage::Kept) {
        // As `restarts` has it: what is played may have waited for others by exiting before it was proved, and nobody knows how often.
        successor.state.restart_count = state.restarts;
    }
    let is_shared = is_back_to_tag(record, member, &view, &state) && runs_elsewhere(engine, member, service).await?;
    let siblings = siblings(engine, record, service, memory, moment).await?;
    view.service =
        Some(ServiceView { pulls, is_shared, siblings, ..look(services, record, member, service, state, memory, moment).await? });
    Ok(view)
}

/// What the unit makes beside the member. They may wait for each other, as a predecessor may on its way back.
async fn siblings(
    engine: &dyn Engine,
    record: &Record,
    service: &Service,
    memory: &mut Memory,
    moment: Moment,
) -> Result<Vec<Sibling>, EngineError> {
    let mut siblings = Vec::new();
    // What the record's policy says of probe and deadline is about the member.
    let terms = Terms { probe: None, is_oneshot: false, deadline: None, ..record.terms.clone() };
    let is_to_look = matches!(record.stage, Stage::Creating | Stage::Switching);
    for name in service.siblings.iter().filter(|_| is_to_look) {
        let found = engine.container(name).await?.filter(|found| owner(found) == Some(&service.name));
        let is_well = found.as_ref().is_some_and(|found| is_well(found, moment.at));
        let view = found.map(|found| {
            let mut view = ContainerView::new(&found, GateRules::of(&found, &terms, true).among_others(&found), None);
            watch(memory, moment, &mut view);
            view
        });
        siblings.push(Sibling { name: name.clone(), is_well, view });
    }
    Ok(siblings)
}

/// True if it has come up, as far as it can be told at once: what was restarted lately may be about to be again.
fn is_well(container: &Container, at: Timestamp) -> bool {
    let state = container.state();
    let is_old = state.started_at.is_some_and(|started_at| at.duration_since(started_at) >= LONG_UP);
    state.status == Status::Running && matches!(state.health, None | Some(Health::Healthy)) && (state.restart_count == 0 || is_old)
}

/// What has run for so long has come up.
const LONG_UP: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// True if what the tag points to is the question: elsewhere nobody has to look who else runs it.
fn is_back_to_tag(record: &Record, member: &Member, view: &MemberView, state: &ServiceState) -> bool {
    let is_back = record.stage == Stage::Switching && record.goal != Goal::Forward;
    let is_open = !state.stays() || member.tag_before != member.new_image;
    let is_moved = || view.images.as_ref().is_some_and(|images| images.tag == member.new_image);
    is_back && is_open && member.new_image.is_some() && is_moved()
}

/// True if a container of another unit runs the new image under the same tag, and a drop-in can keep this one from it.
async fn runs_elsewhere(engine: &dyn Engine, member: &Member, service: &Service) -> Result<bool, EngineError> {
    if !service.drop_ins.iter().any(|drop_in| drop_in.kind == DropInKind::Container) {
        return Ok(false);
    }
    let is_of_the_tag = |typed: &str| typed.parse::<Reference>().is_ok_and(|reference| reference == member.reference);
    for listed in engine.containers().await?.into_iter().filter(|listed| listed.name != member.name && is_of_the_tag(&listed.image)) {
        let Some(found) = engine.container(listed.id.as_str()).await? else { continue };
        let is_of_another = owner(&found).is_some_and(|unit| unit != service.name);
        if is_of_another && found.status().is_active() && Some(found.image_id()) == member.new_image {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn look(
    services: &dyn Services,
    record: &Record,
    member: &Member,
    service: &Service,
    state: ServiceState,
    memory: &mut Memory,
    moment: Moment,
) -> Result<ServiceView, EngineError> {
    let names = match record.stage {
        Stage::Creating if record.purpose == Purpose::Rotate && record.goal == Goal::Forward => all_dependents(services, &state).await?,
        Stage::Switching if service.is_to_note => all_dependents(services, &state).await?,
        Stage::Switching => service.dependents.clone(),
        Stage::Preparing | Stage::Creating | Stage::Kept | Stage::Closed => Vec::new(),
    };
    let shown = services.show(&names).await?;
    let drop_ins: Vec<_> = service.drop_ins.iter().map(|drop_in| drop_in.path.clone()).collect();
    let has_drop_in = !services.existing(&drop_ins).await?.is_empty();
    let is_noted = record.stage == Stage::Switching && !service.is_to_note;
    let is_wanted = |shown: &ServiceState| is_noted || shown.activity == Activity::Active;
    let dependent = |shown: ServiceState| Dependent {
        is_asked: memory.service.started.contains(&shown.name),
        activity: if shown.has_job { Activity::Activating } else { shown.activity },
        name: shown.name,
    };
    let dependents = shown.into_iter().filter(is_wanted).map(dependent).collect();
    if memory.service.asked == 0 {
        memory.service.last_start = state.last_start;
    }
    let since = *memory.service.since.get_or_insert(moment.now);
    if !state.has_job {
        memory.service.base.get_or_insert(state.restarts);
    }
    let gate = GateRules::of(&member.original, &record.terms, true);
    memory.service.waiting.look(moment.now, state.waits_for_others());
    let to_stop = state.stop_timeout.unwrap_or(ENDLESS).min(ENDLESS);
    let limit = gate.deadline.saturating_add(to_stop).saturating_add(memory.service.waiting.total().min(FOR_OTHERS));
    Ok(ServiceView {
        asked: memory.service.asked,
        was_asked: *memory.service.was_asked.get_or_insert_with(|| record.is_asked_back()),
        restarts: memory.service.base.map_or(0, |base| state.restarts.saturating_sub(base)),
        is_started: state.last_start > memory.service.last_start,
        has_run: !memory.have_run.is_empty(),
        is_late: moment.now.saturating_sub(since) >= limit,
        limit_seconds: limit.as_secs(),
        pulls: false,
        has_drop_in,
        is_pinned: memory.service.is_pinned,
        stays: state.stays(),
        has_asked_to_stay: memory.service.has_asked_to_stay,
        is_shared: false,
        dependents,
        siblings: Vec::new(),
        state,
    })
}

/// How often systemd has restarted the unit that makes the container: each time in a new one, which knows nothing of it. None: no unit makes it.
pub async fn restarts(engine: &dyn Engine, record: &Record) -> Result<Option<u64>, EngineError> {
    let (Some(service), Some(services)) = (record.service(), engine.services()) else { return Ok(None) };
    match services.show(std::slice::from_ref(&service.name)).await {
        Ok(states) => Ok(states.first().map(|state| state.restarts)),
        Err(error) if !error.is_of_the_engine() => {
            tracing::warn!(container = %record.unit, "it is not known how often {} was restarted: {error}", service.name);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What a unit waits for before its start has come up by then, or systemd has given it up: 90 s, if nobody says otherwise (`DefaultTimeoutStartSec`), and
/// as long for a user's wait for the network (`podman-user-wait-network-online.service`, since Podman 5.3). The old image would wait for the same.
const FOR_OTHERS: std::time::Duration = std::time::Duration::from_secs(100);
/// A unit that may take for ever to stop is given this long.
const ENDLESS: std::time::Duration = std::time::Duration::from_secs(3_600);
/// Dependents of dependents are looked for so deep.
const DEPTH: usize = 8;

/// Whatever a restart of the unit stops, or a new image that fails in it, directly or not.
async fn all_dependents(services: &dyn Services, state: &ServiceState) -> Result<Vec<String>, EngineError> {
    let mut all: Vec<String> = state.go_down_with_it().cloned().collect();
    let mut new = all.clone();
    for _ in 0..DEPTH {
        if new.is_empty() {
            break;
        }
        let shown = services.show(&new).await?;
        let further = shown.iter().flat_map(ServiceState::go_down_with_it);
        new = further.filter(|name| !all.contains(name) && **name != state.name).cloned().collect();
        new.sort();
        new.dedup();
        all.extend(new.iter().cloned());
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// A container with what this process saw of it so far, this look included.
fn see(record: &Record, member: &Member, memory: &mut Memory, moment: Moment, container: &Container, role: Role) -> ContainerView {
    let rules = GateRules::of_role(container, &record.terms, role, member.was_healthy);
    let has_siblings = record.service().is_some_and(|service| !service.siblings.is_empty());
    let rules = if has_siblings { rules.among_others(container) } else { rules };
    let incoming = if record.goal == Goal::Forward { Role::Successor } else { Role::Predecessor };
    let is_asked_later = record.stage == Stage::Kept && matches!(rules.proof, Proof::Probe { .. });
    let mut view = ContainerView::new(container, rules, None);
    if (matches!(record.stage, Stage::Creating | Stage::Switching) || is_asked_later) && role == incoming {
        if view.state.is_active() {
            memory.have_run.insert(view.id.clone());
        }
        watch(memory, moment, &mut view);
    }
    view.watch = memory.watches.get(&view.id).cloned();
    view
}

/// Takes this look in.
fn watch(memory: &mut Memory, moment: Moment, view: &mut ContainerView) {
    let is_by_us = memory.service.asked > 0;
    let watch = memory.watches.entry(view.id.clone()).or_insert_with(|| Watch::begin(moment.now, is_by_us));
    watch.look(moment.now, &view.state);
    view.watch = Some(watch.clone());
}

fn owner(container: &Container) -> Option<&str> {
    container.label(SERVICE_LABEL)
}

fn no_services() -> EngineError {
    let (call, message) = ("ask systemd".to_owned(), "this engine has nothing to do with systemd".to_owned());
    EngineError::Refused { call, refusal: Refusal::Other, status: 501, message }
}
