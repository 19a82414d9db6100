//! Inventory: what runs, of which images, and by which units of systemd.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};

use super::{Cycle, CycleError};
use crate::clock::{Clock, sign_of_life};
use crate::engine::{Engine, EngineError};
use crate::model::{Container, Image, ImageId, Listed, SERVICE_LABEL, ServiceState, Warning};
use crate::plan::{Survey, Unanswered};
use crate::rotation::{Record, Stage};
use crate::store::Store;

/// Documents asked of the engine at the same time: a host of a thousand containers is seen in seconds, over as many connections at most.
pub(super) const LOOKS_AT_ONCE: usize = 16;

impl Cycle<'_> {
    /// What is so about the whole engine and a person should know. One that cannot be asked is not warned about.
    pub async fn warning(&self) -> Option<Warning> {
        match self.engine.services()?.warning().await {
            Ok(warning) => warning,
            Err(error) => {
                tracing::debug!("{error}");
                None
            }
        }
    }

    /// Looks at every container and the images that they run.
    pub(super) async fn survey(&self) -> Result<Survey, CycleError> {
        let now = self.clock.at();
        let holds = self.store.holds()?.into_iter().filter(|hold| hold.is_in_force(now));
        let survey = survey(self.engine, self.store, self.clock).await?;
        let holds = holds.map(|hold| (hold.name.clone(), hold)).collect();
        let (takes_stop_signal, has_fixed_policies) = (self.engine.takes_stop_signal(), !self.engine.changes_restart_policy());
        let has_no_drop_ins = !self.engine.reads_drop_ins();
        let kept_from = self.kept_from(&survey).await?;
        Ok(Survey { kept_from, holds, takes_stop_signal, has_fixed_policies, has_no_drop_ins, ..survey })
    }
}

/// Each answer is a sign of life: a thousand containers of an engine that takes its time take longer than a pass may be silent.
async fn survey(engine: &dyn Engine, store: &dyn Store, clock: &dyn Clock) -> Result<Survey, CycleError> {
    let records = store.open_rotations()?;
    let mut survey = Survey {
        known: records.iter().map(|record| record.id.clone()).collect(),
        stuck: records.iter().filter(|record| record.stage != Stage::Kept).flat_map(Record::names).map(str::to_owned).collect(),
        ..Survey::default()
    };
    let listed = engine.containers().await?;
    let looks = stream::iter(listed).map(|listed| look(engine, listed).boxed());
    let mut looks = looks.buffered(LOOKS_AT_ONCE);
    while let Some((answer, listed)) = looks.next().await {
        sign_of_life(clock);
        match answer {
            Ok(Some(container)) => survey.containers.push(container),
            Ok(None) => {} // it went away between the two calls
            // What hangs or is broken is one container's, as long as the engine tells of others.
            Err(error) if !error.is_of_the_engine() && survey.unanswered.len() < LOOKS_AT_ONCE => {
                tracing::warn!(container = %listed.name, "{}: {error}", listed.name);
                survey.unanswered.push(Unanswered { listed, message: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    let pods: BTreeSet<_> = survey.containers.iter().filter_map(Container::pod).map(str::to_owned).collect();
    for pod in pods {
        match engine.stops_with_last_member(&pod).await {
            Ok(false) => {}
            Ok(true) => drop(survey.stopping_pods.insert(pod)),
            Err(error) if error.is_of_the_engine() => return Err(error.into()),
            Err(error) => {
                tracing::warn!("{error}");
                survey.stopping_pods.insert(pod);
            }
        }
    }
    look_at_services(engine, &mut survey).await;
    let ids: BTreeSet<_> = survey.containers.iter().map(|c| c.image_id()).collect();
    let mut looks = stream::iter(ids).map(|id| look_at_image(engine, id).boxed()).buffered(LOOKS_AT_ONCE);
    while let Some((answer, id)) = looks.next().await {
        sign_of_life(clock);
        match answer {
            Ok(image) => survey.images.extend(image.map(|image| (id, image))),
            Err(error) if !error.is_of_the_engine() && survey.unanswered_images.len() < LOOKS_AT_ONCE => {
                tracing::warn!("{error}");
                survey.unanswered_images.insert(id, error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(survey)
}

async fn look(engine: &dyn Engine, listed: Listed) -> (Result<Option<Container>, EngineError>, Listed) {
    (engine.container(listed.id.as_str()).await, listed)
}

/// All units of systemd at once. Without systemd their containers are held, and nothing else.
async fn look_at_services(engine: &dyn Engine, survey: &mut Survey) {
    let names: BTreeSet<String> =
        survey.containers.iter().filter_map(|container| container.label(SERVICE_LABEL)).map(str::to_owned).collect();
    // What cannot be a unit's name is no unit, and would spoil the question.
    let (names, nobodys): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| ServiceState::may_be_called(name));
    let Some(services) = engine.services() else { return };
    survey.manager = services.manager().await.unwrap_or_default();
    match services.named().await {
        Ok(named) => survey.named = named,
        Err(error) => survey.unknown_starters = Some(error.to_string()),
    }
    match services.show(&names).await {
        Ok(states) => survey.services = names.into_iter().zip(states).collect(),
        Err(error) => survey.no_services = Some(error.to_string()),
    }
    // Among them those that fetch images.
    let required = survey.services.values().flat_map(|state| state.requires.iter().cloned());
    let required: BTreeSet<String> =
        required.filter(|name| ServiceState::may_be_called(name) && !survey.services.contains_key(name)).collect();
    let required: Vec<String> = required.into_iter().collect();
    match services.show(&required).await {
        Ok(states) => survey.services.extend(required.into_iter().zip(states)),
        Err(error) => (survey.services, survey.no_services) = (BTreeMap::new(), Some(error.to_string())),
    }
    for state in survey.services.values_mut().filter(|state| state.plays().is_some()) {
        state.played = services.played(state).await.unwrap_or_default();
    }
    survey.services.extend(nobodys.into_iter().map(|name| (name.clone(), ServiceState::absent(name))));
}

async fn look_at_image(engine: &dyn Engine, id: ImageId) -> (Result<Option<Image>, EngineError>, ImageId) {
    (engine.image(id.as_str()).await, id)
}
