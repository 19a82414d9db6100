//! One look at all that a script has made, through the engine trait only: a line for each container, image and volume.

use rotate::engine::{Engine, EngineError};
use rotate::model::{Container, Health, Image, RestartPolicy, Status};
use serde_json::Value;

use crate::symbols::{Known, Symbols};
use crate::world::World;

/// An error in words that are the same in every world.
pub fn kind(error: &EngineError) -> String {
    match error {
        EngineError::Refused { refusal, .. } => format!("refused, {refusal:?}"),
        EngineError::Unanswered { .. } => "unanswered".into(),
        EngineError::Unreachable { .. } => "unreachable".into(),
        EngineError::Garbage { .. } => "garbage".into(),
        EngineError::NotAnEngine { .. } | EngineError::Silent { .. } | EngineError::Unsupported { .. } => "no engine".into(),
    }
}

/// Lines that begin with two spaces.
pub async fn look(world: &dyn World, symbols: &mut Symbols) -> Vec<String> {
    let engine = world.engine();
    let mut lines = vec![list(world, &*engine, symbols).await];
    for known in symbols.containers.clone() {
        let shown = match engine.container(known.id.as_str()).await {
            Ok(Some(container)) => show_container(world, symbols, &known, &container),
            Ok(None) => "gone".to_owned(),
            Err(error) => kind(&error),
        };
        lines.push(format!("  {}: {shown}", known.handle));
    }
    for token in symbols.watched.clone() {
        let shown = match engine.image(&reference(world, symbols, &token)).await {
            Ok(Some(image)) => show_image(world, symbols, &image),
            Ok(None) => "none".to_owned(),
            Err(error) => kind(&error),
        };
        lines.push(format!("  image {token}: {shown}"));
    }
    for (name, symbol) in symbols.volumes.clone() {
        let shown = match engine.has_volume(&name).await {
            Ok(true) => world.marked(&name).map_or_else(|| "empty".to_owned(), |text| format!("holds {text:?}")),
            Ok(false) => "gone".to_owned(),
            Err(error) => kind(&error),
        };
        lines.push(format!("  volume {symbol}: {shown}"));
    }
    lines
}

/// Names as the engine lists them, and nobody else's.
async fn list(world: &dyn World, engine: &dyn Engine, symbols: &Symbols) -> String {
    let prefix = world.name("");
    match engine.containers().await {
        Ok(all) => {
            let mut ours: Vec<String> = all
                .iter()
                .filter_map(|listed| {
                    let name = listed.name.strip_prefix(&prefix)?;
                    Some(format!("{}={name} of {}", symbols.handle_of(listed.id.as_str()), typed(world, symbols, &listed.image)))
                })
                .collect();
            ours.sort();
            format!("  list: {}", ours.join(", "))
        }
        Err(error) => format!("  list: {}", kind(&error)),
    }
}

fn show_container(world: &dyn World, symbols: &mut Symbols, known: &Known, container: &Container) -> String {
    let name = container.name().strip_prefix(&world.name("")).unwrap_or(container.name()).to_owned();
    let policy = container.restart_policy().map_or_else(|| "unknown".to_owned(), |policy| policy.to_string());
    let mut parts = vec![name, activity(known, container), format!("policy {policy}")];
    let typed = typed(world, symbols, container.image_typed());
    parts.push(format!("image {} typed {typed}", symbols.image_of(container.image_id().as_str())));
    parts.extend(mounts(symbols, known, container));
    parts.extend(networks(world, container));
    parts.join(" · ")
}

fn activity(known: &Known, container: &Container) -> String {
    let state = container.state();
    if !known.is_settled {
        return "comes and goes".into();
    }
    let health = match state.health {
        None => "",
        // Whether the first probe is done yet is a matter of luck.
        Some(_) if state.is_active() && !known.has_verdict => " (health to come)",
        Some(Health::Starting) => " (health starting)",
        Some(Health::Healthy) => " (healthy)",
        Some(Health::Unhealthy) => " (unhealthy)",
    };
    let past = if state.started_at.is_none() { ", never started" } else { "" };
    let restarts = match (state.restart_count, container.restart_policy()) {
        (0, _) => String::new(),
        (n, Some(RestartPolicy::OnFailure(most))) if most > 0 && !state.is_active() => format!(", restarted {n} times"),
        _ => ", restarted".to_owned(),
    };
    match state.status {
        Status::Running => format!("running{restarts}{health}"),
        Status::Created | Status::Exited => format!("{:?} {}{past}{restarts}{health}", state.status, state.exit_code).to_lowercase(),
        other => format!("{other:?}{past}{restarts}{health}").to_lowercase(),
    }
}

fn mounts(symbols: &mut Symbols, known: &Known, container: &Container) -> Vec<String> {
    let text = |mount: &Value, key: &str| mount[key].as_str().unwrap_or_default().to_owned();
    let mounts = container.document()["Mounts"].as_array().cloned().unwrap_or_default();
    let mut shown: Vec<String> = mounts
        .iter()
        .filter(|mount| mount["Type"] == "volume")
        .map(|mount| {
            let place = text(mount, "Destination");
            format!("{place} on {}", symbols.volume_of(&text(mount, "Name"), &known.handle, &place))
        })
        .collect();
    shown.sort();
    shown
}

/// Those that the script made; with the address that was asked for, and whether it is in use.
fn networks(world: &dyn World, container: &Container) -> Vec<String> {
    let prefix = world.name("");
    let networks = container.document().pointer("/NetworkSettings/Networks").and_then(Value::as_object);
    let mut shown: Vec<String> = networks
        .into_iter()
        .flatten()
        .filter_map(|(name, endpoint)| {
            let name = name.strip_prefix(&prefix)?;
            let asked = endpoint.pointer("/IPAMConfig/IPv4Address").and_then(Value::as_str).unwrap_or_default();
            let used = endpoint["IPAddress"].as_str().unwrap_or_default();
            let state = if used.is_empty() {
                "unused"
            } else if asked.is_empty() || asked == used {
                "used"
            } else {
                "another used"
            };
            Some(format!("in {name} {asked} {state}"))
        })
        .collect();
    shown.sort();
    shown
}

fn show_image(world: &dyn World, symbols: &Symbols, image: &Image) -> String {
    let mut tags: Vec<String> = image.tags().into_iter().map(|tag| typed(world, symbols, tag)).collect();
    tags.sort();
    let digests = image.document()["RepoDigests"].as_array().cloned().unwrap_or_default();
    let mut digests: Vec<String> = digests.iter().filter_map(Value::as_str).map(|digest| typed(world, symbols, digest)).collect();
    digests.sort();
    digests.dedup(); // containerd's store has one for each name (seen on Docker 26.1)
    let id = image.id();
    format!(
        "is {} · tags [{}] · digests [{}] · has a digest: {}",
        symbols.image_of(id.as_str()),
        tags.join(", "),
        digests.join(", "),
        image.has_digest()
    )
}

/// What a script writes for an image, as the engine takes it: `web:latest`, `web@v1`, `id:web@v1`, `short:web@v1`; `keep:1` is local.
pub fn reference(world: &dyn World, symbols: &Symbols, token: &str) -> String {
    if let Some(symbol) = token.strip_prefix("id:") {
        return symbols.image(symbol).id.clone().unwrap_or_else(|| panic!("the script has not pulled {symbol}"));
    }
    if let Some(symbol) = token.strip_prefix("short:") {
        let id = reference(world, symbols, &format!("id:{symbol}"));
        return id.trim_start_matches("sha256:")[..12].to_owned();
    }
    if let Some((repository, _)) = token.split_once('@') {
        return format!("{}/{}@{}", world.registry(), world.name(repository), symbols.image(token).digest);
    }
    let (repository, tag) = token.split_once(':').unwrap_or_else(|| panic!("{token} is no reference"));
    let registry = if repository == "keep" { "localhost".to_owned() } else { world.registry() };
    format!("{registry}/{}:{tag}", world.name(repository))
}

/// The other way round; an id is written as the image's symbol.
fn typed(world: &dyn World, symbols: &Symbols, text: &str) -> String {
    if text.starts_with("sha256:") {
        return format!("id:{}", symbols.image_of(text));
    }
    let short = text.strip_prefix(&format!("{}/{}", world.registry(), world.name("")));
    let short = short.or_else(|| text.strip_prefix(&format!("localhost/{}", world.name(""))));
    match short.and_then(|short| short.split_once('@')) {
        Some((repository, digest)) => {
            let known = symbols.images.iter().find(|image| image.digest.as_str() == digest);
            known.map_or_else(
                || format!("{repository}@(unknown)"),
                |image| format!("{repository}@{}", image.symbol.split_once('@').map_or("", |(_, v)| v)),
            )
        }
        None => short.unwrap_or(text).to_owned(),
    }
}
