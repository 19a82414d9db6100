//! What must hold: at every start, at every moment, and when all is calm again.

use std::collections::BTreeSet;

use rotate::cycle::{Entry, Report, Verdict};
use rotate::model::RestartPolicy;
use rotate::rotation::{Outcome, Record, Stage};

use super::hand::Hand;
use super::play::Game;
use super::scenario::{Ask, Quality, Unit};
use super::world::World;
use crate::engine::{Container, Host};

/// The name of the unit that a container belongs to, whoever made it.
fn unit_of(container: &Container) -> &str {
    container.config["Labels"]["sim.unit"].as_str().unwrap_or_default()
}

fn of_unit<'a>(host: &'a Host, unit: &str) -> Vec<&'a Container> {
    host.containers.values().filter(|c| unit_of(c) == unit).collect()
}

/// The invariant: a container is started only if every other of its unit is absent, was never started, or is stopped with policy `no`.
pub fn check_start(world: &World, id: &str) {
    let host = world.sim.host();
    let Some(own) = host.containers.get(id).filter(|own| host.is_up && !own.is_active()) else { return };
    let unit = unit_of(own).to_owned();
    let is_at_rest = |c: &&&Container| c.started_at.is_none() || (!c.is_active() && !c.has_processes() && c.policy == RestartPolicy::No);
    let mut all = of_unit(&host, &unit).into_iter().chain(host.removed_lost.values().filter(|c| unit_of(c) == unit));
    let other = all.find(|c| c.id != id && !is_at_rest(&c));
    let wrong =
        other.map(|other| format!("`{}` is started while `{}` is {:?} with policy {}", own.name, other.name, other.status, other.policy));
    drop(host);
    let state = world.state();
    let is_theirs = state.hands.iter().any(|(name, hand)| *name == unit && state.may_make_two(*hand));
    drop(state);
    if let Some(wrong) = wrong.filter(|_| !is_theirs) {
        world.fail(wrong);
    }
}

/// At any moment: of each unit that nobody took away there is a container, or a record that it can be made from.
pub fn check_nothing_lost(game: &Game) {
    let world = &*game.world;
    let host = world.sim.host();
    for unit in &game.scenario.units {
        let name = &unit.spec.name;
        if may_be_pruned(game, unit) || !of_unit(&host, name).is_empty() || world.state().hands.iter().any(|(touched, _)| touched == name) {
            continue;
        }
        let disk = game.store.disk();
        let can_be_made =
            |record: &Record| record.unit == *name && record.stage != Stage::Closed && !record.members[0].original.document().is_null();
        let is_known = disk.records.values().any(can_be_made);
        drop(disk);
        if !is_known {
            drop(host);
            return world.fail(format!("nothing is left of `{name}`, and no record tells how to make it"));
        }
    }
}

/// What an outage has ended and nobody rotates goes with a prune. So does a tool's pair whose new one was seen running, ended by itself and was pruned
/// with the stopped old one, all between two looks: it is taken for a `compose down`.
fn may_be_pruned(game: &Game, unit: &Unit) -> bool {
    let is_down = unit.spec.is_composed() && unit.quality == Quality::Crashing && unit.spec.policy == RestartPolicy::No;
    game.has_pruned && (game.world.state().has_been_out || is_down)
}

/// What a pass has told last of a unit is so: the one that is to serve runs under the name.
pub fn check_told(game: &Game, report: &Report) {
    for unit in &game.scenario.units {
        let name = &unit.spec.name;
        // A test that has published a third image looks for itself.
        if game.world.sim.host().shelf.newest(&unit.spec.image).is_none_or(|newest| newest.version != unit.new.version) {
            continue;
        }
        let is_of_it = |entry: &&Entry| entry.name == *name && entry.verdict != Verdict::Skipped;
        let Some(verdict) = report.entries.iter().rfind(is_of_it).map(|entry| entry.verdict) else { continue };
        let version = match verdict {
            Verdict::Rotated | Verdict::Stayed => &unit.new.version,
            Verdict::RolledBack => &unit.old.version,
            _ => continue,
        };
        let named = game.world.sim.host().find(name).map(|c| (c.build.version.clone(), c.is_running()));
        if named.as_ref() != Some(&(version.clone(), true)) {
            game.world.fail(format!("`{name}` is told to be {verdict:?}, and under its name is {named:?}"));
        }
    }
}

/// When all is calm: see the lines below.
pub fn check_end(game: &Game, last: &Report) -> Result<(), String> {
    for unit in &game.scenario.units {
        let state = game.world.state();
        let is_touched = state.has_lost_store || state.hands.iter().any(|(touched, _)| *touched == unit.spec.name);
        drop(state);
        if is_touched {
            check_touched(game, unit, last)?;
        } else {
            check_unit(game, unit).map_err(|wrong| format!("`{}`: {wrong}", unit.spec.name))?;
        }
    }
    let state = game.world.state();
    let is_left_alone = state.hands.is_empty() && !state.has_lost_store && !state.has_refused_clearing;
    drop(state);
    if is_left_alone { check_leftovers(game) } else { Ok(()) }
}

/// Where a person has laid hands on a unit, or its store was lost, at most one runs, unless the person started another; and one does, or why not is told,
/// unless it was taken away.
fn check_touched(game: &Game, unit: &Unit, last: &Report) -> Result<(), String> {
    let host = game.world.sim.host();
    let name = &unit.spec.name;
    let all = of_unit(&host, name);
    let running = all.iter().filter(|c| c.is_running()).count();
    let may_be_pruned = may_be_pruned(game, unit);
    let state = game.world.state();
    let hands: Vec<Hand> = state.hands.iter().filter(|(touched, _)| touched == name).map(|(_, hand)| *hand).collect();
    if running > 1 && !hands.iter().any(|hand| state.may_make_two(*hand)) {
        return Err(format!("{running} of `{name}` run"));
    }
    let may_be_down = match unit.spec.policy {
        RestartPolicy::Always => false,
        // What ends by itself stays down.
        RestartPolicy::No => state.has_been_out || hands.contains(&Hand::Die(0)),
        RestartPolicy::UnlessStopped | RestartPolicy::OnFailure(_) => state.has_been_out,
    };
    // Of what a lost rotation has made, the container that it made is told, and that no other runs; of a loop, that it failed late.
    let is_of_it = |e: &&Entry| e.name == *name || e.name.starts_with(&format!("{name}.rotate-"));
    let is_told =
        last.entries.iter().filter(is_of_it).any(|e| matches!(e.verdict, Verdict::Stuck | Verdict::Orphaned | Verdict::FailedLate));
    // What another hand has pruned was known from its record alone, and that is lost with the store: no name of ours tells that the one which is down, or
    // was made again and never started, is to run. That it does not is told.
    // No record tells either that a stop was asked for which lands only now; and where the clock was set back, no times of creation tell which is the newer.
    let is_pruned = game.has_pruned && all.iter().all(|c| c.name == *name);
    let is_forgotten = state.has_lost_store && (is_pruned || state.has_late_stop || game.has_jumped);
    let is_shown = all.is_empty() || last.entries.iter().any(|e| is_of_it(&e));
    let is_taken_away = hands.iter().any(|hand| hand.takes_away()) || may_be_pruned;
    let is_excused = is_told || may_be_down || is_taken_away || is_forgotten && is_shown;
    if running == 0 && !is_excused {
        let names: Vec<String> = all.iter().map(|c| format!("{} {:?} {}", c.name, c.status, c.policy)).collect();
        return Err(format!("nothing of `{name}` runs after {hands:?}, and nobody is told: {names:?}"));
    }
    Ok(())
}

fn check_unit(game: &Game, unit: &Unit) -> Result<(), String> {
    let host = game.world.sim.host();
    let all = of_unit(&host, &unit.spec.name);
    let names: Vec<String> = all.iter().map(|c| format!("{} {:?} {}", c.name, c.status, c.policy)).collect();
    if all.is_empty() && may_be_pruned(game, unit) {
        return Ok(());
    }
    let named = all.iter().find(|c| c.name == unit.spec.name);
    // A create that landed after the agent had died, and another hand had taken its tag: it is told, and stays.
    let is_late = |c: &&&Container| game.has_pruned && c.started_at.is_none() && c.name.contains(".rotate-next-");
    let one = match (&all[..], named) {
        ([one], _) => one,
        (_, Some(named)) if game.world.state().has_refused_clearing || all.iter().filter(is_late).count() + 1 == all.len() => named,
        _ => return Err(format!("not one container but {names:?}")),
    };
    // What an outage ends and no policy restarts stays down, rotated or not.
    let may_be_down = unit.spec.policy != RestartPolicy::Always && game.world.state().has_been_out;
    if one.name != unit.spec.name || !(one.is_running() || may_be_down) || one.policy != unit.spec.policy {
        return Err(format!("it is {names:?}, and its policy should be {}", unit.spec.policy));
    }
    for (volume, path) in &unit.spec.volumes {
        let is_mounted = one.mounts.iter().any(|mount| mount.volume == *volume && mount.destination == *path);
        let first = host.volumes.get(volume).and_then(|volume| volume.writers.first());
        if !is_mounted || first.is_none_or(|first| !first.starts_with(&unit.old.version)) {
            return Err(format!("its volume at {path} or its data is lost"));
        }
    }
    if let Some(born) = game.anonymous.get(&unit.spec.name)
        && one.mounts.iter().all(|mount| mount.volume != *born)
    {
        return Err("its anonymous volume is lost".to_owned());
    }
    for (network, address) in &unit.spec.networks {
        let has = one.networks.get(network).map(|endpoint| endpoint.pointer("/IPAMConfig/IPv4Address").and_then(|a| a.as_str()));
        if has.is_none_or(|has| has != address.as_deref()) {
            return Err(format!("its address in {network} is lost"));
        }
    }
    let is_new = one.build.version == unit.new.version;
    let wants_new = match game.scenario.ask {
        Ask::Update => unit.quality == Quality::Good,
        Ask::LetGo => true,
        Ask::RollBack => unit.spec.name != game.scenario.units[0].spec.name,
    };
    // By the clock, what was kept was past its time.
    let is_past = game.has_jumped && game.scenario.ask == Ask::RollBack;
    let is_excused = if is_new { unit.quality == Quality::FellsHost || is_past } else { !one.is_running() || game.excuses_old(unit) };
    if is_new != wants_new && !is_excused {
        return Err(format!("it runs {}, and the new image is {:?}", one.build.version, unit.quality));
    }
    let tag = host.images.find(&unit.spec.image);
    // On containerd's store a prune takes the names of an image that runs, and with the last one the image: its tag cannot be put back.
    let may_be_nameless = game.has_pruned && game.scenario.flavour.has_digest_ids;
    if tag.as_ref() != Some(&one.image) && !may_be_nameless && !game.world.state().has_refused_clearing {
        return Err(format!("its tag points to {tag:?}, and it runs {}", one.image));
    }
    drop(host);
    check_history(game, unit, is_new)
}

/// The last rotation that was not given up before it touched anything tells what runs.
fn check_history(game: &Game, unit: &Unit, is_new: bool) -> Result<(), String> {
    let disk = game.store.disk();
    let of_it = disk.records.values().filter(|record| record.unit == unit.spec.name);
    let mut told: Vec<(&Record, bool)> = of_it
        .filter_map(|record| match record.outcome.as_ref()? {
            Outcome::Rotated | Outcome::Stayed { .. } => Some((record, true)),
            Outcome::TurnedBack { was_switched: true, .. } => Some((record, false)),
            Outcome::TurnedBack { was_switched: false, .. } => None,
        })
        .collect();
    told.sort_by_key(|(record, _)| record.times.first().map(|(_, at)| *at));
    match told.last() {
        Some((record, says_new)) if *says_new != is_new && !game.has_jumped => {
            Err(format!("history says {:?}, and the new image runs: {is_new}", record.outcome))
        }
        None if is_new => Err("the new image runs, and history does not know of it".to_owned()),
        _ => Ok(()),
    }
}

fn check_leftovers(game: &Game) -> Result<(), String> {
    let host = game.world.sim.host();
    let pins: Vec<&str> = host.images.tags().map(|(name, _)| name).filter(|name| name.starts_with(Record::PINS)).collect();
    if !pins.is_empty() {
        return Err(format!("pins are left: {pins:?}"));
    }
    let used: BTreeSet<&String> = host.containers.values().map(|c| &c.image).collect();
    let tagged: BTreeSet<&str> = host.images.tags().map(|(_, id)| id).collect();
    if let Some(id) = host.images.ids().find(|id| !used.contains(id) && !tagged.contains(id.as_str())) {
        let version = host.images.build(id).map(|build| build.version.clone());
        // A rotation that was given up leaves its image for the next one, which then takes it for one that was there before.
        let is_waiting = |unit: &Unit| Some(&unit.new.version) == version.as_ref();
        // One whose container another hand pruned, and its names.
        let is_nobodys = |unit: &Unit| game.has_pruned && of_unit(&host, &unit.spec.name).is_empty();
        if !game.scenario.units.iter().any(|unit| is_waiting(unit) || is_nobodys(unit)) {
            return Err(format!("the image {version:?} is left"));
        }
    }
    let mounted: BTreeSet<&String> = host.containers.values().flat_map(|c| c.mounts.iter().map(|mount| &mount.volume)).collect();
    // A volume that a user named outlives its container, whoever removed that.
    let is_named = |volume: &str| game.scenario.units.iter().any(|unit| unit.spec.volumes.iter().any(|(name, _)| name == volume));
    // One that was born with a container which another hand pruned before its birth was written down is nobody's; so is one whose birth could not be
    // written down, if the agent is killed between the removal of its container, on which it never ran, and its own.
    let is_nobodys = game.has_pruned || game.world.state().is_unrecorded && game.world.state().outages > 0;
    let is_left = |volume: &&String| !mounted.contains(volume) && !is_named(volume) && !is_nobodys;
    if let Some(volume) = host.volumes.keys().find(is_left) {
        return Err(format!("the volume {} is left", &volume[..volume.len().min(12)]));
    }
    let open: Vec<String> = game.store.disk().records.values().filter(|r| r.stage != Stage::Closed).map(ToString::to_string).collect();
    if !open.is_empty() {
        return Err(format!("records are open: {open:?}"));
    }
    Ok(())
}
