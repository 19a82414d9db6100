//! Turns an act into one call of the engine. The only file that changes anything on an engine.

use std::path::PathBuf;

use super::ActError;
use crate::engine::{Engine, EngineError, Pull, PullWatcher, Refusal, Services};
use crate::model::{ContainerId, DropIn, ImageId, Platform, Reference, RestartPolicy, Service, tag_to_stay};
use crate::rotation::pair::image_documents;
use crate::rotation::{Act, Keyring, Member, Purpose, Record, Role};
use crate::spec;

/// Does one act. Idempotent: done again, it changes nothing and succeeds.
pub(super) async fn perform(
    engine: &dyn Engine,
    record: &Record,
    act: &Act,
    keyring: &dyn Keyring,
    pulls: &PullWatcher<'_>,
) -> Result<(), ActError> {
    let member = |n: &usize| record.members.get(*n).ok_or(ActError::Record("such container"));
    match act {
        Act::Pin { member: n } => {
            let m = member(n)?;
            recall(engine, m, keyring, pulls).await?;
            Ok(engine.tag(m.old_image.as_str(), &pin(record, *n)?).await?)
        }
        Act::Pull { member: n } => {
            let m = member(n)?;
            let reference = m.pull_reference().ok_or(ActError::Record("new digest"))?;
            pull(engine, &reference, &reference.to_string(), m.platform.as_ref(), keyring, pulls).await
        }
        Act::MoveTag { member: n } => {
            let m = member(n)?;
            Ok(engine.tag(&m.new_image_name(), tag(m)?).await?)
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
        return Err(ActError::ImageBlank(member.new_image_name()));
    }
    let image = match record.purpose {
        Purpose::Rotate => predecessor.image_typed().to_owned(),
        Purpose::DryRun => member.new_image_name(),
    };
    let mut request = spec::create_request(record.requiring(&predecessor, Role::Successor).document(), images.both(), &image)?;
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
    let original = record.requiring(&member.original, Role::Predecessor);
    let mut request = spec::create_request(original.document(), images.old_only(), original.image_typed())?;
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
