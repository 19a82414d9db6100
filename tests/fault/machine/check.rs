//! What a user would miss, find wrong, or find left over.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::{Map, Value, json};

use super::scenario::{End, Keeps, Next, Task};
use super::world::{Start, World};
use crate::lab::{Host, policy_of};

/// All containers of one service, the engine's documents.
pub fn containers(host: &Host, start: &Start) -> Vec<Value> {
    let (_, all) = host.api("GET", "/containers/json?all=true");
    let names = all.as_array().into_iter().flatten().filter_map(|container| container["Names"][0].as_str());
    let ours =
        names.map(|name| name.trim_start_matches('/')).filter(|name| *name == start.name || name.starts_with(&format!("{}.", start.name)));
    ours.filter_map(|name| host.try_inspect(name)).collect()
}

/// True if the engine starts one of them again and again by itself, having lost sight of what it has started before.
pub fn is_lost(host: &Host, start: &Start) -> bool {
    let has_been_again = |document: &Value| document["RestartCount"].as_u64().is_some_and(|times| times >= SOME);
    containers(host, start).iter().any(|document| document["State"]["Restarting"] == true || has_been_again(document))
}

/// So often no container of a cell ends by itself.
const SOME: u64 = 3;

fn name(document: &Value) -> &str {
    document["Name"].as_str().unwrap_or_default().trim_start_matches('/')
}

fn is_running(document: &Value) -> bool {
    document["State"]["Running"] == true && document["State"]["Restarting"] != true
}

/// What it is called in each of its networks by whoever made it: an engine adds its short id.
pub fn aliases(document: &Value) -> Value {
    let id = document["Id"].as_str().unwrap_or_default();
    let networks = document["NetworkSettings"]["Networks"].as_object().into_iter().flatten();
    let typed = |network: &Value| -> BTreeSet<String> {
        let all = network["Aliases"].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.filter(|alias| id.get(..12) != Some(*alias)).map(str::to_owned).collect()
    };
    networks.map(|(name, network)| (name.clone(), json!(typed(network)))).collect::<Map<_, _>>().into()
}

/// Where the machine sees what is mounted at `/data`.
pub fn data(host: &Host, document: &Value) -> Option<PathBuf> {
    let mount = document["Mounts"].as_array()?.iter().find(|mount| mount["Destination"] == "/data")?;
    Some(host.path(mount["Source"].as_str()?))
}

/// True if two ran at one volume at any moment, which one of them has noted there.
pub fn two_ran(world: &World) -> bool {
    let host = world.s.host;
    world.starts.iter().any(|start| {
        let (_, volume) = host.api("GET", &format!("/volumes/{}", start.volume.as_str().unwrap_or_default()));
        volume["Mountpoint"].as_str().is_some_and(|folder| host.path(folder).join("two").exists())
    })
}

/// All volumes that no container uses; an engine that does not tell is told as one.
pub fn unused_volumes(host: &Host) -> BTreeSet<String> {
    let all = host.try_docker(&["volume", "ls", "-qf", "dangling=true"]).unwrap_or_else(|why| why);
    all.lines().map(str::to_owned).collect()
}

/// Right after the harm: nothing is lost, and not two run. `may_be_pruned`: another hand removed what was stopped, and it was created again.
pub fn after_the_cut(world: &World, may_be_pruned: bool) -> Vec<String> {
    let mut problems = Vec::new();
    for start in &world.starts {
        let all = containers(world.s.host, start);
        let running: Vec<&str> = all.iter().filter(|document| is_running(document)).map(name).collect();
        if running.len() > 1 {
            problems.push(format!("after the cut two run: {running:?}"));
        }
        // The new one is as good as the old one once it has the name: that is given last before the start, and the old one is removed after the proof.
        let is_again = |document: &Value| may_be_pruned && document["Image"] == start.image.as_str();
        if world.scenario.shape.is_unit() {
            // Systemd makes one whenever it is asked, or goes on with what it was asked for, as long as it has what to make it of.
            if !may_be_pruned && world.s.host.api("GET", &format!("/images/{}/json", start.image)).0 != 200 {
                problems.push(format!("after the cut the old image of {} is gone", start.name));
            }
            continue;
        }
        if !all.iter().any(|document| document["Id"] == start.id.as_str() || name(document) == start.name || is_again(document)) {
            problems.push(format!(
                "after the cut neither container of {} is there: {:?}",
                start.name,
                all.iter().map(name).collect::<Vec<_>>()
            ));
        }
    }
    problems
}

/// What systemd starts at each boot is up.
pub fn units_come_up(world: &World) -> Vec<String> {
    world.units.iter().filter(|unit| !unit.comes_up()).map(|_| "its unit does not come up".to_owned()).collect()
}

/// True if the container under the name runs.
pub fn serves(host: &Host, start: &Start) -> bool {
    host.try_inspect(&start.name).is_some_and(|document| is_running(&document))
}

/// At rest, however it ended: one runs under the name.
pub fn one_serves(world: &World) -> Vec<String> {
    let serving = |start: &Start| {
        let all = containers(world.s.host, start);
        let running: Vec<&str> = all.iter().filter(|document| is_running(document)).map(name).collect();
        (running != [start.name.as_str()])
            .then(|| format!("not one runs under the name {}: {running:?} of {:?}", start.name, all.iter().map(name).collect::<Vec<_>>()))
    };
    world.starts.iter().filter_map(serving).collect()
}

/// Which of the two has the name.
pub fn end(world: &World, start: &Start) -> End {
    let new = world.s.host.try_inspect(&start.name).is_some_and(|document| document["Image"] != start.image.as_str());
    if new { End::New } else { End::Old }
}

/// At the end. `may_be_pruned`: another hand removed what was stopped.
pub fn whole(world: &World, start: &Start, end: End, may_be_pruned: bool) -> Vec<String> {
    let host = world.s.host;
    let all = containers(host, start);
    let mut problems = Vec::new();
    let mut expect = |what: &str, found: &Value, expected: &Value| {
        if found != expected {
            problems.push(format!("{}: {what} is {found}, not {expected}", start.name));
        }
    };
    let Some(web) = all.iter().find(|document| name(document) == start.name) else {
        return vec![format!("no container has the name {}: {:?}", start.name, all.iter().map(name).collect::<Vec<_>>())];
    };
    let image = |name: &str| host.api("GET", &format!("/images/{name}/json")).1;
    expect("running", &is_running(web).into(), &true.into());
    expect("the restart policy", &restart_policy(web), &start.policy);
    expect("what the tag points to", &image(&world.s.image(start.service.name))["Id"], &web["Image"]);
    expect("the ports", &web["HostConfig"]["PortBindings"], &start.ports);
    let networks = web["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
    expect("the networks", &networks.keys().cloned().collect::<Vec<_>>().into(), &start.networks.clone().into());
    expect("the aliases", &aliases(web), &start.aliases);
    if !start.address.is_null() {
        let address = networks.values().map(|network| network["IPAMConfig"].clone()).find(|address| !address.is_null());
        expect("the address", &address.unwrap_or_default(), &start.address);
        expect("the address in use", &networks.values().next().cloned().unwrap_or_default()["IPAddress"], &start.address["IPv4Address"]);
    }
    let mounts = web["Mounts"].as_array().cloned().unwrap_or_default();
    let volume = mounts.iter().find(|mount| mount["Destination"] == "/data").map(|mount| mount["Name"].clone());
    expect("the volume at /data", &volume.unwrap_or_default(), &start.volume);
    expect("the image is new", &(web["Image"] != start.image.as_str()).into(), &(end == End::New).into());
    if end == End::Old {
        if !may_be_pruned && !world.scenario.shape.is_unit() {
            expect("the id", &web["Id"], &start.id.clone().into());
        }
        expect("the number of mounts", &mounts.len().into(), &start.mounts.into());
    } else if start.service.next == Next::Good {
        expect("the number of mounts", &mounts.len().into(), &(start.mounts + world.scenario.more_volumes()).into());
    }
    let has = |file: &str| data(host, web).is_some_and(|folder| folder.join(file).exists());
    expect("its data is there", &has("mine").into(), &true.into());
    expect("two ran on one volume", &has("two").into(), &false.into());
    if let Some(port) = start.ports.pointer("/80~1tcp/0/HostPort").and_then(Value::as_str) {
        let page = port.parse().ok().and_then(|port| world.s.served(port)).unwrap_or_default();
        expect("what its port serves", &page.into(), &(if end == End::New { "v2" } else { "v1" }).into());
    }
    problems.extend(left_over(world, start, end, &all, may_be_pruned));
    problems.extend(world.units.iter().flat_map(|unit| unit.problems(end)));
    problems
}

fn left_over(world: &World, start: &Start, end: End, all: &[Value], may_be_pruned: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let others: Vec<&Value> = all.iter().filter(|document| name(document) != start.name).collect();
    let names: Vec<&str> = others.iter().map(|document| name(document)).collect();
    let keeps = if end == End::New { world.scenario.keeps } else { Keeps::Nothing };
    match (keeps, &others[..]) {
        (Keeps::Container, [kept]) => {
            let is_kept = name(kept).contains(".rotate-old-") && (kept["Id"] == start.id.as_str() || may_be_pruned);
            let is_at_rest = !is_running(kept) && policy_of(kept) == "no";
            if !is_kept || !is_at_rest {
                problems.push(format!("{} is no kept predecessor at rest", name(kept)));
            }
        }
        (_, []) if keeps != Keeps::Container || may_be_pruned => {}
        _ => problems.push(format!("beside {} there are {names:?}", start.name)),
    }
    let (status, old) = world.s.host.api("GET", &format!("/images/{}/json", start.image));
    let pins = old["RepoTags"].to_string().matches("localhost/rotate/keep:").count();
    if pins != usize::from(keeps != Keeps::Nothing) && !may_be_pruned {
        problems.push(format!("the old image of {} has {pins} pins", start.name));
    }
    let is_retired = end == End::New && keeps == Keeps::Nothing && world.scenario.task != Task::DryRun;
    if is_retired && status == 200 {
        problems.push(format!("the old image of {} is left over", start.name));
    }
    let is_refused = end == End::Old && world.scenario.refuses(&start.service);
    if is_refused && world.s.host.api("GET", &format!("/images/{}/json", start.next)).0 == 200 {
        problems.push(format!("the refused image {} is left over", start.next));
    }
    problems
}

/// What a run that does nothing does not change.
pub fn picture(world: &World) -> String {
    let all = world.starts.iter().flat_map(|start| containers(world.s.host, start));
    let one = |document: Value| {
        format!("{} {} {} {}", name(&document), document["Id"], document["State"]["StartedAt"], document["HostConfig"]["RestartPolicy"])
    };
    all.map(one).collect::<Vec<_>>().join("\n")
}

/// A container's restart policy with its limit, where `no` is always written alike.
pub fn restart_policy(document: &Value) -> Value {
    json!([policy_of(document), document["HostConfig"]["RestartPolicy"]["MaximumRetryCount"]])
}
