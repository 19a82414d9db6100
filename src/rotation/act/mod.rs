//! Turns an act into one call of the engine. The only place that changes anything on an engine.

use std::path::PathBuf;
use std::time::Duration;

mod lost;

use self::lost::see_the_end_of_the_other;
use super::observe::image_documents;
use super::{Act, Goal, Keyring, Member, Purpose, Record, Role, Stage};
use crate::clock::Clock;
use crate::engine::{Engine, EngineError, Pull, PullWatcher, Refusal, Services};
use crate::model::{ContainerId, DropIn, ImageId, Platform, Reference, RestartPolicy, Service, tag_to_stay};
use crate::spec::{self, SpecError};

/// An act that was not done, or not surely.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The engine's side.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine did not tell what has to be known before: the act itself was not asked for.
    #[error(transparent)]
    Look(EngineError),
    /// No create request can say what the predecessor is.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The engine called a pull done and does not have the image: its stream had ended early in good form.
    #[error("the engine called the pull of {0} done and does not have it")]
    NotPulled(Reference),
    /// The engine does not show what the image brings along: the successor cannot be compared with it.
    #[error("the engine shows nothing of the image {0}, of which a part is missing from its store")]
    ImageBlank(Reference),
    /// The engine called a connection made and does not show it.
    #[error("the engine called the connection to the network {0} made and does not show it")]
    NotConnected(String),
    /// Why the credential for a pull cannot be had.
    #[error("{0}")]
    NoCredential(String),
    /// Two would be at work on the same volumes.
    #[error(
        "the engine says that the {other} has ended, and its processes still run on this host{tried}: what is to be started would be a second one at \
         its volumes (`systemd-cgls` shows them, under {id}; once they are ended it can start)"
    )]
    StillRuns {
        /// The container that is to be down.
        other: String,
        /// Its id in full, which is part of its cgroup's name.
        id: ContainerId,
        /// What was done about it in vain, as the middle of a sentence; empty if nothing.
        tried: String,
    },
    /// The record names something that is not there. A record that was edited by hand can do that.
    #[error("the record of this rotation names no {0}")]
    Record(&'static str),
}

/// How often an act that brings to rest is asked for again, if the engine failed at it.
const AGAIN: u32 = 3;
/// Between two times.
const PAUSE: Duration = Duration::from_millis(500);

/// Does one act, and does not take the engine's first failure for its last word where nothing but the act helps: on the way back, where the service is
/// down, and where what is spare is cleared away, which no later run would come back for. Nor a name that is late, whichever way it goes.
pub async fn perform_patiently(
    engine: &dyn Engine,
    clock: &dyn Clock,
    record: &Record,
    act: &Act,
    keyring: &dyn Keyring,
    pulls: &PullWatcher<'_>,
) -> Result<(), ActError> {
    if let Act::Start { member, role } = act {
        see_the_end_of_the_other(engine, clock, record, *member, *role).await?;
    }
    let comes_to_rest = record.stage == Stage::Kept || matches!(record.goal, Goal::Back { .. });
    let mut left = AGAIN;
    loop {
        match perform(engine, record, act, keyring, pulls).await {
            Err(ActError::Engine(error)) if left > 0 && (comes_to_rest && error.may_pass() || is_name_late(record, act, &error)) => {
                tracing::warn!(rotation = %record.id, container = %record.unit, "{}: {error}; it is asked again", record.unit);
                left -= 1;
                clock.sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// The container that is to be down while this one runs.
fn other(member: &Member, role: Role) -> Option<(&ContainerId, Role)> {
    match role {
        Role::Predecessor => member.successor.as_ref().map(|successor| (successor, Role::Successor)),
        Role::Successor => Some((&member.predecessor, Role::Predecessor)),
    }
}

/// True if the engine refuses a name because of the member's other container, which it had shown under another one before this was asked: Docker 26.1
/// with containerd's store, on a loaded host, told the old name for 50 ms after it had answered the rename and shown the new one.
fn is_name_late(record: &Record, act: &Act, error: &EngineError) -> bool {
    let (Act::Rename { member, role, .. }, EngineError::Refused { refusal: Refusal::NameTaken, message, .. }) = (act, error) else {
        return false;
    };
    let member = record.members.get(*member);
    member.and_then(|member| other(member, *role)).is_some_and(|(other, _)| message.contains(other.as_str()))
}

/// Does one act. Idempotent: done again, it changes nothing and succeeds.
async fn perform(engine: &dyn Engine, record: &Record, act: &Act, keyring: &dyn Keyring, pulls: &PullWatcher<'_>) -> Result<(), ActError> {
    let member = |n: &usize| record.members.get(*n).ok_or(ActError::Record("such container"));
    match act {
        Act::Pin { member: n } => {
            let m = member(n)?;
            recall(engine, m, keyring, pulls).await?;
            Ok(engine.tag(m.old_image.as_str(), &pin(record, *n)?).await?)
        }
        Act::Pull { member: n } => {
            let m = member(n)?;
            let reference = m.pull_reference();
            pull(engine, &reference, &reference.to_string(), m.platform.as_ref(), keyring, pulls).await
        }
        Act::MoveTag { member: n } => {
            let m = member(n)?;
            Ok(engine.tag(&m.pull_reference().to_string(), tag(m)?).await?)
        }
        Act::PullOld { member: n } => {
            let m = member(n)?;
            let digest = m.old_digest.as_ref().ok_or(ActError::Record("old digest"))?;
            pull(engine, &m.reference.at_digest(digest), m.old_image.as_str(), m.platform.as_ref(), keyring, pulls).await
        }
        Act::TagOld { member: n } => {
            let m = member(n)?;
            Ok(engine.tag(m.old_image.as_str(), tag(m)?).await?)
        }
        Act::TagBack { member: n } => {
            let m = member(n)?;
            if m.tag_before.as_ref() == Some(&m.old_image) {
                recall(engine, m, keyring, pulls).await?;
            }
            match &m.tag_before {
                Some(image) => match engine.tag(image.as_str(), tag(m)?).await {
                    // Another hand removed what nobody ran: what runs is better than what was refused.
                    Err(EngineError::Refused { refusal: Refusal::NotFound, .. }) => Ok(engine.tag(m.old_image.as_str(), tag(m)?).await?),
                    answer => Ok(answer?),
                },
                None => Ok(engine.remove_image(&tag(m)?.to_string()).await?),
            }
        }
        Act::Create { member: n } => {
            let m = member(n)?;
            recall(engine, m, keyring, pulls).await?;
            create(engine, record, m).await
        }
        Act::Recreate { member: n } => recreate(engine, record, member(n)?).await,
        Act::Connect { member: n, role, network } => connect(engine, record, member(n)?, *role, network).await,
        Act::Stop { member: n, role } => {
            let m = member(n)?;
            let id = id(engine, record, m, *role).await?;
            let grace = engine.container(id.as_str()).await.map_err(ActError::Look)?.map_or(0, |c| c.stop_grace_seconds());
            Ok(engine.stop(&id, grace, m.stop_signal.as_ref()).await?)
        }
        Act::Disarm { member: n, role } => {
            let id = id(engine, record, member(n)?, *role).await?;
            Ok(engine.set_restart_policy(&id, RestartPolicy::No).await?)
        }
        Act::Rearm { member: n, role } => {
            let m = member(n)?;
            Ok(engine.set_restart_policy(&id(engine, record, m, *role).await?, m.policy).await?)
        }
        Act::Rename { member: n, role, to } => Ok(engine.rename(&id(engine, record, member(n)?, *role).await?, to).await?),
        Act::Start { member: n, role } => Ok(engine.start(&id(engine, record, member(n)?, *role).await?).await?),
        Act::Remove { member: n, role } => Ok(engine.remove(&id(engine, record, member(n)?, *role).await?).await?),
        Act::RemoveVolume { name } => Ok(engine.remove_volume(name).await?),
        Act::Unpin { member: n } => Ok(engine.remove_image(&record.pin(*n)).await?),
        Act::UnpinLeft { pin } => Ok(engine.remove_image(pin).await?),
        Act::RemoveImage { image } => Ok(engine.remove_image(image.as_str()).await?),
        Act::RestartService { .. } => Ok(services(engine)?.restart(&service(record)?.name).await?),
        Act::WriteDropIn { .. } => Ok(services(engine)?.write_files(&drop_ins(record)?).await?),
        Act::Stay { member: n } => stay(engine, record, member(n)?).await,
        Act::RemoveDropIn { member: n } => {
            let paths: Vec<_> = drop_ins(record)?.into_iter().map(|(path, _)| path).collect();
            services(engine)?.remove_files(&paths).await?;
            Ok(engine.remove_image(&tag_to_stay(&member(n)?.name)).await?)
        }
        Act::StartDependent { name } => Ok(services(engine)?.start(name).await?),
    }
}

/// Pulls the old image by its digest if another hand took its last name and the engine does not know it any more: what is tagged, or made after its
/// container, needs it.
async fn recall(engine: &dyn Engine, member: &Member, keyring: &dyn Keyring, progress: &PullWatcher<'_>) -> Result<(), ActError> {
    let Some(digest) = &member.old_digest else { return Ok(()) };
    if engine.image(member.old_image.as_str()).await.map_err(ActError::Look)?.is_some() {
        return Ok(());
    }
    pull(engine, &member.reference.at_digest(digest), member.old_image.as_str(), member.platform.as_ref(), keyring, progress).await
}

/// Pulls an image that a container runs and the engine has dropped. Moves no tag, and belongs to no rotation: nothing has to be undone.
pub async fn pull_again(engine: &dyn Engine, reference: &Reference, image: &ImageId, keyring: &dyn Keyring) -> Result<(), ActError> {
    pull(engine, reference, image.as_str(), None, keyring, &|_| {}).await
}

/// Removes an image that a closed rotation left, if it is there and has no tag; true if it did. Engines refuse to remove one that a container uses.
pub async fn remove_unnamed(engine: &dyn Engine, image: &ImageId) -> Result<bool, EngineError> {
    let is_unnamed = engine.image(image.as_str()).await?.is_some_and(|image| image.tags().is_empty());
    if is_unnamed {
        engine.remove_image(image.as_str()).await?;
    }
    Ok(is_unnamed)
}

/// Removes a pin that a closed rotation left.
pub async fn unpin(engine: &dyn Engine, pin: &str) -> Result<(), EngineError> {
    engine.remove_image(pin).await
}

/// Pulls, and looks whether `image` is there: otherwise the next step would be the same pull again, without end.
async fn pull(
    engine: &dyn Engine,
    reference: &Reference,
    image: &str,
    platform: Option<&Platform>,
    keyring: &dyn Keyring,
    progress: &PullWatcher<'_>,
) -> Result<(), ActError> {
    let credential = keyring.credential(reference).await.map_err(ActError::NoCredential)?;
    engine.pull(reference, Pull { credential: credential.as_ref(), platform, progress }).await?;
    match engine.image(image).await? {
        Some(_) => Ok(()),
        None => Err(ActError::NotPulled(reference.clone())),
    }
}

async fn create(engine: &dyn Engine, record: &Record, member: &Member) -> Result<(), ActError> {
    let predecessor = engine.container_in_full(member.predecessor.as_str()).await.map_err(ActError::Look)?;
    let predecessor = predecessor.ok_or(ActError::Record("container that runs"))?;
    let images = image_documents(engine, member).await.map_err(ActError::Look)?;
    if images.has_blank() {
        return Err(ActError::ImageBlank(member.pull_reference()));
    }
    let image = match record.purpose {
        Purpose::Rotate => predecessor.image_typed().to_owned(),
        Purpose::DryRun => member.pull_reference().to_string(),
    };
    let mut request = spec::create_request(predecessor.document(), images.both(), &image)?;
    if !engine.takes_all_networks() {
        spec::leave_main_network(&mut request, predecessor.document());
    }
    // Found now or at the start, when the predecessor is stopped and cannot be started again either.
    engine.check_sources(&spec::bind_sources(&request)).await?;
    engine.create(&record.next_name(member), &request, member.platform.as_ref()).await?;
    Ok(())
}

async fn recreate(engine: &dyn Engine, record: &Record, member: &Member) -> Result<(), ActError> {
    let images = image_documents(engine, member).await.map_err(ActError::Look)?;
    let mut request = spec::create_request(member.original.document(), images.old_only(), member.original.image_typed())?;
    if !engine.takes_all_networks() {
        spec::leave_main_network(&mut request, member.original.document());
    }
    engine.create(&record.old_name(member), &request, member.platform.as_ref()).await?;
    Ok(())
}

/// Connects, and looks whether the engine shows it: otherwise the next step would be the same act again, without end.
async fn connect(engine: &dyn Engine, record: &Record, member: &Member, role: Role, network: &str) -> Result<(), ActError> {
    let id = id(engine, record, member, role).await?;
    let model = match role {
        Role::Predecessor => None,
        Role::Successor => engine.container(member.predecessor.as_str()).await.map_err(ActError::Look)?,
    };
    let model = model.as_ref().unwrap_or(&member.original).document();
    engine.connect(&id, network, &spec::endpoint(model, network)).await?;
    let connected = engine.container(id.as_str()).await?.ok_or(ActError::Record("container to connect"))?;
    if spec::missing_networks(model, connected.document()).iter().any(|missing| missing == network) {
        return Err(ActError::NotConnected(network.to_owned()));
    }
    Ok(())
}

async fn id(engine: &dyn Engine, record: &Record, member: &Member, role: Role) -> Result<ContainerId, ActError> {
    match (role, &member.successor) {
        (Role::Predecessor, _) => Ok(member.predecessor.clone()),
        (Role::Successor, Some(id)) => Ok(id.clone()),
        // Created and not adopted yet: known by its name only.
        (Role::Successor, None) => {
            let found = engine.container(&record.next_name(member)).await.map_err(ActError::Look)?;
            found.map(|container| container.id()).ok_or(ActError::Record("new container"))
        }
    }
}

async fn stay(engine: &dyn Engine, record: &Record, member: &Member) -> Result<(), ActError> {
    let tag = tag_to_stay(&member.name).parse().map_err(|_| ActError::Record("name that a tag can have"))?;
    engine.tag(member.old_image.as_str(), &tag).await?;
    let file = |drop_in: &DropIn| (drop_in.path.clone(), drop_in.text_to_stay(&tag.to_string()).unwrap_or_else(|| drop_in.text()));
    let files: Vec<_> = service(record)?.drop_ins.iter().map(file).collect();
    Ok(services(engine)?.write_files(&files).await?)
}

/// Removes the drop-ins of a unit that has nothing to be kept from any more.
pub async fn remove_drop_ins(engine: &dyn Engine, paths: &[PathBuf]) -> Result<(), ActError> {
    Ok(services(engine)?.remove_files(paths).await?)
}

fn services(engine: &dyn Engine) -> Result<&dyn Services, ActError> {
    engine.services().ok_or(ActError::Record("engine whose containers systemd owns"))
}

fn service(record: &Record) -> Result<&Service, ActError> {
    record.service().ok_or(ActError::Record("unit of systemd"))
}

fn drop_ins(record: &Record) -> Result<Vec<(PathBuf, String)>, ActError> {
    let all = service(record)?.drop_ins.iter().map(|drop_in| (drop_in.path.clone(), drop_in.text()));
    Some(all.collect::<Vec<_>>()).filter(|all| !all.is_empty()).ok_or(ActError::Record("place for a drop-in"))
}

fn tag(member: &Member) -> Result<&Reference, ActError> {
    member.tag().ok_or(ActError::Record("tag"))
}

fn pin(record: &Record, member: usize) -> Result<Reference, ActError> {
    record.pin(member).parse().map_err(|_| ActError::Record("pin"))
}
